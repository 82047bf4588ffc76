"""What a scanner does and asks beside deciding: the surroundings of a candidate, comments, classes, groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyhub.client import Sky

__all__ = ["SkyDesk"]

_SHOWN = (
    "annotations", "classification", "classifications", "redshift", "tags", "lists", "saved", "duplicates", "aliases",
    "n_comments",
)  # fmt: skip
_NEWEST_COMMENTS = 5


class SkyDesk:
    """The scanner's desk at a connection.

    Parameters
    ----------
    sky
        The viewer's connection.
    """

    def __init__(self, sky: Sky) -> None:
        self._sky = sky
        self._distributions: dict[str, list[dict[str, Any]]] = {}

    def details(self, candidate_id: str, object_id: str, dayobs: str) -> dict[str, Any]:
        """What surrounds a candidate: ``about`` its object, ``comments``, ``centroid``, ``why`` it is here, ``distributions``."""
        candidates, record = self._sky.candidates, self._sky.source(object_id)
        if dayobs not in self._distributions:
            self._distributions[dayobs] = candidates.distributions(dayobs)
        return {
            "about": {name: record[name] for name in _SHOWN if name in record},
            "comments": self._sky.comments.rows(object_id=object_id, limit=_NEWEST_COMMENTS),
            "centroid": candidates.centroid(candidate_id),
            "why": candidates.explain(candidate_id)["passed"],
            "distributions": self._distributions[dayobs],
        }

    def image(self, object_id: str) -> dict[str, Any]:
        """Its surroundings in a deep survey: ``survey, width_arcsec, image`` (a data URL) and ``why`` there is none."""
        return self._sky.survey_image(object_id)

    def forget(self) -> None:
        """New candidates have come: distributions are asked for anew."""
        self._distributions.clear()

    def classes(self) -> list[str]:
        """Names of the classes that an object may be given."""
        return [str(row["classification"]) for row in self._sky.taxonomies.classes().to_rows()]

    def comment(self, object_id: str, text: str) -> str:
        """Write a comment; says what was done."""
        self._sky.comments.add(object_id=object_id, text=text)
        return f"Commented on {object_id}."

    def classify(self, object_id: str, classification: str, probability: float | None = None) -> str:
        """Give an object a class; says what was done."""
        made = self._sky.classifications.add(
            object_id=object_id, classification=classification, probability=probability
        )
        return f"{object_id} is classified as {made['classification']}."

    def keep(self, object_id: str, groups: Sequence[str], others: Sequence[str]) -> str:
        """Make an object a source of some groups, and of others no more; says what was done."""
        added = self._sky.sources.save(object_id, groups)["changed"] if groups else []
        removed = self._sky.sources.unsave(object_id, others)["changed"] if others else []
        parts = [f"saved for {', '.join(added)}"] * bool(added) + [f"taken off {', '.join(removed)}"] * bool(removed)
        return f"{object_id}: {'; '.join(parts) or 'its groups are as they were'}."
