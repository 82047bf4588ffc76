"""What administrators want of streams: to pause, to go on, to try again at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict

from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput

__all__ = ["Order", "Wanted", "give_order", "orders"]

Wanted: TypeAlias = Literal["pause", "resume", "retry"]
_IN_FORCE = """
    SELECT stream_name,
        coalesce(arg_max(wanted, intake_order_id) FILTER (wanted != 'retry'), 'resume') = 'pause' AS paused,
        max(intake_order_id) FILTER (wanted = 'retry') AS retry
    FROM @intake_orders GROUP BY stream_name
"""


class Order(BaseModel):
    """What is wanted of a stream now."""

    model_config = ConfigDict(frozen=True)

    paused: bool = False
    retry: int | None = None
    """Number of the last wish that it try again at once."""


def give_order(db: Database, viewer: Viewer, stream: str, wanted: str) -> dict[str, Any]:
    """Tell a stream what is wanted of it; its process hears of it within seconds. Administrators only.

    Raises
    ------
    InvalidInput
        If this cannot be wanted.
    """
    viewer.require("administer")
    if wanted not in get_args(Wanted):
        raise InvalidInput(f"{wanted!r} was given: {', '.join(get_args(Wanted))} are permitted.", "wanted")
    row = {"stream_name": stream, "wanted": wanted, "user_name": viewer.name}
    db.writer.write(
        lambda t: t.insert("intake_orders", [{"intake_order_id": t.next_id("intake_orders", "intake_order_id"), **row}])
    )
    return {"stream_name": stream, **orders(db).get(stream, Order()).model_dump()}


def orders(db: Database, as_of: datetime | None = None) -> dict[str, Order]:
    """What is wanted of each stream of which anything ever was."""
    rows = db.reader.rows(ADMINISTRATOR, _IN_FORCE, [], as_of)
    return {row["stream_name"]: Order(paused=row["paused"], retry=row["retry"]) for row in rows}
