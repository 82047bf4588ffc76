"""Report notebooks for tests."""

from __future__ import annotations

from pathlib import Path

import nbformat

__all__ = ["SIDECAR", "notebook_text", "write_report"]


def write_report(folder: Path, name: str, source: str, parameter: str = "word") -> None:
    """A report of one cell, with one parameter that is a string."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "skyhub", "display_name": "skyhub"}})
    parameters = nbformat.v4.new_code_cell(f"{parameter} = 'x'", metadata={"tags": ["parameters"]})
    notebook.cells = [parameters, nbformat.v4.new_code_cell(source)]
    (folder / f"{name}.ipynb").write_text(nbformat.writes(notebook))
    (folder / f"{name}.yaml").write_text(
        "title: A test\ndescription: A test.\nparameters:\n"
        f"  {parameter}: {{type: string, default: x, description: A {parameter}}}\n"
    )


SIDECAR = "title: A test\ndescription: A test.\nparameters:\n  word: {type: string, default: x, description: A word}\n"


def notebook_text(*sources: str, parameters: str = "word = 'x'") -> str:
    """JSON of a notebook with a cell of parameters, and code cells after it."""
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="p")
    cells = [first, *(nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources))]
    written: str = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    return written
