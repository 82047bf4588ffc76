"""Uploading photometry: all points of a table are stored in one transaction, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.db import Database, Transaction, Viewer, append_points, json_rows, settled
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.objects import Place, ensure_objects, unseen_objects
from skyhub.photometry._identity import KEY, STORED, Verdicts, compare
from skyhub.photometry._options import UploadOptions
from skyhub.photometry._points import Points, Problem, points_of
from skyhub.photometry._sharing import announce_points
from skyhub.photometry._statistics import Standing, add_up, add_up_again, read_standing, require_same_points
from skyhub.photometry._twins import Unshared, share_twins, unshared_twins
from skyhub.records import chosen_groups, groups_about

__all__ = ["Uploaded", "upload_photometry"]

_MOST_POINTS = 1_000_000
_SHOWN_ROWS = 500
_MOST_LISTED = 1000
_MOST_TOLD = 3


@dataclass
class Uploaded:
    """What became of the rows of an upload: each is stored, revised, a duplicate or rejected."""

    read: int = 0
    stored: int = 0
    """New points."""
    revised: int = 0
    """Points that supersede an earlier reduction of the same measurement."""
    duplicates: int = 0
    """Points that are there already."""
    shared: int = 0
    """Of these, how many more of the upload's groups see now: with the option ``share_duplicates``."""
    unshared: int = 0
    """Of these, how many some of the groups that were named do not see."""
    objects: int = 0
    """Objects that the points are of."""
    object_ids: list[str] = field(default_factory=list)
    """Their names."""
    new_objects: list[str] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    """``{file, record, reason}`` of rows that were left out."""
    upload_id: str | None = None
    dry_run: bool = False
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Of a dry run: the first points as they would be stored."""


@dataclass(frozen=True)
class _Plan:
    """What is to be written, if nothing changes meanwhile."""

    commit: int
    rows: pa.Table
    """New points and new reductions, without acl."""
    verdicts: Verdicts
    standing: Standing | None
    """Of objects with a correction."""
    unshared: Unshared


def upload_photometry(db: Database, viewer: Viewer, table: pa.Table, options: UploadOptions) -> Uploaded:
    """Store the points of a table.

    Parameters
    ----------
    db, viewer
        The database, and who uploads.
    table
        One row a point, with the columns of the field by any of their names.
    options
        What holds for rows that do not say, whose the points are, who shall see them.

    Raises
    ------
    InvalidInput
        If a row cannot be used (naming the first ones) and the options do not say to leave such rows out.
    NotFound
        If an object cannot be seen and has no position with which to make it.
    PermissionRefused
        If the viewer may not upload, or not for these groups or streams.
    """
    viewer.require("upload")
    if len(table) > _MOST_POINTS:
        raise InvalidInput(f"{len(table)} points were given: {_MOST_POINTS} at a time are permitted.", "rows")
    points = points_of(table, options)
    rejected = _rejected(points.problems, options)
    chosen, streams = chosen_groups(db, viewer, options.groups), _streams(db, viewer, options.streams)
    wanted = None if options.groups is None else chosen
    if options.share_duplicates and wanted is None:
        raise InvalidInput("share_duplicates says that groups shall see duplicates: name the groups.", "groups")
    places = _places(points, options)
    result = Uploaded(
        points.n_read, objects=len(places), object_ids=list(places), dry_run=options.dry_run, rejected=rejected
    )
    if options.dry_run:
        result.new_objects = _makeable(unseen_objects(db, viewer, places), places)
        _account(result, plan := _plan(db, viewer, points, list(places), wanted), points, options)
        result.rows = _shown(points, plan)
        return result
    result.new_objects = ensure_objects(db, viewer, places, options.groups)
    groups = groups_about(db, viewer, places) if wanted is None else dict.fromkeys(places, wanted)
    plan, upload_id = settled(
        lambda: _submit(db, viewer, _plan(db, viewer, points, list(places), wanted), groups, streams)
    )
    _account(result, plan, points, options)
    if result.shared:
        share_twins(db, viewer, sorted(set(plan.unshared.mine.values())), chosen)
    result.upload_id = str(upload_id) if upload_id else None
    return result


def _submit(
    db: Database, viewer: Viewer, plan: _Plan, groups: Mapping[str, Sequence[int]], streams: Sequence[int]
) -> Future[tuple[_Plan, int]]:
    return db.writer.submit(lambda transaction: (plan, _write(db, viewer, transaction, plan, groups, streams)))


def _rejected(problems: Sequence[Problem], options: UploadOptions) -> list[dict[str, Any]]:
    """The rows that are left out, if the options allow that."""
    kept_back = {"filter"} if options.skip_unknown_filters else set()
    kept_back |= {"filter", "invalid"} if options.skip_invalid else set()
    fatal = [problem for problem in problems if problem.kind not in kept_back]
    if fatal:
        told = "; ".join(f"{_place(problem, options)}: {problem.reason}" for problem in fatal[:_MOST_TOLD])
        more = f" (and {len(fatal) - _MOST_TOLD} more rows cannot be used)" if len(fatal) > _MOST_TOLD else ""
        raise InvalidInput(f"{told}{more}. Nothing was stored.", f"row {fatal[0].record}")
    return [{"file": options.file, "record": p.record, "reason": p.reason} for p in problems[:_MOST_LISTED]]


def _place(problem: Problem, options: UploadOptions) -> str:
    line = "" if options.first_line is None else f" (line {options.first_line + problem.record - 1})"
    return f"row {problem.record}{line}"


def _streams(db: Database, viewer: Viewer, names: Sequence[str]) -> list[int]:
    numbers = {name: db.access.streams.get(name) for name in names}
    for name, number in numbers.items():
        if number is None or not (viewer.administers or number in db.access.entitled(viewer)):
            raise PermissionRefused(f"{viewer.name} is not entitled to the stream {name!r}: leave it out.", "streams")
    return [number for number in numbers.values() if number is not None]


def _places(points: Points, options: UploadOptions) -> dict[str, Place]:
    """The objects, each with the position of its first point that has one, or the one that was said."""
    names = points.columns["object_id"]
    ra, dec = points.columns["ra"], points.columns["dec"]
    places: dict[str, Place] = {name: Place(options.ra, options.dec) for name in dict.fromkeys(names.tolist())}
    known = np.flatnonzero(~np.isnan(ra))
    _, first = np.unique(names[known].astype(str), return_index=True)
    for at in known[first]:
        places[names[at]] = Place(float(ra[at]), float(dec[at]))
    return places


def _makeable(names: list[str], places: dict[str, Place]) -> list[str]:
    for name in names:
        if places[name].ra is None:
            raise NotFound(
                f"there is no object {name!r} among those that you may see: give ra and dec to make it.", name
            )
    return names


def _plan(db: Database, viewer: Viewer, points: Points, object_ids: list[str], groups: Sequence[int] | None) -> _Plan:
    commit = db.writer.commits
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in points.columns.items()})
    table = table.append_column("record", pa.array(points.record))
    stored = db.reader.points(viewer, object_ids, STORED)
    compared = table.select([*KEY, "flux", "fluxerr", "limiting_mag"])
    verdicts = compare(db, viewer, compared, stored)
    rows = table.take(pa.array(verdicts.place))
    rows = rows.append_column("version", pa.array(verdicts.version, pa.int16()))
    rows = rows.append_column("repeat", pa.array(verdicts.repeat, pa.int16()))
    corrected = pc.unique(rows["object_id"].filter(pa.array(verdicts.revises > 0))).to_pylist()
    standing = read_standing(db, corrected) if corrected else None
    unshared = Unshared({}, 0) if groups is None else unshared_twins(db, viewer, compared, stored, groups)
    return _Plan(commit, rows, verdicts, standing, unshared)


def _account(result: Uploaded, plan: _Plan, points: Points, options: UploadOptions) -> None:
    result.revised = int((plan.verdicts.revises > 0).sum())
    result.stored = len(plan.rows) - result.revised
    result.duplicates = len(points) - len(plan.rows)
    result.shared = len(plan.unshared.mine) if options.share_duplicates else 0
    result.unshared = plan.unshared.others + len(plan.unshared.mine) - result.shared


def _shown(points: Points, plan: _Plan) -> list[dict[str, Any]]:
    actions = pa.array(np.where(plan.verdicts.revises > 0, "revised", "stored").astype(object), pa.string())
    return json_rows(plan.rows.append_column("action", actions).slice(0, _SHOWN_ROWS).to_pylist())


def _write(
    db: Database,
    viewer: Viewer,
    transaction: Transaction,
    plan: _Plan,
    groups: Mapping[str, Sequence[int]],
    streams: Sequence[int],
) -> int:
    """The number of the upload, 0 if there is nothing to write; the groups are those that shall see an object's points."""
    names = pc.unique(plan.rows["object_id"]).to_pylist()
    require_same_points(transaction, names, plan.commit)
    if not len(plan.rows):
        return 0
    acls = {name: transaction.acl(groups[name], streams) for name in names}
    upload_id = transaction.next_id("photometry", "upload_id")
    rows = _stamped(plan.rows.drop_columns("record"), viewer, upload_id, acls)
    append_points(transaction, rows)
    _correct(db, transaction, plan, rows)
    announce_points(transaction, viewer.name, "added", rows)
    return upload_id


def _stamped(rows: pa.Table, viewer: Viewer, upload_id: int, acls: Mapping[str, int]) -> pa.Table:
    for name, value, kind in (("owner", viewer.name, pa.string()), ("upload_id", upload_id, pa.int64())):
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, kind), len(rows)))
    objects = rows["object_id"].combine_chunks().dictionary_encode()
    each = pa.array([acls[name] for name in objects.dictionary.to_pylist()], pa.int32())
    return rows.append_column("acl", each.take(objects.indices))


def _correct(db: Database, transaction: Transaction, plan: _Plan, rows: pa.Table) -> None:
    """Take the points into the statistics; those that have another reduction now are superseded."""
    if plan.standing is None:
        add_up(transaction, rows)
        return
    revised: NDArray[np.int64] = plan.verdicts.revises[plan.verdicts.revises > 0]
    db.photometry.supersede(transaction, revised.tolist())
    theirs = pc.is_in(rows["object_id"], pc.unique(plan.standing.points["object_id"]))
    add_up(transaction, rows.filter(pc.invert(theirs)))
    add_up_again(transaction, plan.standing, revised.tolist(), rows.filter(theirs))
