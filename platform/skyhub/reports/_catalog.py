"""The reports that can be run: notebooks with a YAML sidecar of the same name."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from skyhub.errors import InvalidInput, NotFound
from skyhub.reports._parameters import Sidecar
from skyhub.resources import notebooks_dir

__all__ = ["ReportTemplate", "report_template", "report_templates"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReportTemplate:
    """A report: its name, its notebook and its sidecar."""

    name: str
    notebook: Path
    sidecar: Sidecar

    def to_json(self, now: datetime) -> dict[str, Any]:
        """As a JSON object, with the defaults that hold at a time (``last-night`` becomes a date)."""
        document = {"name": self.name, **self.sidecar.model_dump(exclude_none=True)}
        for name, value in self.sidecar.defaults(now).items():
            document["parameters"][name]["default"] = value
        return document


def report_templates(directory: Path | None = None) -> dict[str, ReportTemplate]:
    """All reports of a directory (skyhub's own by default), by name; one that cannot be read is logged and left out."""
    templates: dict[str, ReportTemplate] = {}
    for name, notebook in _notebooks(directory).items():
        try:
            templates[name] = _load(notebook)
        except InvalidInput as error:
            _log.error("%s", error.message)
    return templates


def report_template(name: str, directory: Path | None = None) -> ReportTemplate:
    """One report.

    Raises
    ------
    NotFound
        If there is none of this name; the message names those that there are.
    InvalidInput
        If its sidecar cannot be read.
    """
    known = _notebooks(directory)
    if name not in known:
        raise NotFound(f"there is no report {name!r}: {', '.join(known) or 'none'} are permitted.", name)
    return _load(known[name])


def _notebooks(directory: Path | None) -> dict[str, Path]:
    folder = directory or notebooks_dir() / "reports"
    return {path.stem: path for path in sorted(folder.glob("*.ipynb"))}


def _load(notebook: Path) -> ReportTemplate:
    path = notebook.with_suffix(".yaml")
    try:
        written = path.stat()
        sidecar = _read(path, written.st_mtime_ns, written.st_size)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise InvalidInput(f"{path} does not describe the report {notebook.name}: {error}", str(path)) from error
    return ReportTemplate(notebook.stem, notebook, sidecar)


@lru_cache(maxsize=256)
def _read(path: Path, _changed_at: int, _size: int) -> Sidecar:
    """A sidecar as it is now; the scheduler asks for all of them every second."""
    return Sidecar.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
