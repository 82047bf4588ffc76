"""Keeping a fit with its corner plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skyhub.analyses._models import ANALYSES
from skyhub.attachments import keep_file
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.notes import ANNOTATIONS
from skyhub.records import add

__all__ = ["store_fit"]

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
    PermissionRefused
        If the viewer may not save, or one of the groups does not see all that was fitted.
    """
    viewer.require(ANALYSES.scope)
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


def _label(parameter: Mapping[str, Any]) -> str:
    return f"{parameter['name']}_{parameter['filter']}" if parameter.get("filter") else str(parameter["name"])
