"""The outbox: deliveries are claimed with a lease, sent by a worker, and closed, or tried again later.

What is guaranteed: a delivery is written down with its cause and is tried until it arrives, is refused for good, or has been
tried too often: at least once. One that is known to have arrived is never sent again. If a worker ends between sending and
saying so, nobody knows, and it is sent again under the same key: matrix drops the second one, mail programs most often do,
and slack shows it, marked as sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, NotFound
from skyhub.notify._channels import channel_is_quiet
from skyhub.notify._text import tell

__all__ = ["LEASE", "Outcome", "claim_delivery", "finish_delivery"]

LEASE = timedelta(minutes=2)

_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
_NEWEST = "QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY delivery_state_id DESC) = 1"
_DUE = f"""
    SELECT d.delivery_id, d.message_id, d.channel_id, d.key, d.acl, m.user_name, m.seq, m.occasion, s.delivery_state_id,
        s.state, coalesce(s.attempts, 0) AS attempts, coalesce(s.unsure, false) AS unsure
    FROM @deliveries AS d JOIN @messages AS m USING (message_id)
        LEFT JOIN (SELECT * FROM @delivery_states {_NEWEST}) AS s USING (delivery_id)
    WHERE (s.state IS NULL OR (s.state IN ('queued', 'sending') AND s.next_at <= ?))
        AND (m.urgent OR NOT list_contains(?::BIGINT[], d.channel_id)) AND NOT list_contains(?::VARCHAR[], m.user_name)
    ORDER BY coalesce(s.attempts, 0), d.delivery_id LIMIT 100
"""
_STATE = f"SELECT * FROM delivery_states WHERE delivery_id = ? {_NEWEST}"
_CHANNELS = "SELECT * FROM @channels"


@dataclass(frozen=True)
class Outcome:
    """What came of sending."""

    state: Literal["sent", "retry", "failed"]
    """failed: refused for good."""
    detail: str = ""
    unsure: bool = False
    """Whether it may have arrived nevertheless."""
    retry_after: float | None = None
    """From how many seconds on the other side wants to be asked again."""


def claim_delivery(db: Database, now: datetime) -> dict[str, Any] | None:
    """Take a lease on the next delivery that is due; None if there is none.

    One whose user may not read of its cause any more, or whose channel is gone, is withdrawn; one of a user whose rights cannot
    be known now waits, and holds up nobody else's. In the quiet hours of a channel only what is urgent is due.

    Returns
    -------
    dict or None
        ``delivery_id, key, type, room, sealed`` (address and token, encrypted), ``title, lines, view, params, again``:
        whether an earlier try may have arrived.
    """
    channels = {row["channel_id"]: row for row in db.reader.rows(ADMINISTRATOR, _CHANNELS)}
    quiet = [number for number, row in channels.items() if channel_is_quiet(row, now)]
    moment = now.astimezone(UTC).replace(tzinfo=None)
    due = db.part(OwnersBook).with_rights(lambda unknown: db.reader.rows(ADMINISTRATOR, _DUE, [moment, quiet, unknown]))
    claims = (_claim(db, row, viewer, channels.get(row["channel_id"]), now) for row, viewer in due)
    return next((claimed for claimed in claims if claimed is not None), None)


def finish_delivery(db: Database, delivery_id: int, outcome: Outcome) -> dict[str, Any]:
    """Note what came of a delivery that was claimed.

    Raises
    ------
    NotFound, Conflict
        If there is no such delivery, or it is not being sent.
    """

    def write(transaction: Transaction) -> dict[str, Any]:
        rows = transaction.rows(_STATE, [delivery_id])
        if not rows:
            raise NotFound(f"there is no delivery {delivery_id} that was claimed.", str(delivery_id))
        [row] = rows
        if row["state"] != "sending":
            raise Conflict(f"delivery {delivery_id} is {row['state']}: only one that is being sent can be closed.")
        state = {"sent": "sent", "failed": "failed"}.get(outcome.state, "queued")
        if state == "queued" and row["attempts"] >= _ATTEMPTS:
            state = "failed"
        next_at = transaction.now.replace(tzinfo=None) + _wait(row["attempts"], outcome.retry_after)
        unsure = outcome.unsure or row["unsure"]
        _put(transaction, row, state, row["attempts"], next_at, outcome.detail[:500], unsure)
        return {"delivery_id": str(delivery_id), "state": state}

    return db.writer.write(write)


def _claim(
    db: Database, row: Mapping[str, Any], viewer: Viewer | None, channel: Mapping[str, Any] | None, now: datetime
) -> dict[str, Any] | None:
    told = tell(db, viewer, [row]).get(row["message_id"]) if viewer is not None else None
    reason = "the channel was removed" if channel is None else "it may not be read any more" if told is None else ""
    abandoned = not reason and row["state"] == "sending" and row["attempts"] >= _ATTEMPTS
    state = "withdrawn" if reason else "failed" if abandoned else "sending"
    detail = reason or ("nobody finished it" if abandoned else "")
    again = row["unsure"] or row["state"] == "sending"
    next_at = now.astimezone(UTC).replace(tzinfo=None) + LEASE

    def write(transaction: Transaction) -> bool:
        newest = [found["delivery_state_id"] for found in transaction.rows(_STATE, [row["delivery_id"]])]
        if newest != ([] if row["delivery_state_id"] is None else [row["delivery_state_id"]]):
            return False  # another worker has it
        _put(transaction, row, state, row["attempts"] + (state == "sending"), next_at, detail, again)
        return state == "sending"

    if not db.writer.write(write) or told is None or channel is None:
        return None
    sent = {name: channel[name] for name in ("type", "room", "sealed")}
    return {"delivery_id": str(row["delivery_id"]), "key": row["key"], **sent, **asdict(told), "again": again}


def _wait(attempts: int, retry_after: float | None) -> timedelta:
    wait = min(_FIRST_WAIT * 2.0 ** max(attempts - 1, 0), _LONGEST_WAIT)
    return max(wait, timedelta(seconds=min(retry_after or 0.0, _LONGEST_WAIT.total_seconds())))


def _put(
    transaction: Transaction,
    row: Mapping[str, Any],
    state: str,
    attempts: int,
    next_at: datetime,
    detail: str,
    unsure: bool,
) -> None:
    columns = {"state": state, "attempts": attempts, "next_at": next_at, "detail": detail or None, "unsure": unsure}
    number = transaction.next_id("delivery_states", "delivery_state_id")
    own = {"delivery_state_id": number, "delivery_id": row["delivery_id"], "acl": row["acl"]}
    transaction.insert("delivery_states", [{**own, **columns}])
