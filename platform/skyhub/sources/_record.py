"""One object with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from skyhub.candidates import current_decisions
from skyhub.classification import CLASSIFICATIONS, most_probable
from skyhub.db import Database, Viewer, json_rows, json_value
from skyhub.errors import NotFound
from skyhub.notes import ANNOTATIONS, COMMENTS, LIST_ENTRIES, OBJECT_TAGS, REDSHIFTS, redshift_in_force
from skyhub.objects import dust_before
from skyhub.photometry import object_light_curve, statistics_of
from skyhub.records import Kind
from skyhub.science.coordinates import Position, galactic, sexagesimal
from skyhub.sources._distance import distance_of
from skyhub.sources._names import ALIASES, SAME_AS, linked_objects
from skyhub.sources._notes import notes_of
from skyhub.sources._objects import duplicates
from skyhub.sources._saving import groups_that_saved

__all__ = ["object_record"]

_OBJECT = "SELECT * FROM @objects WHERE object_id = ? ORDER BY known_at LIMIT 1"
_ALERTS = """
    SELECT candid, mjd, filter, mag, magerr, rb, drb, ra, dec FROM @alerts WHERE object_id = ? ORDER BY mjd DESC
"""
_COLOURS = "SELECT name, colour FROM @tags"
_DISTANCES = ("distance_modulus", "distance", "parallax")


def object_record(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> dict[str, Any]:
    """An object: position, dust before it, light curve, alerts, names, what people and programs say of it, who saved it.

    Read without a time it has ``seq``: live changes up to this number are in it.

    Raises
    ------
    NotFound
        If the viewer may see nothing of it.
    """
    heard = {"seq": db.version()} if as_of is None else {}
    rows = db.reader.rows(viewer, _OBJECT, [object_id], as_of)
    if not rows:
        raise NotFound(f"there is no object {object_id!r} among those that you may see.", object_id)
    place = Position(rows[0]["ra"], rows[0]["dec"])
    curve = object_light_curve(db, viewer, object_id, as_of)
    return {
        "object_id": object_id,
        "survey": rows[0]["survey"],
        **_position(place),
        "dust": dust_before(db, place),
        "statistics": asdict(statistics_of(curve)),
        "photometry": curve,
        "alerts": json_rows(db.reader.rows(viewer, _ALERTS, [object_id], as_of)),
        "saved": groups_that_saved(db, viewer, object_id, as_of),
        "decisions": current_decisions(db, viewer, [object_id], as_of)[object_id],
        "duplicates": duplicates(db, viewer, object_id, place, as_of),
        **_notes(db, viewer, object_id, as_of),
        **heard,
    }


def _position(place: Position) -> dict[str, Any]:
    ra, dec = place
    forms = {"sexagesimal": sexagesimal(ra, dec), "degrees": (ra, dec), "galactic": galactic(ra, dec)}
    return {"ra": ra, "dec": dec, "position": forms}


def _notes(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None) -> dict[str, Any]:
    rows = notes_of(db, viewer, object_id, as_of)

    def noted(kind: Kind[Any]) -> list[dict[str, Any]]:
        return kind.presented(db, viewer, rows[kind.table], as_of)

    classifications, redshifts, annotations = noted(CLASSIFICATIONS), noted(REDSHIFTS), noted(ANNOTATIONS)
    redshift = redshift_in_force(redshifts)
    return {
        "aliases": [row["alias"] for row in reversed(rows[ALIASES.table])],
        "linked": json_value(linked_objects(db, viewer, object_id, as_of)) if rows[SAME_AS.table] else [],
        "classification": most_probable(classifications),
        "classifications": classifications,
        "redshift": redshift,
        "redshifts": redshifts,
        "distance": _distance(annotations, redshift["redshift"] if redshift else None),
        "annotations": annotations,
        "n_comments": len(rows[COMMENTS.table]),
        "tags": _tags(db, viewer, noted(OBJECT_TAGS), as_of),
        "lists": [
            {name: row[name] for name in ("list_entry_id", "list_name", "owner", "radius", "note")}
            for row in noted(LIST_ENTRIES)
        ],
    }


def _distance(annotations: Sequence[dict[str, Any]], redshift: float | None) -> dict[str, Any] | None:
    """The distance by the newest annotation of each sort, or by the redshift in force."""
    known = {
        name: next((a[name] for a in annotations if a[name] is not None and a["about_table"] is None), None)
        for name in _DISTANCES
    }
    found = distance_of(**known, redshift=redshift)
    return found and found._asdict()


def _tags(db: Database, viewer: Viewer, tags: Sequence[dict[str, Any]], as_of: datetime | None) -> list[dict[str, Any]]:
    if not tags:
        return []
    colours = {row["name"]: row["colour"] for row in db.reader.rows(viewer, _COLOURS, (), as_of)}
    return [
        {"tag": t["tag"], "colour": colours.get(t["tag"]), "author": t["author"], "object_tag_id": t["object_tag_id"]}
        for t in tags
    ]
