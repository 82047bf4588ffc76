"""Executing a report: papermill in the zygote kernel, with the rights of who asked for it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import write_ipynb

from skyhub.kernels import FastKernelManager, papermill_options
from skyhub.paper import FACTS_MIME, TEXT_MIME
from skyhub.reports import ReportTemplate
from skyhub.resources import code_revision, installed_packages
from skyhub.scheduler._page import report_page

__all__ = ["Execution", "execute_report"]

_SECRET = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "SKYHUB_NOTIFICATIONS", "SKYHUB_CIRCULARS", "SKYHUB_QUEUES")
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Execution:
    """What a run left behind; `state` is ``done`` or ``failed``, and a failed one has its notebook too."""

    state: str
    detail: str
    seconds: float
    artifacts: dict[str, str]


def execute_report(template: ReportTemplate, claim: dict[str, Any], url: str) -> Execution:
    """Execute a report's notebook.

    Parameters
    ----------
    template
        The report.
    claim
        The run, as the data service hands it out: identifier, parameters, token, data version.
    url
        Base URL of the data service, for the notebook's ``skyhub.connect()``.
    """
    began = time.monotonic()
    environment = {
        "SKYHUB_URL": url,
        "SKYHUB_TOKEN": claim["token"],
        "SKYHUB_REPORT_ID": claim["report_id"],
        "SKYHUB_AS_OF": claim["reads_at"],
    }
    with tempfile.TemporaryDirectory(prefix="skyhub-report-") as folder:
        output, log = Path(folder) / "report.ipynb", Path(folder) / "queries.jsonl"
        environment["SKYHUB_QUERY_LOG"] = str(log)
        detail = _run(template.notebook, output, claim["parameters"], environment, claim["timeout"])
        notebook = nbformat.read(output, as_version=4)
        queries = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    seconds = time.monotonic() - began
    if not _recorded(notebook, WIDGET_MIME):
        notebook.metadata.pop(
            "widgets", None
        )  # the state, with their code, of widgets of which a picture is shown: a megabyte
    provenance = _provenance(template, claim, seconds)
    notebook.metadata["skyhub"] = provenance
    artifacts = {"notebook": nbformat.writes(notebook), "html": report_page(notebook, provenance, queries)}
    facts, text = _recorded(notebook, FACTS_MIME), _recorded(notebook, TEXT_MIME)
    artifacts["facts"] = json.dumps({key: value for part in facts for key, value in part.items()}, allow_nan=False)
    artifacts["text"] = "\n\n".join(part["text"] for part in text)
    artifacts["queries"] = json.dumps(queries)
    return Execution("failed" if detail else "done", detail, seconds, artifacts)


def _run(notebook: Path, output: Path, parameters: dict[str, Any], environment: dict[str, str], timeout: int) -> str:
    ends = time.monotonic() + timeout
    options = {**papermill_options(), "kernel_manager_class": _manager(environment)}
    try:
        papermill.execute_notebook(
            str(notebook),
            str(output),
            parameters=parameters,
            progress_bar=False,
            cwd=str(output.parent),
            timeout_func=lambda cell: max(1, round(ends - time.monotonic())),
            engine_name=_ENGINE,
            request_save_on_cell_execute=False,
            left_at=str(output),
            **options,
        )
    except PapermillExecutionError as error:
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}"
    except CellTimeoutError:
        return f"it took longer than {timeout} s, and was stopped."
    return ""


class _WrittenAtEnd(NBClientEngine):  # type: ignore[misc]
    """Papermill's engine for a notebook that is written once, and not before and after each cell; also by a time-out."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, *, left_at: str, **options: Any) -> Any:
        try:
            return super().execute_managed_notebook(nb_man, kernel_name, **options)
        except CellTimeoutError:
            write_ipynb(nb_man.nb, left_at)
            raise


_ENGINE = "skyhub"
papermill_engines.register(_ENGINE, _WrittenAtEnd)


def _without_secrets() -> dict[str, str]:
    """This process's environment without what is meant for it alone: a notebook has the rights of who asked for it."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_SECRET)}


def _manager(environment: dict[str, str]) -> type[FastKernelManager]:
    class ReportKernelManager(FastKernelManager):
        async def _async_start_kernel(self, **options: Any) -> None:
            await super()._async_start_kernel(**{**options, "env": {**_without_secrets(), **environment}})

        start_kernel = _async_start_kernel  # type: ignore[assignment]

    return ReportKernelManager


def _provenance(template: ReportTemplate, claim: dict[str, Any], seconds: float) -> dict[str, Any]:
    return {
        "report_id": claim["report_id"],
        "report": template.name,
        "title": template.sidecar.title,
        "parameters": claim["parameters"],
        "requested_by": claim["requested_by"],
        "rights": claim["rights"],
        "executed_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "run_seconds": round(seconds, 2),
        "code_revision": code_revision(),
        "packages": installed_packages(),
        "data_version": claim["data_version"],
        "reads_at": claim["reads_at"],
    }


def _recorded(notebook: nbformat.NotebookNode, mime: str) -> list[dict[str, Any]]:
    return [
        output["data"][mime]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if mime in output.get("data", {})
    ]
