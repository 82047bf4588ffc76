"""Persistent searches: conditions under a name, shared with groups, run again each night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput
from skyhub.records import Kind, Record, from_fields
from skyhub.search._query import Search

__all__ = ["SEARCHES", "PersistentSearch"]

_OF_A_PAGE = ("cursor", "limit")
_LAST_RUNS = """
    WITH last AS (
        SELECT search_id, max(search_run_id) AS search_run_id FROM @search_runs
        WHERE search_id IN (SELECT unnest(?)) AND reason IS NULL GROUP BY search_id)
    SELECT search_id, any_value(r.known_at) AS run_at, count(DISTINCT f.object_id) AS n_new
    FROM last JOIN @search_runs AS r USING (search_id, search_run_id)
        LEFT JOIN (SELECT search_run_id, object_id FROM @search_finds
                   WHERE object_id IN (SELECT object_id FROM @objects)) AS f USING (search_run_id)
    GROUP BY search_id
"""


class PersistentSearch(Record):
    """Conditions on objects under a name."""

    name: str = Field(min_length=1, max_length=60, description="What it is called")
    conditions: dict[str, Any] = Field(description="The fields of a search, as GET /api/search takes them")
    nightly: bool = Field(True, description="Whether it is run again each day at 16:00 UTC, with its author's rights")
    description: str | None = Field(None, max_length=1000, description="What it is for")


def prepare_searches(db: Database, viewer: Viewer, searches: Sequence[PersistentSearch]) -> list[PersistentSearch]:
    """Searches as they are stored: of conditions that can be asked for."""
    prepared = []
    for search in searches:
        given = [name for name in _OF_A_PAGE if name in search.conditions]
        if given:
            raise InvalidInput(f"{given[0]} is of a page, not of a search: leave it out.", "conditions")
        conditions = from_fields(Search, search.conditions, "conditions").conditions
        prepared.append(search.model_copy(update={"conditions": conditions}))
    return prepared


def present_searches(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Searches as they are read: with when they were last run, and how many new objects the viewer may see of that run."""
    numbers = [int(document["search_id"]) for document in documents]
    rows = {str(row.pop("search_id")): row for row in db.reader.rows(viewer, _LAST_RUNS, [numbers], as_of)}
    never = {"run_at": None, "n_new": 0}
    return [{**document, **json_value(rows.get(document["search_id"], never))} for document in documents]


SEARCHES = Kind(
    "searches",
    "search",
    PersistentSearch,
    sharing="own",
    key=("name",),
    announced=("name",),
    prepare=prepare_searches,
    present=present_searches,
)
