"""Lists of objects (favourites, rejected, watched) and tags on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.records import Kind, Record, add, remove
from skyhub.science.coordinates import Position, hpx_ranges, separation

__all__ = ["LIST_ENTRIES", "OBJECT_TAGS", "TAGS", "ListEntry", "ObjectTag", "Tag", "toggle", "watches_at"]

_WIDEST_WATCH = 3600.0


class ListEntry(Record):
    """An object on somebody's list."""

    object_id: str = Field(description="The object")
    list_name: str = Field(min_length=1, max_length=100, description="Such as favourites, rejected, or a name of yours")
    owner: str | None = Field(None, description="Whose list; set by the platform")
    radius: float | None = Field(
        None, gt=0, le=_WIDEST_WATCH, description="Watched around the object", json_schema_extra={"unit": "arcsec"}
    )
    params: dict[str, Any] = Field({}, description="Whatever else the list needs")
    note: str | None = Field(None, max_length=1000, description="Why it is there")


class Tag(Record):
    """A tag that can be put on objects."""

    name: str = Field(min_length=1, max_length=40, pattern=r"^\w[\w .+:-]*$", description="The tag")
    colour: str = Field("#607d8b", pattern=r"^#[0-9a-fA-F]{6}$", description="Its colour, as #rrggbb")
    description: str | None = Field(None, max_length=1000, description="What it means")


class ObjectTag(Record):
    """A tag on an object."""

    object_id: str = Field(description="The object")
    tag: str = Field(description="Name of a tag")


def prepare_entries(db: Database, viewer: Viewer, entries: Sequence[ListEntry]) -> list[ListEntry]:
    """Entries as they are stored: on the viewer's list, if none is named."""
    for entry in entries:
        if entry.owner not in (None, viewer.name) and not viewer.administers:
            raise PermissionRefused(f"{viewer.name} may not write on a list of {entry.owner}.", "owner")
    return [entry.model_copy(update={"owner": entry.owner or viewer.name}) for entry in entries]


def prepare_object_tags(db: Database, viewer: Viewer, tags: Sequence[ObjectTag]) -> list[ObjectTag]:
    """Tags on objects as they are stored: spelt as in the registry."""
    known = {row["name"].lower(): row["name"] for row in db.reader.rows(viewer, "SELECT name FROM @tags")}
    for tag in tags:
        if tag.tag.lower() not in known:
            permitted = ", ".join(sorted(known.values())) or "none yet"
            raise InvalidInput(f"there is no tag {tag.tag!r} ({permitted}): add it to the tags first.", "tag")
    return [tag.model_copy(update={"tag": known[tag.tag.lower()]}) for tag in tags]


LIST_ENTRIES = Kind(
    "list_entries",
    "list_entry",
    ListEntry,
    sharing="own",
    key=("object_id", "list_name", "owner"),
    announced=("list_name",),
    prepare=prepare_entries,
)
TAGS = Kind("tags", "tag", Tag, key=("name",), announced=("name",))
OBJECT_TAGS = Kind(
    "object_tags",
    "object_tag",
    ObjectTag,
    key=("object_id", "tag"),
    announced=("tag",),
    prepare=prepare_object_tags,
)


def toggle(db: Database, viewer: Viewer, object_id: str, list_name: str) -> dict[str, Any]:
    """Put an object on one's own list, or take it off: ``{"on_list": bool}``."""
    rows = db.reader.rows(
        viewer,
        "SELECT list_entry_id FROM @list_entries WHERE object_id = ? AND list_name = ? AND owner = ?",
        [object_id, list_name, viewer.name],
    )
    if rows:
        remove(db, viewer, LIST_ENTRIES, rows[0]["list_entry_id"])
    else:
        add(db, viewer, LIST_ENTRIES, [{"object_id": object_id, "list_name": list_name}], revise=True)
    return {"on_list": not rows}


def watches_at(
    db: Database, viewer: Viewer, ra: float, dec: float, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The entries of watch lists that a position lies within: nearest first.

    Parameters
    ----------
    db, viewer
        The database, and whose lists (and those shared with groups).
    ra, dec
        The position (ICRS, deg).
    as_of
        Only entries known at this time.

    Returns
    -------
    list of dict
        ``list_entry_id, list_name, owner, object_id, radius, separation_arcsec``.
    """
    place = Position(ra, dec)
    near = " OR ".join(f"(hpx >= {low} AND hpx < {high})" for low, high in hpx_ranges(place, _WIDEST_WATCH / 3600))
    rows = db.reader.rows(
        viewer,
        "SELECT list_entry_id, list_name, owner, object_id, radius, ra, dec FROM @list_entries JOIN "
        f"(SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec FROM @objects WHERE {near} GROUP BY object_id) "
        "USING (object_id) WHERE radius IS NOT NULL",
        (),
        as_of,
    )
    if not rows:
        return []
    away = separation([row.pop("ra") for row in rows], [row.pop("dec") for row in rows], place) * 3600
    found = [{**row, "separation_arcsec": float(a)} for row, a in zip(rows, away, strict=True) if a <= row["radius"]]
    return sorted(found, key=lambda row: float(row["separation_arcsec"]))
