"""Taxonomies: trees of classes, in editions. Classifications name a class of one of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import Field, computed_field, field_validator

from skyhub.classification._files import read_shipped
from skyhub.classification._tree import Tree
from skyhub.db import ADMINISTRATOR, Database, Known, Viewer
from skyhub.errors import InvalidInput
from skyhub.records import Kind, Record, add, edit

__all__ = ["SHIPPED", "TAXONOMIES", "Taxonomy", "TreeShelf", "class_names", "ensure_shipped", "taxonomy_tree"]

SHIPPED = "skyhub"
"""Name of the platform's own taxonomy."""

_NAMES = "SELECT taxonomy_id, version, name, edition, acl FROM @taxonomies ORDER BY taxonomy_id DESC"
_SKYHUB = Viewer("skyhub", scopes=ADMINISTRATOR.scopes)


class Taxonomy(Record):
    """A tree of classes."""

    name: str = Field(min_length=1, max_length=100, description="Its name")
    edition: str = Field(
        min_length=1, max_length=50, description="Its version; the newest one that was added is the latest"
    )
    hierarchy: dict[str, Any] = Field(
        description="Nodes with 'class' and perhaps 'other names', 'subclasses', 'tags', 'links', 'comments'"
    )
    provenance: str | None = Field(None, max_length=1000, description="Where it is from")

    @field_validator("hierarchy")
    @classmethod
    def _a_tree(cls, hierarchy: dict[str, Any]) -> dict[str, Any]:
        try:
            return Tree(hierarchy).hierarchy
        except InvalidInput as error:
            raise ValueError(error.message) from error

    @computed_field  # type: ignore[prop-decorator]
    @property
    def n_classes(self) -> int:
        """How many classes it has."""
        return len(Tree(self.hierarchy).taxa)


def present_taxonomies(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Taxonomies as they are read: each says whether it is the latest of its name."""
    rows = db.reader.rows(viewer, "SELECT max(taxonomy_id) AS latest FROM @taxonomies GROUP BY name", (), as_of)
    latest = {str(row["latest"]) for row in rows}
    return [{**document, "is_latest": document["taxonomy_id"] in latest} for document in documents]


TAXONOMIES = Kind(
    "taxonomies",
    "taxonomy",
    Taxonomy,
    scope="upload",
    key=("name", "edition"),
    announced=("name", "edition"),
    present=present_taxonomies,
)


class TreeShelf:
    """The taxonomies with their trees, in memory for as long as none is added or changed.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._trees: dict[tuple[int, int], Tree] = {}
        self._known: Known[list[dict[str, Any]]] | None = None

    def taxonomies(self, viewer: Viewer, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """``taxonomy_id, version, name, edition`` of those that a viewer may see, newest first."""
        if as_of is not None:
            return self._db.reader.rows(viewer, _NAMES, (), as_of)
        known = self._known
        if known is None or self._db.writer.touched_since((TAXONOMIES.table,), known.commit):
            commit = self._db.writer.commits
            known = self._known = Known(commit, self._db.reader.rows(ADMINISTRATOR, _NAMES))
        mask = self._db.access.visible(viewer)
        return [row for row in known.value if mask[row["acl"]]]

    def tree(self, taxonomy_id: int, version: int) -> Tree:
        """The tree of a version of a taxonomy that the caller may see."""
        key = (taxonomy_id, version)
        if key not in self._trees:
            [row] = self._db.reader.rows(
                ADMINISTRATOR, "SELECT hierarchy FROM @taxonomies* WHERE taxonomy_id = ? AND version = ?", key
            )
            self._trees[key] = Tree(json.loads(row["hierarchy"]))
        return self._trees[key]


def taxonomy_tree(
    db: Database, viewer: Viewer, name: str, edition: str | None = None, as_of: datetime | None = None
) -> tuple[str, Tree]:
    """The edition and the tree of a taxonomy: of the edition named, or the latest (that was known at a time).

    Raises
    ------
    InvalidInput
        If the viewer may see none of this name and edition.
    """
    shelf = db.part(TreeShelf)
    rows = shelf.taxonomies(viewer, as_of)
    for row in rows:
        if row["name"] == name and edition in (None, row["edition"]):
            return row["edition"], shelf.tree(row["taxonomy_id"], row["version"])
    permitted = ", ".join(sorted({f"{row['name']} ({row['edition']})" for row in rows})) or "none yet"
    wanted = name if edition is None else f"{name} ({edition})"
    raise InvalidInput(f"there is no taxonomy {wanted}: {permitted} are permitted.", "taxonomy")


def class_names(db: Database, viewer: Viewer, names: Sequence[str]) -> list[str]:
    """Classes in lower case: as they were named, and by the proper names that they have in the platform's taxonomy."""
    _, tree = taxonomy_tree(db, viewer, SHIPPED)
    wanted = {name.lower() for name in names}
    for name in names:
        with suppress(InvalidInput):  # a class of another taxonomy, by the name that it has there
            wanted.add(tree.find(name).name.lower())
    return sorted(wanted)


def ensure_shipped(db: Database) -> None:
    """Make sure that the platform's own taxonomy is there, in this release's edition, for everybody to see."""
    shipped = _shipped()
    rows: Sequence[dict[str, Any]] = db.reader.rows(
        _SKYHUB,
        "SELECT taxonomy_id, hierarchy FROM @taxonomies WHERE name = ? AND edition = ?",
        [shipped["name"], shipped["edition"]],
    )
    if not rows:
        add(db, _SKYHUB, TAXONOMIES, [shipped], ["public"])
    elif json.loads(rows[0]["hierarchy"]) != shipped["hierarchy"]:
        edit(db, _SKYHUB, TAXONOMIES, rows[0]["taxonomy_id"], {"hierarchy": shipped["hierarchy"]})


@cache
def _shipped() -> dict[str, Any]:
    shipped = read_shipped()
    return {**shipped, "hierarchy": Tree(shipped["hierarchy"]).hierarchy}
