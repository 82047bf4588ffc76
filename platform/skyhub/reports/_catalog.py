"""The reports that can be run: notebooks with a YAML sidecar of the same name."""

from __future__ import annotations

import hashlib
import json
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

__all__ = ["GroupVersion", "ReportTemplate", "report_template", "report_templates", "source_hash"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GroupVersion:
    """A version of a template that a group keeps."""

    report_template_id: int
    version: int
    group: str
    sha256: str
    notebook: str
    """JSON of the notebook."""


@dataclass(frozen=True)
class ReportTemplate:
    """A report: its name, its notebook and its sidecar."""

    name: str
    notebook: Path | None
    """The notebook's file, of a report that comes with skyhub."""
    sidecar: Sidecar
    version: GroupVersion | None = None
    """Of a group's report."""

    @property
    def source(self) -> str:
        """JSON of the notebook."""
        if self.version is not None:
            return self.version.notebook
        assert self.notebook is not None
        return self.notebook.read_text(encoding="utf-8")

    @property
    def sha256(self) -> str:
        """SHA-256 of notebook and sidecar."""
        if self.version is not None:
            return self.version.sha256
        return source_hash(self.source, self.sidecar_text)

    @property
    def sidecar_text(self) -> str:
        """YAML of the sidecar of a report that comes with skyhub."""
        assert self.notebook is not None
        return self.notebook.with_suffix(".yaml").read_text(encoding="utf-8")

    def to_json(self, now: datetime) -> dict[str, Any]:
        """As a JSON object, with the defaults that hold at a time (``last-night`` becomes a date)."""
        document = {"name": self.name, **self.sidecar.model_dump(exclude_none=True)}
        if self.version is not None:
            document |= {"group": self.version.group, "version": self.version.version, "sha256": self.version.sha256}
            document["report_template_id"] = str(self.version.report_template_id)
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


def source_hash(notebook: str, sidecar: str) -> str:
    """SHA-256 of a report's notebook and sidecar, as text."""
    return hashlib.sha256(json.dumps([notebook, sidecar]).encode()).hexdigest()


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
