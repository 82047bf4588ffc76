"""How incoming streams fare: what each last said of itself, and what it said earlier."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from skyhub.db import PUBLIC, Database, Transaction, Viewer
from skyhub.db import json_value as as_json

__all__ = ["StreamState", "note_states", "stream_states"]

_KEPT_EVERY = 60.0
_SILENT_AFTER = 30.0
_FORGOTTEN_AFTER = timedelta(days=30)
_NEWEST = """
    SELECT * EXCLUDE (intake_state_id) FROM @intake_states
    QUALIFY row_number() OVER (PARTITION BY stream_name ORDER BY intake_state_id DESC) = 1 ORDER BY stream_name
"""


class StreamState(BaseModel):
    """What an incoming stream says of itself."""

    model_config = ConfigDict(extra="forbid")

    stream_name: str
    kind: str
    state: Literal["running", "waiting", "slow", "paused", "down"] = "waiting"
    """Running: packets come. Waiting: there are none, or they cannot be stored at present. Slow: the other side takes long to
    answer. Paused: an administrator wants it. Down: see the reason."""
    reason: str = ""
    since: datetime
    """When counting began: the start of the process."""
    last_packet_at: datetime | None = None
    n_read: int = Field(0, ge=0)
    n_stored: int = Field(0, ge=0)
    n_duplicates: int = Field(0, ge=0)
    n_refused: int = Field(0, ge=0)
    rate: float = Field(0.0, ge=0)
    """Packets per second in the last minute."""
    lag: int | None = None
    """Messages that wait to be read."""
    seconds: float | None = Field(None, ge=0)
    """How long the other side's last answer took."""
    next_try_at: datetime | None = None
    """When it is asked next, or tried again."""

    def row(self) -> dict[str, Any]:
        """As a row of ``intake_states``."""
        given = {name: getattr(self, name) for name in ("since", "last_packet_at", "next_try_at")}
        return {**self.model_dump(), **{name: moment and _naive(moment) for name, moment in given.items()}}


class _Board:
    """What streams last said, and when it was last written down."""

    def __init__(self, db: Database) -> None:
        self.lock = threading.Lock()
        self.heard: dict[str, tuple[float, StreamState]] = {}
        self.kept: dict[str, tuple[float, StreamState]] = {}


def note_states(db: Database, states: Sequence[StreamState]) -> int:
    """Take down how streams fare; what is written is their changes of state, and their counts once a minute.

    Returns
    -------
    int
        How many were written.
    """
    board, now = db.part(_Board), time.monotonic()
    with board.lock:
        new = [state for state in states if _is_news(board.kept.get(state.stream_name), state, now)]
        changed = [state for state in new if _has_changed(board.kept.get(state.stream_name), state)]
        board.heard |= {state.stream_name: (now, state) for state in states}
        board.kept |= {state.stream_name: (now, state) for state in new}
    if new:
        db.writer.write(lambda transaction: _write(transaction, new, changed))
    return len(new)


def _write(transaction: Transaction, new: Sequence[StreamState], changed: Sequence[StreamState]) -> None:
    first = transaction.next_id("intake_states", "intake_state_id", len(new))
    transaction.insert(
        "intake_states", [{"intake_state_id": number, **state.row()} for number, state in enumerate(new, first)]
    )
    for state in changed:
        transaction.announce("streams", {"stream_name": state.stream_name, "state": state.state}, PUBLIC)


def stream_states(db: Database, viewer: Viewer, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """Each incoming stream with its state, counts, rate (packets/s), lag and the time of its last packet.

    One of which nothing was heard for 30 s is down; after 30 days without a word it is left out.
    """
    kept = {row["stream_name"]: row for row in db.reader.rows(viewer, _NEWEST, [], as_of)}
    if as_of is not None:
        return [as_json(row) for row in kept.values()]
    board, now, today = db.part(_Board), time.monotonic(), datetime.now(UTC)
    with board.lock:
        fresh = {
            name: {**state.row(), "known_at": today - timedelta(seconds=now - at)}
            for name, (at, state) in board.heard.items()
            if now - at < _SILENT_AFTER
        }
    silent = {
        name: {**row, "state": "down", "rate": 0.0, "next_try_at": None, "reason": _silence(row)}
        for name, row in kept.items()
        if today - row["known_at"].replace(tzinfo=UTC) < _FORGOTTEN_AFTER
    }
    return [as_json(row) for _, row in sorted((silent | fresh).items())]


def _silence(row: dict[str, Any]) -> str:
    if row["state"] == "down" and row["reason"]:
        return str(row["reason"])
    return "its process says nothing: start `skyhub ingest stream`."


def _is_news(kept: tuple[float, StreamState] | None, state: StreamState, now: float) -> bool:
    if kept is None:
        return True
    if _has_changed(kept, state):
        return True
    at, earlier = kept
    counts = ("n_read", "n_stored", "n_duplicates", "n_refused")
    return now - at >= _KEPT_EVERY and any(getattr(earlier, c) != getattr(state, c) for c in counts)


def _has_changed(kept: tuple[float, StreamState] | None, state: StreamState) -> bool:
    return kept is None or _standing(kept[1]) != _standing(state)


def _standing(state: StreamState) -> tuple[str, str]:
    """What of a state is news when it changes; whether packets come just now is not."""
    return state.state if state.state in ("slow", "paused", "down") else "", state.reason


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
