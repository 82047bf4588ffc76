"""Classifications: what class an object has, by whom, how probable, and what others think of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, field_validator

from skyhub.classification._taxonomies import SHIPPED, taxonomy_tree
from skyhub.classification._tree import Tree
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.records import Kind, Record, Subject, add, current_row, remove

__all__ = [
    "CLASSIFICATIONS",
    "CLASSIFICATION_VOTES",
    "Classification",
    "Vote",
    "classify",
    "most_probable",
    "vote",
]

_EXCESS = 1e-6


class Classification(Record):
    """A class that somebody or some program gives to an object."""

    object_id: str = Field(description="The object")
    classification: str = Field(
        min_length=1, max_length=200, description="A class of the taxonomy, by any of its names"
    )
    taxonomy: str = Field(SHIPPED, description="Name of the taxonomy")
    edition: str | None = Field(None, description="Edition of the taxonomy; the latest by default")
    probability: float | None = Field(None, ge=0, le=1, description="From 0 to 1, if one is known")
    ml: bool = Field(False, description="Whether a machine says it")
    origin: str | None = Field(
        None, min_length=1, max_length=200, description="The program, spectrum or paper it is from"
    )
    path: list[str] = Field([], description="The class's place, from the root; found by the platform")


class Vote(Record):
    """What somebody thinks of a classification."""

    classification_id: int = Field(ge=1, description="The classification")
    vote: int = Field(ge=-1, le=1, description="1 for it, -1 against it")
    voter: str | None = Field(None, description="Who votes; set by the platform")
    object_id: str | None = Field(None, description="The object; set by the platform")

    @field_validator("vote")
    @classmethod
    def _for_or_against(cls, value: int) -> int:
        if value == 0:
            raise ValueError("1 (for) and -1 (against) are permitted")
        return value


def prepare_classifications(db: Database, viewer: Viewer, given: Sequence[Classification]) -> list[Classification]:
    """Classifications as they are stored: with the proper name of the class, its place and its edition."""
    trees: dict[tuple[str, str | None], tuple[str, Tree]] = {}
    prepared = []
    for record in given:
        key = (record.taxonomy, record.edition)
        if key not in trees:
            trees[key] = taxonomy_tree(db, viewer, *key)
        edition, tree = trees[key]
        taxon = tree.find(record.classification)
        prepared.append(
            record.model_copy(update={"classification": taxon.name, "path": list(taxon.path), "edition": edition})
        )
    return prepared


def present_classifications(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Classifications as they are read: with the votes for and against, and the viewer's own."""
    rows = db.reader.rows(
        viewer,
        "SELECT classification_id, count(*) FILTER (vote > 0) AS votes_for, count(*) FILTER (vote < 0) AS votes_against, "
        "max(vote) FILTER (voter = ?) AS my_vote "
        "FROM @classification_votes WHERE classification_id IN (SELECT unnest(?)) GROUP BY classification_id",
        [viewer.name, [int(d["classification_id"]) for d in documents]],
        as_of,
    )
    counted = {str(row.pop("classification_id")): row for row in rows}
    none = {"votes_for": 0, "votes_against": 0, "my_vote": None}
    return [{**document, **counted.get(document["classification_id"], none)} for document in documents]


def prepare_votes(db: Database, viewer: Viewer, votes: Sequence[Vote]) -> list[Vote]:
    """Votes as they are stored: each voter's own, on what the voter may see."""
    for given in votes:
        if given.voter not in (None, viewer.name):
            raise PermissionRefused(f"{viewer.name} may not vote for {given.voter}.", "voter")
    rows = [current_row(db, viewer, CLASSIFICATIONS, given.classification_id) for given in votes]
    return [
        given.model_copy(update={"voter": viewer.name, "object_id": row["object_id"]})
        for given, row in zip(votes, rows, strict=True)
    ]


