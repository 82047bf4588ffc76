"""Cards: all that a scanner sees of a candidate, in one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from skyhub.alerts import CUTOUT_KINDS, cutout_data_url
from skyhub.candidates._alert_annotations import alert_annotations
from skyhub.candidates._decisions import current_decisions, verdict_of
from skyhub.candidates._filter_book import visible_filters
from skyhub.candidates._nights import Night, NightBook
from skyhub.candidates._saved import saved_documents
from skyhub.context import contexts_of_alerts
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.photometry import light_curves, statistics_of
from skyhub.science.coordinates import galactic, sexagesimal

__all__ = ["cards"]

_MOST = 50

_ALERTS = "SELECT * FROM @alerts WHERE candid IN ({numbers}) AND candid BETWEEN {low} AND {high}"
"""Bounds spare looking at most of the table; a list of parameters, or a join, takes longer."""


def cards(
    db: Database, viewer: Viewer, candidate_ids: Sequence[int], as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The cards of candidates, in the order asked; those the viewer may not see are left out.

    Raises
    ------
    InvalidInput
        If more than 50 are asked for.
    """
    if len(candidate_ids) > _MOST:
        raise InvalidInput(f"{len(candidate_ids)} cards were asked for: {_MOST} at a time are permitted.", "ids")
    seen = db.part(NightBook).all_seen(viewer, list(dict.fromkeys(candidate_ids)), as_of)
    rows = _alerts(db, viewer, seen, as_of)
    object_ids = sorted({row["object_id"] for row in rows.values()})
    if not object_ids:
        return []
    curves = light_curves(db, viewer, object_ids, as_of)
    decisions = current_decisions(db, viewer, object_ids, as_of)
    contexts = contexts_of_alerts(db, viewer, list(rows.values()), as_of)
    saved = saved_documents(db, viewer, object_ids, as_of)
    return [
        {
            **_card(db, row),
            "context": contexts.get((row["survey"], row["candid"])),
            "filters": _filters(db, viewer, *seen[row["candidate_id"]], as_of),
            "statistics": asdict(statistics_of(curves[row["object_id"]])),
            "photometry": curves[row["object_id"]],
            "decisions": decisions[row["object_id"]],
            "saved": saved[row["object_id"]],
            "mine": verdict_of(viewer, decisions[row["object_id"]]),
            "can_decide": (viewer.administers or "scan" in viewer.scopes) and bool(db.access.group_ids(viewer)),
        }
        for row in (rows[i] for i in candidate_ids if i in rows)
    ]


def _alerts(
    db: Database, viewer: Viewer, seen: Mapping[int, tuple[Night, int]], as_of: datetime | None
) -> dict[int, dict[str, Any]]:
    """The alerts of candidates, of those that the viewer may see, each with its ``candidate_id``."""
    if not seen:
        return {}
    named = {number: night.alert(place) for number, (night, place) in seen.items()}
    numbers = sorted({candid for candid, _ in named.values()})
    sql = _ALERTS.format(numbers=", ".join(map(str, numbers)), low=numbers[0], high=numbers[-1])
    found = {(row["candid"], row["object_id"]): row for row in db.reader.rows(viewer, sql, as_of=as_of)}
    return {number: {**found[alert], "candidate_id": number} for number, alert in named.items() if alert in found}


def _card(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    ra, dec = row["ra"], row["dec"]
    return {
        "candidate_id": str(row["candidate_id"]),
        "object_id": row["object_id"],
        "candid": str(row["candid"]),
        "survey": row["survey"],
        "dayobs": row["dayobs"].isoformat(),
        "ra": ra,
        "dec": dec,
        "position": {"sexagesimal": sexagesimal(ra, dec), "degrees": (ra, dec), "galactic": galactic(ra, dec)},
        "mjd": row["mjd"],
        "annotations": alert_annotations(row),
        "cutouts": {kind: cutout_data_url(db, row, kind) for kind in CUTOUT_KINDS},
    }


def _filters(db: Database, viewer: Viewer, night: Night, place: int, as_of: datetime | None) -> list[dict[str, Any]]:
    """The filters that let the object of a candidate through in its night."""
    passed = set(night.filters[night.visible(viewer, as_of, night.same_object(place))].tolist())
    found = [
        (name, number, group)
        for number, (name, group) in visible_filters(db, viewer, as_of).items()
        if number in passed
    ]
    names = db.access.names_of_groups()
    return [
        {"filter_id": str(number), "name": name, "group": names.get(group) if group is not None else None}
        for name, number, group in sorted(found, key=lambda f: f[:2])
    ]
