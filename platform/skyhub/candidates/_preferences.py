"""Preferences: what users have chosen for themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from skyhub.db import ADMINISTRATOR, Database
from skyhub.records import Kind, Record

__all__ = ["PREFERENCES", "Preference", "named_scanners"]

_NAMED = """
    SELECT author FROM @preferences WHERE name = 'named_in_scanning' AND author IN (SELECT unnest(?))
    GROUP BY author HAVING arg_max(value, preference_id)
"""


class Preference(Record):
    """Something that a user has chosen."""

    name: Literal["named_in_scanning"] = Field(
        description="named_in_scanning: whether own figures are told, by name in agreement, to oneself in injections"
    )
    value: bool = Field(description="What was chosen; without a choice, false")


PREFERENCES = Kind(
    "preferences", "preference", Preference, scope="scan", sharing="personal", key=("name",), announced=("name",)
)


def named_scanners(db: Database, users: Collection[str]) -> set[str]:
    """Those of some users who have chosen, and still choose, that their figures as scanners are told."""
    return {row["author"] for row in db.reader.rows(ADMINISTRATOR, _NAMED, [sorted(users)])}
