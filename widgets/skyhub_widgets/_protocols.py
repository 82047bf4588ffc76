"""What the scanner needs of the world: a source of candidates. ``skyhub.client`` provides the real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypedDict, runtime_checkable

__all__ = ["CandidateSource", "Card", "Event", "QueueEntry", "QueuePage", "ScanDesk", "Verdict"]

Verdict = Literal["save", "reject", "undo"]
Card = dict[str, Any]
"""All that is shown of one candidate, as ``api/candidates/cards`` answers."""
Event = Mapping[str, Any]
"""A live event: ``kind``, ``candidate_id``, ``object_id``, ``user``, ``verdict``, ``groups``, ``decided_at``."""


class QueueEntry(TypedDict, total=False):
    """One candidate in the queue."""

    candidate_id: str
    object_id: str
    candid: str | None
    ra: float
    dec: float
    mjd: float
    mag: float | None
    filter: str | None
    rb: float | None
    drb: float | None
    n_detections: int
    filters: list[str]
    groups: list[str]
    mine: Literal["save", "reject"] | None
    saved: bool


class QueuePage(TypedDict, total=False):
    """A page of the queue."""

    candidates: list[QueueEntry]
    cursor: str | None
    """Goes back as ``cursor=`` for the next page; None at the end."""
    total: int | None
    """Length of the whole queue, where it is known."""


@runtime_checkable
class CandidateSource(Protocol):
    """Where candidates come from and decisions go to. All methods may block; they are called from worker threads."""

    def queue(self, **selection: Any) -> QueuePage:
        """One page of the queue; ``selection`` holds the criteria, and ``cursor`` for a further page."""

    def cards(self, ids: list[str]) -> list[Card]:
        """The cards of these candidates; those that the user may not see are left out."""

    def decide(
        self, key: str, candidate_id: str, verdict: Verdict, groups: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Store a decision once per ``key``; returns ``{"decision": …, "duplicate": bool}``."""

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back, from another thread, with each live event; returns what ends the subscription."""


class ScanDesk(Protocol):
    """What a scanner does and asks beside deciding; called from worker threads, and says in words what was done."""

    def details(self, candidate_id: str, object_id: str, dayobs: str) -> dict[str, Any]:
        """What surrounds a candidate: ``about``, ``comments``, ``centroid``, ``why``, ``distributions``."""

    def image(self, object_id: str) -> dict[str, Any]:
        """Its surroundings in a deep survey: ``survey, width_arcsec, image`` (a data URL) and ``why`` there is none."""

    def forget(self) -> None:
        """New candidates have come: what was kept of the night is asked for anew."""

    def classes(self) -> list[str]:
        """Names of the classes that an object may be given."""

    def comment(self, object_id: str, text: str) -> str:
        """Write a comment."""

    def classify(self, object_id: str, classification: str, probability: float | None = None) -> str:
        """Give an object a class."""

    def keep(self, object_id: str, groups: Sequence[str], others: Sequence[str]) -> str:
        """Make an object a source of some groups, and of others no more."""
