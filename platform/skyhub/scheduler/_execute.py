"""Executing a report: papermill in the zygote kernel, with the rights of who asked for it."""

from __future__ import annotations

import json
import os
import re
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

from skyhub.kernels import FastKernelClient, FastKernelManager, OutputBound, bounded_client, papermill_options
from skyhub.paper import FACTS_MIME, TEXT_MIME
from skyhub.reports import ReportTemplate
from skyhub.resources import code_revision, installed_packages
from skyhub.scheduler._page import report_page

__all__ = [
    "Executed",
    "Execution",
    "execute_report",
    "provenance_of",
    "put_together",
    "run_notebook",
    "without_secrets",
]

_SECRET = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "SKYHUB_NOTIFICATIONS", "SKYHUB_CIRCULARS", "SKYHUB_QUEUES")
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Executed:
    """A notebook that was executed, and what it asked of the data service; `detail` says why, if it failed."""

    notebook: nbformat.NotebookNode
    detail: str
    seconds: float
    queries: list[dict[str, Any]]


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
        The report, of those that come with skyhub.
    claim
        The run, as the data service hands it out: identifier, parameters, token, data version.
    url
        Base URL of the data service, for the notebook's ``skyhub.connect()``.
    """
    executed = run_notebook(template.source, claim, url)
    about = {"report": template.name, "title": template.sidecar.title, "sha256": template.sha256}
    return put_together(executed, provenance_of(claim, executed.seconds, about))


def run_notebook(source: str, claim: dict[str, Any], url: str, bound: OutputBound | None = None) -> Executed:
    """Execute a notebook (JSON) for a run, in a kernel of this process's account.

    Parameters
    ----------
    source, claim, url
        The notebook; the run and the data service, as `execute_report` takes them.
    bound
        How much output is taken; all of it by default. A run that writes more has failed.
    """
    began = time.monotonic()
    environment = {
        "SKYHUB_URL": url,
        "SKYHUB_TOKEN": claim["token"],
        "SKYHUB_REPORT_ID": claim["report_id"],
        "SKYHUB_AS_OF": claim["reads_at"],
    }
    with tempfile.TemporaryDirectory(prefix="skyhub-report-") as folder:
        paths = Path(folder) / "source.ipynb", Path(folder) / "report.ipynb"
        log = Path(folder) / "queries.jsonl"
        environment["SKYHUB_QUERY_LOG"] = str(log)
        paths[0].write_text(source, encoding="utf-8")
        detail = _run(*paths, claim["parameters"], _manager(environment, bound), claim["timeout"])
        notebook = nbformat.read(paths[1], as_version=4)
        queries = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    if bound is not None and bound.exceeded:
        detail = f"it wrote more than {bound.most / 1e6:.3g} MB of output, and the rest was left out."
    return Executed(notebook, detail, time.monotonic() - began, queries)


def put_together(executed: Executed, provenance: dict[str, Any]) -> Execution:
    """Make of an executed notebook what is kept of a run: notebook, page, facts, text, queries and log."""
    notebook, queries = executed.notebook, executed.queries
    if not _recorded(notebook, WIDGET_MIME):
        notebook.metadata.pop(
            "widgets", None
        )  # the state, with their code, of widgets of which a picture is shown: a megabyte
    notebook.metadata["skyhub"] = provenance
    artifacts = {"notebook": nbformat.writes(notebook), "html": report_page(notebook, provenance, queries)}
    facts, text = _recorded(notebook, FACTS_MIME), _recorded(notebook, TEXT_MIME)
    artifacts["facts"] = json.dumps({key: value for part in facts for key, value in part.items()}, allow_nan=False)
    artifacts["text"] = "\n\n".join(part["text"] for part in text)
    artifacts["queries"] = json.dumps(queries)
    artifacts["log"] = log_of(notebook)
    return Execution("failed" if executed.detail else "done", executed.detail, executed.seconds, artifacts)


def log_of(notebook: nbformat.NotebookNode) -> str:
    """What the cells of a notebook wrote to their standard output and error, and the errors that ended it, cell by cell."""
    parts = []
    for place, cell in enumerate(notebook.cells, 1):
        told = "".join(_said(output) for output in cell.get("outputs", []))
        if told:
            parts.append(f"[{place}]\n{told.rstrip()}\n")
    return _ESCAPES.sub("", "".join(parts))


def _said(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return "\n".join(output.traceback) if output.output_type == "error" else ""


def _run(
    notebook: Path, output: Path, parameters: dict[str, Any], manager: type[FastKernelManager], timeout: int
) -> str:
    ends = time.monotonic() + timeout
    options = {**papermill_options(), "kernel_manager_class": manager}
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
        if time.monotonic() < ends - 1:  # not the cell, but the end of its output did not come
            return "it wrote more output at once than is taken, and was stopped."
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


def without_secrets() -> dict[str, str]:
    """This process's environment without what is meant for it alone: a notebook has the rights of who asked for it."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_SECRET)}


def _manager(environment: dict[str, str], bound: OutputBound | None) -> type[FastKernelManager]:
    class ReportKernelManager(FastKernelManager):
        fast_client = FastKernelClient if bound is None else bounded_client(bound)

        async def _async_start_kernel(self, **options: Any) -> None:
            await super()._async_start_kernel(**{**options, "env": {**without_secrets(), **environment}})

        start_kernel = _async_start_kernel  # type: ignore[assignment]

    return ReportKernelManager


def provenance_of(claim: dict[str, Any], seconds: float, about: dict[str, Any]) -> dict[str, Any]:
    """What made a run: what the house knows of it, and nothing that the notebook says."""
    return {
        "report_id": claim["report_id"],
        **about,
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
