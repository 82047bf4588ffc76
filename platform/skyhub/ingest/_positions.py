"""Positions of streams that ask for what is new: kept when what they stand for is stored."""

from __future__ import annotations

from skyhub.db import ADMINISTRATOR, Database, Transaction
from skyhub.errors import InvalidInput

__all__ = ["keep_position", "position_of"]

_LONGEST = 4_000_000
_NEWEST = """
    SELECT position FROM @intake_positions WHERE stream_name = ? ORDER BY intake_position_id DESC LIMIT 1
"""


def position_of(db: Database, stream: str) -> str | None:
    """The position that a stream kept last; None at first."""
    rows = db.reader.rows(ADMINISTRATOR, _NEWEST, [stream])
    return str(rows[0]["position"]) if rows else None


def keep_position(db: Database, stream: str, position: str) -> None:
    """Keep the position of a stream; on return it is on disk.

    Raises
    ------
    InvalidInput
        If it is too long for one.
    """
    if len(position) > _LONGEST:
        raise InvalidInput(f"a position of {len(position)} characters was given: {_LONGEST} are permitted.", "position")
    db.writer.write(lambda transaction: _replace(transaction, stream, position))


def _replace(transaction: Transaction, stream: str, position: str) -> None:
    """A position says nothing of the sky: the one before it, which may be large, is not kept."""
    before = transaction.query("SELECT intake_position_id FROM intake_positions WHERE stream_name = ?", [stream])
    number = transaction.next_id("intake_positions", "intake_position_id")
    transaction.discard(
        "intake_positions", "intake_position_id IN (SELECT intake_position_id FROM skyhub_discarded)", before
    )
    row = {"intake_position_id": number, "stream_name": stream, "position": position}
    transaction.insert("intake_positions", [row])
