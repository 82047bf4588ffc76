"""Which stored points a viewer may correct, share or remove, and how they are chosen for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import NotFound, PermissionRefused
from skyhub.records import Record

__all__ = ["Choice", "Sharing", "chosen_points", "editable", "objects_of"]

_OBJECTS = "SELECT DISTINCT object_id FROM @photometry WHERE {} ORDER BY object_id"
_Mask = NDArray[np.bool_]


class Choice(Record):
    """Which uploaded points are meant: those of an upload, those of an object, or single ones."""

    upload_id: int | None = Field(None, gt=0, description="Number of an upload.")
    object_id: str | None = Field(
        None, description="Object whose uploaded points are meant, those that one may change."
    )
    instrument: str | None = Field(None, description="With an object: only points of this instrument.")
    photometry_ids: list[int] | None = Field(None, max_length=100_000, description="Numbers of single points.")

    @model_validator(mode="after")
    def _one_of_three(self) -> Choice:
        if sum(given is not None for given in (self.upload_id, self.object_id, self.photometry_ids)) != 1:
            raise ValueError("say which points: one of upload_id, object_id and photometry_ids.")
        if self.instrument is not None and self.object_id is None:
            raise ValueError("an instrument is permitted with an object_id only.")
        return self

    def __str__(self) -> str:
        if self.upload_id is not None:
            return f"upload {self.upload_id}"
        if self.object_id is not None:
            return f"{self.object_id!r}" + (f" by {self.instrument}" if self.instrument else "")
        return "these numbers"


class Sharing(Choice):
    """Who shall see some points."""

    groups: list[str] = Field(description="Groups that shall see the points.")
    keep: bool = Field(False, description="Groups that see the points already go on seeing them.")


def objects_of(db: Database, viewer: Viewer, choice: Choice) -> list[str]:
    """The objects of the points that are meant, as far as the viewer may see these."""
    if choice.object_id is not None:
        return [choice.object_id]
    if choice.upload_id is not None:
        found = db.reader.query(viewer, _OBJECTS.format("upload_id = ?"), [choice.upload_id])
    else:
        sql = _OBJECTS.format("photometry_id IN (SELECT unnest(?::BIGINT[]))")
        found = db.reader.query(viewer, sql, [choice.photometry_ids])
    names: list[str] = found["object_id"].to_pylist()
    return names


def chosen_points(db: Database, viewer: Viewer, choice: Choice, points: pa.Table) -> pa.Table:
    """The points that are meant, all of which the viewer may change.

    Parameters
    ----------
    db, viewer, choice
        The database, who wants to change points, and which.
    points
        Points of `objects_of`, whoever may see them: columns ``photometry_id, instrument, owner, upload_id, acl,
        known_until``.

    Raises
    ------
    NotFound
        If there is none, or one of the numbers is none, among those that the viewer may see.
    PermissionRefused
        If the viewer may not change all of them; of an object, any of them.
    """
    shown: Any = db.access.visible(viewer)[points["acl"].to_numpy()]
    seen = points.filter(pa.array(shown)).filter(pc.field("known_until").is_null() & pc.field("owner").is_valid())
    meant = seen.filter(_condition(choice))
    missing = set(choice.photometry_ids or ()) - set(meant["photometry_id"].to_pylist())
    if missing:
        raise NotFound(
            f"there is no uploaded point {min(missing)} in force among those that you may see.", "photometry_ids"
        )
    if not len(meant):
        raise NotFound(f"there are no uploaded points of {choice} in force among those that you may see.", str(choice))
    may = editable(db, viewer, meant)
    if not (may.any() if choice.object_id is not None else may.all()):
        raise PermissionRefused(
            f"{viewer.name} may not change {int((~may).sum())} of {len(may)} points of {choice}: who uploaded them and "
            "administrators of their groups may.",
            str(choice),
        )
    return meant.filter(pa.array(may))


def _condition(choice: Choice) -> pc.Expression:
    if choice.upload_id is not None:
        return pc.field("upload_id") == choice.upload_id
    if choice.photometry_ids is not None:
        return pc.field("photometry_id").isin(choice.photometry_ids)
    if choice.instrument is not None:
        return pc.field("instrument") == choice.instrument
    return pc.scalar(True)


def editable(db: Database, viewer: Viewer, stored: pa.Table) -> _Mask:
    """Which points a viewer may correct: own ones, and those of groups that the viewer looks after; never alerts'.

    Parameters
    ----------
    db, viewer
        The database, and who wants to change points.
    stored
        Columns ``owner, acl``, shape ``(n_points,)``.
    """
    led = db.access.administered(viewer)
    owners = stored["owner"].combine_chunks().dictionary_encode()
    own = np.array([owner == viewer.name for owner in owners.dictionary.to_pylist()] + [False], dtype=bool)
    named = pc.fill_null(owners.indices, len(owners.dictionary)).to_numpy(zero_copy_only=False)
    acls, numbers = np.unique(stored["acl"].to_numpy(), return_inverse=True)
    leads = np.array([viewer.administers or bool(db.access.members(int(acl))[0] & led) for acl in acls], dtype=bool)
    uploaded = named < len(owners.dictionary)
    may: _Mask = uploaded & (own[named] | leads[numbers]) if len(stored) else uploaded
    return may
