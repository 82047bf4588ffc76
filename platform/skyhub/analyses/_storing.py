"""Keeping a fit with its corner plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skyhub.analyses._models import ANALYSES
from skyhub.attachments import keep_file
from skyhub.db import Database, Viewer
from skyhub.errors import Conflict, InvalidInput
from skyhub.notes import ANNOTATIONS
from skyhub.records import add
from skyhub.reports import run_record

__all__ = ["store_fit"]

_KEPT = "SELECT * FROM @analyses WHERE report_id = ? AND object_id = ? ORDER BY analysis_id DESC LIMIT 1"
_PNG = b"\x89PNG\r\n\x1a\n"


def store_fit(
    db: Database,
    viewer: Viewer,
    fields: Mapping[str, Any],
    corner: bytes | None = None,
    groups: Sequence[str] | None = None,
    *,
    annotate: bool = False,
) -> dict[str, Any]:
    """Keep a fit.

    It is seen by groups that see all of the points (and the redshift) that it was made from, with all of their streams.
    A run that verifies another one keeps nothing: it is given what that one kept.

    Parameters
    ----------
    db, viewer, fields
        The database, who fitted, and the fields of `Analysis`.
    corner
        The corner plot, a PNG.
    groups
        Some of the viewer's groups that see all of it; by default all of these.
    annotate
        Also annotate the object with the parameters, for who sees the fit.

    Returns
    -------
    dict
        The record.

    Raises
    ------
    InvalidInput
        If a field cannot be used, or the plot is no PNG.
    NotFound
        If the viewer may not see the object, a point, the redshift or the run.
    Conflict
        If a run verifies one whose fit was removed.
    PermissionRefused
        If the viewer may not save, or one of the groups does not see all that was fitted.
    """
    viewer.require(ANALYSES.scope)
    verified = _verified(db, viewer, fields)
    if verified is not None:
        return verified
    if corner is not None and not corner.startswith(_PNG):
        raise InvalidInput("the corner plot is no PNG.", "corner")
    plot = {"corner_digest": keep_file(db, viewer, corner)} if corner else {}
    record: dict[str, Any] = add(db, viewer, ANALYSES, [{**fields, **plot}], groups)["records"][0]
    if annotate:
        data = {_label(p): p["value"] for p in record["parameters"]} | {"chi2": record["chi2"], "dof": record["dof"]}
        data |= {f"{_label(p)}_error": p["error"] for p in record["parameters"] if p.get("error") is not None}
        about = {"about_table": ANALYSES.table, "about_id": int(record["analysis_id"])}
        add(db, viewer, ANNOTATIONS, [{**about, "origin": f"fit/{record['model']}", "data": data}])
    return record


def _verified(db: Database, viewer: Viewer, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was kept by the run that this one verifies; None if it verifies none."""
    report_id = fields.get("report_id")
    verifies = run_record(db, viewer, report_id)["verifies"] if isinstance(report_id, str) else None
    if verifies is None:
        return None
    rows = db.reader.rows(viewer, _KEPT, [verifies, fields.get("object_id")])
    if not rows:
        raise Conflict(f"the fit of the verified run {verifies} was removed: make the fit anew instead.", verifies)
    return ANALYSES.presented(db, viewer, rows)[0]


def _label(parameter: Mapping[str, Any]) -> str:
    return f"{parameter['name']}_{parameter['filter']}" if parameter.get("filter") else str(parameter["name"])