CLASSIFICATIONS = Kind(
    "classifications",
    "classification",
    Classification,
    announced=("classification", "probability", "ml"),
    prepare=prepare_classifications,
    instant=lambda fields: True,  # the trees are in memory
    present=present_classifications,
)
CLASSIFICATION_VOTES = Kind(
    "classification_votes",
    "vote",
    Vote,
    key=("classification_id", "voter"),
    announced=("classification_id", "vote"),
    about=lambda vote: Subject("classifications", vote.classification_id),
    prepare=prepare_votes,
)


def vote(db: Database, viewer: Viewer, classification_id: int, value: int) -> dict[str, Any]:
    """Vote for (1) or against (-1) a classification, or take one's vote back (0); one vote counts per person."""
    viewer.require(CLASSIFICATION_VOTES.scope)
    row = current_row(db, viewer, CLASSIFICATIONS, classification_id)
    if value == 0:
        mine = db.reader.rows(
            viewer,
            "SELECT vote_id FROM @classification_votes WHERE classification_id = ? AND voter = ?",
            [classification_id, viewer.name],
        )
        for vote_row in mine:
            remove(db, viewer, CLASSIFICATION_VOTES, vote_row["vote_id"])
    else:
        ballot = {"classification_id": classification_id, "vote": value}
        add(db, viewer, CLASSIFICATION_VOTES, [ballot], revise=True)
    counted = present_classifications(db, viewer, [CLASSIFICATIONS.document(db, viewer, row)], None)
    return counted[0]


def classify(
    db: Database,
    viewer: Viewer,
    object_id: str,
    probabilities: Mapping[str, float],
    groups: Sequence[str] | None = None,
    *,
    normalise: bool = False,
    **common: Any,
) -> dict[str, Any]:
    """Give an object several classes with their probabilities at once.

    Parameters
    ----------
    db, viewer, object_id
        The database, who classifies, and what.
    probabilities
        By class.
    groups
        Who shall see them.
    normalise
        Whether those of the classes below one parent are scaled so that their sum is 1; else a sum above 1 is refused.
    **common
        Further fields: ``taxonomy, edition, ml, origin``.

    Raises
    ------
    InvalidInput
        If a class is not known, or the probabilities at one level cannot be.
    """
    records = [
        {"object_id": object_id, "classification": name, "probability": p, **common}
        for name, p in probabilities.items()
    ]
    tree = taxonomy_tree(db, viewer, common.get("taxonomy") or SHIPPED, common.get("edition"))[1]
    levels: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for record in records:
        levels.setdefault(tree.find(record["classification"]).path[:-1], []).append(record)
    for parent, level in levels.items():
        _balance(parent, level, normalise)
    return add(db, viewer, CLASSIFICATIONS, records, groups)


def most_probable(classifications: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Which of an object's classifications (as they are read) stands for it.

    Those that more people vote against than for do not count. The highest probability wins, and one of a person without
    a probability counts as certain; of equal ones the deepest in its tree, then the newest.
    """
    standing = [c for c in classifications if c["votes_against"] <= c["votes_for"]]
    return max(standing, key=lambda c: (_weight(c), len(c["path"]), int(c["classification_id"])), default=None)


def _weight(classification: Mapping[str, Any]) -> float:
    if classification["probability"] is None:
        return 0.0 if classification["ml"] else 1.0
    return float(classification["probability"])


def _balance(parent: tuple[str, ...], level: list[dict[str, Any]], normalise: bool) -> None:
    total = sum(record["probability"] for record in level)
    where = parent[-1] if parent else "the root"
    if normalise:
        if not total > 0 or any(record["probability"] < 0 for record in level):
            raise InvalidInput(
                f"the probabilities below {where} sum to {total}: more than 0 is permitted.", "probability"
            )
        for record in level:
            record["probability"] /= total
    elif total > 1 + _EXCESS:
        raise InvalidInput(
            f"the probabilities below {where} sum to {total:.4g}: up to 1 is permitted, or set normalise.",
            "probability",
        )
