"""What a notebook and a sidecar must be like to become a version of a group's report; what is not so is refused whole."""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime
from typing import Any

import nbformat
import yaml
from pydantic import ValidationError

from skyhub.errors import InvalidInput
from skyhub.reports._catalog import report_templates
from skyhub.reports._parameters import Sidecar

__all__ = ["checked_name", "checked_notebook", "checked_sidecar", "read_sidecar", "require_fit"]

LARGEST_NOTEBOOK = 500_000
LARGEST_SIDECAR = 20_000
"""Characters."""
_MOST_CELLS = 300
_DEEPEST = 10
_MOST_LINES = 5000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_TAG = "parameters"


def checked_name(name: str) -> str:
    """A name of a group's report. Raises `InvalidInput` if it cannot be one, or a report of skyhub's own has it."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:80]!r} is no name of a report: up to 60 small letters, digits and _ are permitted, a letter first.",
            "name",
        )
    if name in report_templates():
        raise InvalidInput(f"{name!r} is a report that comes with skyhub: choose another name.", "name")
    return name


def checked_notebook(text: str) -> str:
    """A notebook in its one form: equal notebooks give equal text.

    Raises
    ------
    InvalidInput
        If it is no notebook of format 4 in Python, is too large, has outputs, or has not exactly one cell of parameters.
    """
    notebook = _read(text)
    for place, cell in enumerate(notebook.cells, 1):
        if cell.get("outputs"):
            raise InvalidInput(f"cell {place} has outputs: clear all outputs before you upload.", "notebook")
        if cell.cell_type == "code":
            cell.execution_count = None
    notebook.metadata = {
        "kernelspec": {"display_name": "skyhub", "language": "python", "name": "skyhub"},
        "language_info": {"name": "python"},
    }
    _parameters_cell(notebook)
    written: str = nbformat.writes(notebook)
    return written


def checked_sidecar(text: str) -> Sidecar:
    """The sidecar of a group's report.

    Raises
    ------
    InvalidInput
        If it does not describe a report, a default does not fit its parameter, or it has a schedule: those of a group's
        reports belong to people.
    """
    sidecar = read_sidecar(text)
    if sidecar.schedule is not None:
        raise InvalidInput(
            "the sidecar has a schedule: a group's report runs for people. Leave it out, and add one on the page Schedules.",
            "sidecar",
        )
    sidecar.defaults(datetime.now(UTC))
    return sidecar


def read_sidecar(text: str) -> Sidecar:
    """A sidecar from YAML that others wrote. Raises `InvalidInput` if it is none."""
    if len(text) > LARGEST_SIDECAR:
        raise InvalidInput(f"the sidecar has {len(text)} characters: {LARGEST_SIDECAR} are permitted.", "sidecar")
    try:
        _check_events(text)
        return Sidecar.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, InvalidInput):
            raise
        told = _first(error) if isinstance(error, ValidationError) else str(error) or "it is nested too deeply"
        raise InvalidInput(f"the sidecar does not describe a report: {told}", "sidecar") from error


def _check_events(text: str) -> None:
    """Refuse aliases, and stop where it is nested deeper than any sidecar: reading deep YAML takes minutes."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidInput("the sidecar has a YAML alias: write each value out.", "sidecar")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")


def require_fit(notebook: str, sidecar: Sidecar) -> None:
    """Raise `InvalidInput` unless the notebook names the parameters that its sidecar has, and no others."""
    named = _assigned(_parameters_cell(nbformat.reads(notebook, as_version=4)))
    for missing in sorted(sidecar.parameters.keys() - named):
        raise InvalidInput(
            f"the sidecar has the parameter {missing!r}, and the notebook's cell of parameters does not assign it: "
            f"{', '.join(sorted(named)) or 'nothing'} is assigned there.",
            missing,
        )
    for unknown in sorted(named - sidecar.parameters.keys()):
        raise InvalidInput(
            f"the notebook's cell of parameters assigns {unknown!r}, which the sidecar does not describe: add it there, "
            "or assign it in a cell below.",
            unknown,
        )


def _read(text: str) -> Any:
    if len(text) > LARGEST_NOTEBOOK:
        raise InvalidInput(f"the notebook has {len(text)} characters: {LARGEST_NOTEBOOK} are permitted.", "notebook")
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or document.get("nbformat") != 4:
            raise ValueError("it has no nbformat 4")
        notebook = nbformat.from_dict(document)
        nbformat.validate(notebook)
    except (ValueError, TypeError, AttributeError, RecursionError, nbformat.ValidationError) as error:
        told = str(error).splitlines()[0][:200] if str(error) else "it is nested too deeply"
        raise InvalidInput(f"this is no Jupyter notebook: {told}. Upload the .ipynb file.", "notebook") from error
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    if language != "python":
        raise InvalidInput(f"the notebook is in {str(language)[:40]}: Python is permitted.", "notebook")
    lines = sum(cell.source.count("\n") + 1 for cell in notebook.cells)
    if len(notebook.cells) > _MOST_CELLS or lines > _MOST_LINES:
        raise InvalidInput(
            f"the notebook has {len(notebook.cells)} cells and {lines} lines: {_MOST_CELLS} and {_MOST_LINES} are permitted.",
            "notebook",
        )
    return notebook


def _parameters_cell(notebook: Any) -> str:
    found = [
        cell.source for cell in notebook.cells if cell.cell_type == "code" and _TAG in cell.metadata.get("tags", [])
    ]
    if len(found) != 1:
        raise InvalidInput(
            f"the notebook has {len(found)} code cells with the tag parameters: exactly one is permitted, "
            "with one assignment a line.",
            "notebook",
        )
    return str(found[0])


def _assigned(source: str) -> set[str]:
    """The names that a cell of parameters assigns, each in a statement of its own."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InvalidInput(f"the notebook's cell of parameters is no Python: {error}.", "notebook") from error
    names = set()
    for statement in statements:
        target = _target(statement)
        if target is None:
            raise InvalidInput(
                f"line {statement.lineno} of the notebook's cell of parameters is no plain assignment: "
                "lines such as n_shown = 5 are permitted.",
                "notebook",
            )
        names.add(target)
    return names


def _target(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target = statement.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
