"""Objects that people name: known ones are found, new ones need a position and are shared with groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from skyhub.db import Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound
from skyhub.records import chosen_groups
from skyhub.science.coordinates import hpx_index

__all__ = ["Place", "ensure_object", "ensure_objects", "unseen_objects"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .+_:*()-]{0,62}[A-Za-z0-9.+_*)-]|[A-Za-z0-9]")
_TRIALS = 20
_UPLOADED = "uploaded"
"""What stands for the survey of an object that somebody named."""


class Place(NamedTuple):
    """A position (ICRS, deg); None where it is not known."""

    ra: float | None = None
    dec: float | None = None


def unseen_objects(db: Database, viewer: Viewer, object_ids: Iterable[str]) -> list[str]:
    """Those of some objects that are not among what the viewer may see, in order."""
    wanted = sorted(set(object_ids))
    rows = db.reader.rows(
        viewer, "SELECT DISTINCT object_id FROM @objects WHERE object_id IN (SELECT unnest(?))", [wanted]
    )
    seen = {row["object_id"] for row in rows}
    return [name for name in wanted if name not in seen]


def ensure_object(
    db: Database,
    viewer: Viewer,
    object_id: str,
    ra: float | None = None,
    dec: float | None = None,
    groups: Sequence[str] | None = None,
) -> bool:
    """Make sure that the viewer can see an object; whether it was new (see `ensure_objects`)."""
    return bool(ensure_objects(db, viewer, {object_id: Place(ra, dec)}, groups))


def ensure_objects(
    db: Database, viewer: Viewer, places: Mapping[str, Place], groups: Sequence[str] | None = None
) -> list[str]:
    """Make sure that the viewer can see objects: those that are not among what he may see are made.

    Parameters
    ----------
    db, viewer
        The database, and who names the objects.
    places
        Positions (ICRS, deg) by name; an object that can be seen needs none, and keeps its own.
    groups
        Who shall see the new ones: some of the viewer's groups (all of them by default), or ``public``.

    Returns
    -------
    list of str
        Names of the new ones.

    Raises
    ------
    NotFound
        If one cannot be seen and has no position.
    InvalidInput
        If a new one has a name or a position that cannot be.
    PermissionRefused
        If the viewer may not upload, or not for one of the groups.
    """
    viewer.require("upload")
    for _ in range(_TRIALS):
        commit = db.writer.commits
        new = unseen_objects(db, viewer, places)
        if not new:
            return []
        positions = [_checked(name, places[name]) for name in new]
        numbers = chosen_groups(db, viewer, groups)
        if db.writer.write(lambda t: _write(t, viewer, new, positions, numbers, commit)):  # noqa: B023
            return new
    raise Conflict("others add the same objects all the time: try again in a moment.", "object_id")


def _write(
    transaction: Transaction,
    viewer: Viewer,
    names: Sequence[str],
    positions: Sequence[tuple[float, float]],
    groups: Sequence[int],
    commit: int,
) -> bool:
    """Whether the objects were written: not if somebody may have added one of them since a commit."""
    if any(transaction.touched_since(("objects", name), commit) for name in names):
        return False
    acl = transaction.acl(groups)
    pixels = hpx_index([ra for ra, _ in positions], [dec for _, dec in positions])
    rows = [
        {"object_id": name, "survey": _UPLOADED, "ra": ra, "dec": dec, "hpx": int(hpx), "acl": acl}
        for name, (ra, dec), hpx in zip(names, positions, pixels, strict=True)
    ]
    transaction.insert("objects", rows)
    for name in names:
        transaction.touch(("objects", name))
        transaction.announce("objects", {"action": "added", "user": viewer.name, "object_id": name}, acl)
    return True


def _checked(name: str, place: Place) -> tuple[float, float]:
    ra, dec = place
    if ra is None or dec is None:
        raise NotFound(
            f"there is no object {name!r} among those that you may see: give ra and dec (deg) to make it.", name
        )
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is no name of an object: 1 to 64 letters, digits, spaces and .+-_:*() are permitted.",
            "object_id",
        )
    for label, value, low, high in (("ra", ra, 0, 360), ("dec", dec, -90, 90)):
        if not low <= value <= high:
            raise InvalidInput(f"{label} of {name} is {value}: {low} to {high} deg are permitted.", label)
    return float(ra) % 360, float(dec)
