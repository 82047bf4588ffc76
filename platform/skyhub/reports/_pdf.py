"""The PDF of a run: made of its notebook when somebody first asks for it, and kept beside it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.paper import Labels, pdf_of_notebook
from skyhub.reports._runs import PDF, artifact_path, run_record

__all__ = ["report_pdf"]


def report_pdf(db: Database, viewer: Viewer, report_id: str, as_of: datetime | None = None) -> Path:
    """Where the PDF of a run lies that the viewer may see; it is made if there is none of its notebook as it is.

    Raises
    ------
    NotFound
        If there is no such run, or it has no notebook yet (at a time).
    InvalidInput
        If its notebook is too large.
    Unavailable
        If making it takes too long, or what makes it is not installed.
    """
    notebook = artifact_path(db, viewer, report_id, "notebook", as_of)
    target = notebook.with_name(PDF)
    if target.exists() and target.stat().st_mtime >= notebook.stat().st_mtime:
        return target
    content = notebook.read_bytes()
    made = pdf_of_notebook(content, _labels(content, run_record(db, viewer, report_id)))
    part = target.with_name(f"{PDF}.{secrets.token_hex(4)}")
    part.write_bytes(made)
    os.replace(part, target)
    return target


def _labels(content: bytes, run: Mapping[str, Any]) -> Labels:
    try:
        told = nbformat.reads(content.decode(), as_version=4).metadata.get("skyhub", {})
    except (ValueError, nbformat.ValidationError) as error:
        raise InvalidInput(f"the notebook of {run['report_id']} cannot be read: {error}.", run["report_id"]) from error
    given = "; ".join(f"{name} = {value}" for name, value in run["parameters"].items())
    rights = f" with the rights of {', '.join(told['rights'])}" if told.get("rights") else ""
    executed = told.get("executed_at") or run["changed_at"]
    about = (
        ("Parameters", given),
        ("Executed", f"{executed} for {run['requested_by']}{rights}"),
        ("Code revision", str(run["code_revision"] or "not known")),
        ("Data version", str(run["data_version"] if run["data_version"] is not None else "not known")),
    )
    return Labels(
        title=told.get("title") or run["name"],
        about=tuple((name, value) for name, value in about if value),
        footer=f"{run['report_id']} · as of {run['reads_at'] or executed}"
        + (" · failed" if run["state"] == "failed" else ""),
        checksum=f"SHA-256 of facts and text: {run['content_sha256']}" if run["content_sha256"] else "",
        made_at=datetime.fromisoformat(executed),
    )
