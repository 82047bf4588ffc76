"""How far a version of a circular has come: drafted, reviewed, approved, on its way, sent.

Each step is a row of ``circular_states`` that names the version which somebody has seen; a new version begins as a draft.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Transaction, iso

__all__ = ["APPROVED", "FROZEN", "Standing", "Steps", "put_step", "standing_of", "standings"]

APPROVED = ("approved", "failed")
"""States of a version that may be sent."""
FROZEN = ("sending", "handed over", "unsure", "sent")
"""States in which it may have left the house."""

_STEPS = "SELECT * FROM @circular_states WHERE list_contains(?, circular_id) ORDER BY circular_state_id"
_STEPS_OF_ONE = "SELECT * FROM circular_states WHERE circular_id = ? ORDER BY circular_state_id"


@dataclass
class Standing:
    """How far one version has come, and who has signed it."""

    state: str = "draft"
    reviewed_by: list[str] = field(default_factory=list)
    approved_by: str | None = None
    approved_at: datetime | None = None
    despite: list[str] = field(default_factory=list)
    """Warnings that who approved it knew of."""
    way: str | None = None
    number: int | None = None
    """Of the circular at GCN."""
    attempts: int = 0
    unsure: bool = False
    """Whether it may have been sent by a try of which nothing was heard."""
    first_sent_at: datetime | None = None
    changed_at: datetime | None = None
    detail: str | None = None
    last: Mapping[str, Any] | None = None
    """The row of the newest step."""

    def take(self, row: Mapping[str, Any]) -> None:
        """Go on by a step."""
        step = row["step"]
        self.last, self.changed_at, self.detail = row, row["known_at"], row["detail"]
        if step == "reviewed":
            self.reviewed_by = [
                *self.reviewed_by,
                *([] if row["user_name"] in self.reviewed_by else [row["user_name"]]),
            ]
            self.state = "reviewed" if self.state == "draft" else self.state
        elif step == "withdrawn":
            self.state, self.reviewed_by, self.approved_by, self.approved_at, self.despite = "draft", [], None, None, []
        elif step == "approved":
            self.state, self.approved_by, self.approved_at = "approved", row["user_name"], row["known_at"]
            self.despite = list(row["despite"] or ())
        else:
            self.state = "approved" if step == "not sent" else step
            self.way, self.number = row["way"], row["number"]
            self.attempts, self.unsure = row["attempts"] or 0, bool(row["unsure"])
            self.first_sent_at = self.first_sent_at or (row["known_at"] if step == "sending" else None)

    def told(self) -> dict[str, Any]:
        """As fields of a document."""
        return {
            "state": self.state,
            "reviewed_by": self.reviewed_by,
            "approved_by": self.approved_by,
            "approved_at": self.approved_at and iso(self.approved_at),
            "way": self.way,
            "number": self.number,
            "changed_at": self.changed_at and iso(self.changed_at),
            "detail": self.detail,
        }


@dataclass
class Steps:
    """All steps of a circular."""

    rows: list[Mapping[str, Any]] = field(default_factory=list)

    def of(self, version: int) -> Standing:
        """How far a version has come."""
        stands = Standing()
        for row in self.rows:
            if row["version"] == version:
                stands.take(row)
        return stands


def standings(db: Database, numbers: Sequence[int], as_of: datetime | None = None) -> dict[int, Steps]:
    """The steps of circulars by their identifier; who may see a circular may see its steps, whomever it is shared with."""
    return _by_number(db.reader.rows(ADMINISTRATOR, _STEPS, [list(numbers)], as_of))


def standing_of(transaction: Transaction, circular_id: int, version: int) -> Standing:
    """How far a version has come by now."""
    return _by_number(transaction.rows(_STEPS_OF_ONE, [circular_id]))[circular_id].of(version)


def put_step(
    transaction: Transaction, circular: Mapping[str, Any], step: str, user: str | None, **columns: Any
) -> None:
    """Write down a step of a circular (a row of its table), and tell of it."""
    number = transaction.next_id("circular_states", "circular_state_id")
    own = {name: circular[name] for name in ("circular_id", "version", "acl", "digest")}
    transaction.insert(
        "circular_states", [{"circular_state_id": number, **own, "step": step, "user_name": user, **columns}]
    )
    transaction.touch(("circulars", circular["circular_id"]))
    transaction.touch(("circulars", (circular["name"], circular["event"])))
    told = {"action": step, "user": user, "circular_id": str(circular["circular_id"])}
    transaction.announce("circulars", {**told, "name": circular["name"], "event": circular["event"]}, circular["acl"])


def _by_number(rows: Iterable[Mapping[str, Any]]) -> dict[int, Steps]:
    found: dict[int, Steps] = defaultdict(Steps)
    for row in rows:
        found[row["circular_id"]].rows.append(row)
    return found
