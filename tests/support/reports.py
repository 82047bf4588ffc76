"""Report notebooks for tests."""

from __future__ import annotations

from pathlib import Path

import nbformat

__all__ = ["write_report"]


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
