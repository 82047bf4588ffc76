"""The parts of an analysis that are served by themselves: lines over the light curve, corner plot, notebook."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from skyhub.analyses._models import ANALYSES
from skyhub.attachments import blobs_of
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import NotFound
from skyhub.records import current_row
from skyhub.reports import artifact_path

__all__ = ["analysis_notebook", "analysis_overlays", "corner_plot"]

_PRIVATE = ("rights",)
"""What the notebook knows of who asked for it, and readers of the analysis need not."""


def analysis_overlays(
    db: Database, viewer: Viewer, analysis_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The model over the light curve: ``label, filter, mjd, flux`` (µJy). Raises `NotFound` if the viewer may not see it."""
    return ANALYSES.record(current_row(db, viewer, ANALYSES, analysis_id, as_of)).overlays


def corner_plot(db: Database, viewer: Viewer, analysis_id: int, as_of: datetime | None = None) -> bytes:
    """The corner plot, a PNG. Raises `NotFound` if there is none, or the viewer may not see the analysis."""
    digest = current_row(db, viewer, ANALYSES, analysis_id, as_of)["corner_digest"]
    if digest is None:
        raise NotFound(f"analysis {analysis_id} has no corner plot.", "analysis_id")
    return blobs_of(db).read(digest)


def analysis_notebook(db: Database, viewer: Viewer, analysis_id: int, as_of: datetime | None = None) -> bytes:
    """The notebook that made it; who may see the analysis may see it, whoever asked for the run.

    Raises
    ------
    NotFound
        If it was not made by a run, the run has not ended, or the viewer may not see the analysis.
    """
    report_id = current_row(db, viewer, ANALYSES, analysis_id, as_of)["report_id"]
    if report_id is None:
        raise NotFound(f"analysis {analysis_id} was not made by a notebook that is kept.", "analysis_id")
    notebook = json.loads(artifact_path(db, ADMINISTRATOR, report_id, "notebook", as_of).read_bytes())
    for name in _PRIVATE:
        notebook["metadata"].get("skyhub", {}).pop(name, None)
    return json.dumps(notebook).encode()
