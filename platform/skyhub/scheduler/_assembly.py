"""Putting together what a user's server handed in of a run: a program of its own, with no secrets and little memory.

Sources, parameters and provenance are those of the claim; of what was handed in, outputs of cells are taken, and checked.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any, Literal

import nbformat
import papermill
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from skyhub.kernels import KERNEL_NAME
from skyhub.paper import FACTS_MIME, TEXT_MIME
from skyhub.scheduler._execute import Executed, provenance_of, put_together

__all__ = ["assembled", "main"]

_MEMORY = 4 * 2**30
_CPU_SECONDS = 90
_LONGEST_DETAIL = 2000


class _HandedIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["done", "failed"]
    detail: str = Field("", max_length=_LONGEST_DETAIL)
    outputs: list[list[dict[str, Any]]]
    queries: list[dict[str, Any]] = Field([], max_length=10_000)


def assembled(claim: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a run that was handed in.

    Parameters
    ----------
    claim
        What the data service hands out to whoever puts it together.

    Returns
    -------
    dict
        ``state, detail, seconds, artifacts``; a run of which something was handed in that cannot be taken has failed.
    """
    told = f"what the server of {claim['requested_by']} handed in cannot be taken"
    try:
        handed_in = _HandedIn.model_validate_json(claim["content"])
        notebook = _filled(claim, handed_in.outputs)
        executed = Executed(notebook, _detail(handed_in), claim["seconds"], handed_in.queries)
        about = {
            "report": claim["name"],
            "title": claim["title"],
            "version": claim["version"],
            "sha256": claim["sha256"],
        }
        execution = put_together(executed, provenance_of(claim, claim["seconds"], about))
    except (ValidationError, nbformat.ValidationError, ValueError, TypeError, RecursionError) as error:
        detail = f"{told}: {_first_line(error)}"
        return {"state": "failed", "detail": detail, "seconds": claim["seconds"], "artifacts": {}}
    return {
        "state": execution.state,
        "detail": execution.detail,
        "seconds": execution.seconds,
        "artifacts": execution.artifacts,
    }


def _detail(handed_in: _HandedIn) -> str:
    return "" if handed_in.state == "done" else handed_in.detail or "it failed, and does not say why."


def _filled(claim: dict[str, Any], outputs: list[list[dict[str, Any]]]) -> nbformat.NotebookNode:
    """The notebook of the version with the parameters of the run and the outputs that were handed in."""
    source = nbformat.reads(claim["notebook"], as_version=4)
    options = {"prepare_only": True, "kernel_name": KERNEL_NAME, "language": "python"}
    notebook: nbformat.NotebookNode = papermill.execute_notebook(source, None, claim["parameters"], **options)
    if len(outputs) != len(notebook.cells):
        raise ValueError(f"it has outputs of {len(outputs)} cells, and the notebook has {len(notebook.cells)}")
    for cell, own in zip(notebook.cells, outputs, strict=True):
        if cell.cell_type != "code" and own:
            raise ValueError("it has outputs of a cell that has no code")
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(output) for output in own]
    nbformat.validate(notebook)
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        _check_recorded(output.get("data", {}))
    return notebook


def _check_recorded(data: dict[str, Any]) -> None:
    if not isinstance(data.get(FACTS_MIME, {}), dict):
        raise ValueError("its facts are no values by name")
    text = data.get(TEXT_MIME, {"text": ""})
    if not (isinstance(text, dict) and isinstance(text.get("text"), str)):
        raise ValueError("its text is none")


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return (str(error) or type(error).__name__).splitlines()[0][:_LONGEST_DETAIL]


def main() -> None:
    """Read a claim from the standard input, and write the outcome to the standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    json.dump(assembled(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
