"""Other names of objects, and links between objects that are one and the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from skyhub.db import Database, Viewer
from skyhub.records import Kind, Record, require_objects

__all__ = ["ALIASES", "SAME_AS", "Alias", "SameAs", "linked_objects"]

_LINKED = """
    WITH RECURSIVE linked(object_id) AS (
        SELECT ?::VARCHAR
        UNION
        SELECT CASE WHEN l.object_id = s.object_id THEN l.other_id ELSE l.object_id END
        FROM linked AS s JOIN @same_as AS l ON l.object_id = s.object_id OR l.other_id = s.object_id)
    SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec FROM @objects
    WHERE object_id IN (SELECT object_id FROM linked) AND object_id != ? GROUP BY object_id ORDER BY object_id
"""


class Alias(Record):
    """Another name of an object."""

    object_id: str = Field(description="The object")
    alias: str = Field(min_length=1, max_length=100, description="The other name, such as SN 2026abc")
    origin: str | None = Field(None, min_length=1, max_length=100, description="Who gave the name, such as TNS")


class SameAs(Record):
    """Two objects that are one: both keep their data, each shows the other."""

    object_id: str = Field(description="One of them")
    other_id: str = Field(min_length=1, description="The other one")
    reason: str | None = Field(None, max_length=1000, description="Why they are the same")

    @model_validator(mode="after")
    def _two_objects(self) -> SameAs:
        if self.object_id == self.other_id:
            raise ValueError("an object is the same as itself anyway: name another one")
        return self


def prepare_links(db: Database, viewer: Viewer, links: Sequence[SameAs]) -> list[SameAs]:
    """Links as they are stored: between objects that the viewer may see, in the order of their names."""
    require_objects(db, viewer, {link.other_id for link in links})
    ordered = [sorted((link.object_id, link.other_id)) for link in links]
    return [
        link.model_copy(update={"object_id": first, "other_id": second})
        for link, (first, second) in zip(links, ordered, strict=True)
    ]


ALIASES = Kind("aliases", "alias", Alias, key=("object_id", "alias"), announced=("alias",))
SAME_AS = Kind(
    "same_as",
    "link",
    SameAs,
    key=("object_id", "other_id"),
    announced=("other_id",),
    prepare=prepare_links,
)


def linked_objects(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The objects that are one with an object, through any number of links, of those that the viewer may see."""
    return db.reader.rows(viewer, _LINKED, [object_id, object_id], as_of)
