"""The scan queue as the views get it: columns of equal length, and where each candidate stands in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from skyhub_widgets._protocols import QueueEntry

__all__ = ["ScanQueue", "verdict_for"]

COLUMNS = {
    "ids": "candidate_id", "object_ids": "object_id", "mag": "mag", "filter": "filter", "drb": "drb", "mine": "mine",
    "saved": "saved",
}  # fmt: skip


def verdict_for(groups: Collection[str], user: str, decisions: Sequence[Mapping[str, Any]]) -> str | None:
    """A scanner's newest verdict for some groups, among decisions in force, oldest first."""
    mine = [d["verdict"] for d in decisions if d["user"] == user and set(groups).intersection(d["groups"])]
    return mine[-1] if mine else None


class ScanQueue:
    """Candidates in order.

    Attributes
    ----------
    columns
        Lists by name: ids, object_ids, mag, filter, drb, mine, saved.
    """

    def __init__(self, entries: Sequence[QueueEntry] = ()) -> None:
        self.columns: dict[str, list[Any]] = {
            name: [entry.get(key) for entry in entries] for name, key in COLUMNS.items()
        }
        self._places = {candidate_id: place for place, candidate_id in enumerate(self.columns["ids"])}
        self._own_ids: dict[str, str] = dict(zip(self.columns["object_ids"], self.columns["ids"], strict=True))

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, candidate_id: str) -> bool:
        return candidate_id in self._places

    def followed_by(self, entries: Sequence[QueueEntry]) -> ScanQueue:
        """This queue and a further page of it, without objects that are here already: an alert may have come meanwhile."""
        longer, page = ScanQueue(), ScanQueue([e for e in entries if e["object_id"] not in self._own_ids])
        longer.columns = {name: self.columns[name] + page.columns[name] for name in COLUMNS}
        longer._places = self._places | {name: len(self) + place for name, place in page._places.items()}
        longer._own_ids = self._own_ids | page._own_ids
        return longer

    def ids_from(self, candidate_id: str, count: int) -> list[str]:
        """The candidate and those after it; without it, from the first undecided one."""
        first = next((place for place, verdict in enumerate(self.columns["mine"]) if not verdict), 0)
        start = self._places.get(candidate_id, first)
        return self.columns["ids"][start : start + count]

    def own_id(self, object_id: str, candidate_id: str) -> str:
        """The candidate that stands for an object here.

        Another scanner's filters may have let another alert of the object through, under a number of its own.
        """
        return self._own_ids.get(object_id, candidate_id)

    def note(self, candidate_id: str, verdict: str | None) -> None:
        """Enter the viewer's decision, in place: views know it already, only one made later reads it here."""
        place = self._places.get(candidate_id)
        if place is not None:
            self.columns["mine"][place] = None if verdict == "undo" else verdict
