"""Bringing circulars in: each is read whole with its numbers, or refused with the reason; a new text is a new version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from typing import Any

from skyhub.circulars import Circular, names_in, read_circular, read_numbers
from skyhub.db import PUBLIC, Database, Stale, Transaction, Viewer, already, naive_utc, settled
from skyhub.errors import InvalidInput

__all__ = ["StoredCirculars", "store_circulars"]

_KEY = ("published_circulars",)
_MOST_AT_ONCE = 1000
_LONGEST_NAME = 500
_MOST_ANNOUNCED = 20
_THERE = (
    "SELECT published_circular_id, number, version, checksum FROM @published_circulars WHERE list_contains(?, number)"
)
_KINDS = {"positions": "position", "redshifts": "redshift", "magnitudes": "magnitude"}
_COLUMNS = {"ra_deg": "ra", "dec_deg": "dec"}


@dataclass(frozen=True)
class StoredCirculars:
    """What became of circulars: each is stored, a duplicate or rejected."""

    read: int
    stored: int
    """New ones, and new versions."""
    revised: int
    """Of these, how many were there with another text."""
    duplicates: int
    rejected: list[dict[str, Any]] = field(default_factory=list)
    """``{file, record, reason}``."""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class _Read:
    """A circular with what was read in it."""

    circular: Circular
    file: str
    checksum: str
    names: list[str]
    subject_names: list[str]
    readings: list[dict[str, Any]]


def store_circulars(db: Database, viewer: Viewer, files: Sequence[tuple[str, bytes]]) -> StoredCirculars:
    """Store circulars that were published, for everybody, with the numbers that are read in them.

    Parameters
    ----------
    db, viewer
        The database, and who brings them.
    files
        At most 1000: where each is from, and its bytes, JSON as GCN serves it or text with headers.

    Raises
    ------
    InvalidInput
        If none or too many are given; one that is no circular is listed as rejected.
    PermissionRefused
        If the viewer may not bring in what everybody sees.
    """
    viewer.require("ingest")
    if not 1 <= len(files) <= _MOST_AT_ONCE:
        raise InvalidInput(
            f"{len(files)} circulars were given: 1 to {_MOST_AT_ONCE} at a time are permitted.", "circulars"
        )
    found: list[_Read] = []
    rejected: list[dict[str, Any]] = []
    for file, content in files:
        try:
            found.append(_read(content, file))
        except InvalidInput as error:
            rejected.append({"file": file, "record": None, "reason": error.message})

    def attempt() -> Future[StoredCirculars]:
        commit = db.writer.commits
        new, revised = _compare(db, viewer, found)
        done = StoredCirculars(len(files), len(new), revised, len(found) - len(new), rejected)
        if not new:
            return already(done)

        def write(transaction: Transaction) -> StoredCirculars:
            if transaction.touched_since(_KEY, commit):
                raise Stale
            transaction.touch(_KEY)
            _write(transaction, viewer.name, new)
            return done

        return db.writer.submit(write)

    return settled(attempt)


def _read(content: bytes, file: str) -> _Read:
    circular = read_circular(content, file or "circular")
    if circular.number is None or not circular.subject.strip() or not circular.body.strip():
        raise InvalidInput(
            f"{file or 'the circular'} has no number, subject or text: one that was published has all of them.", file
        )
    subject_names = [name.name for name in names_in(f"{circular.event or ''}\n{circular.subject}")]
    told = read_numbers(circular)
    readings = [
        {"kind": kind, **{_COLUMNS.get(name, name): value for name, value in one.items()}}
        for kinds, kind in _KINDS.items()
        for one in told[kinds]
    ]
    names = list(dict.fromkeys((*subject_names, *told["names"])))
    return _Read(circular, file[:_LONGEST_NAME], _checksum(circular), names, subject_names, readings)


def _checksum(circular: Circular) -> str:
    return hashlib.sha256(json.dumps([circular.number, circular.subject, circular.body]).encode()).hexdigest()


_New = tuple[_Read, int | None, int]
"""A circular, the identifier of its earlier version if there is one, and its own version."""


def _compare(db: Database, viewer: Viewer, found: Iterable[_Read]) -> tuple[list[_New], int]:
    """Those that are not there with this text, and how many are with another one; of a number that comes twice the last counts."""
    last = {one.circular.number: one for one in found}
    rows = db.reader.rows(viewer, _THERE, [list(last)])
    there: Mapping[int, dict[str, Any]] = {row["number"]: row for row in rows}
    new: list[_New] = []
    for number, one in last.items():
        row = there.get(number or 0)
        if row is None:
            new.append((one, None, 1))
        elif row["checksum"] != one.checksum:
            new.append((one, row["published_circular_id"], row["version"] + 1))
    return new, sum(earlier is not None for _, earlier, _ in new)


def _write(transaction: Transaction, user: str, new: Sequence[_New]) -> None:
    earlier = {number: version for _, number, version in new if number is not None}
    if earlier:
        for table in ("published_circulars", "circular_readings"):
            transaction.supersede(table, "published_circular_id", earlier)
    number = transaction.next_id("published_circulars", "published_circular_id", len(new) - len(earlier))
    circulars: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    for one, known, version in new:
        identifier = known if known is not None else number
        number += known is None
        same = {"published_circular_id": identifier, "number": one.circular.number, "version": version, "acl": PUBLIC}
        circulars.append({**same, **_columns(one), "author": user})
        readings += [{**same, **reading} for reading in one.readings]
    transaction.insert("published_circulars", circulars)
    if readings:
        first = transaction.next_id("circular_readings", "circular_reading_id", len(readings))
        transaction.insert(
            "circular_readings", [{"circular_reading_id": first + n, **row} for n, row in enumerate(readings)]
        )
    newest = sorted(row["number"] for row in circulars)[-_MOST_ANNOUNCED:]
    payload = {"action": "added", "user": user, "count": len(circulars), "numbers": newest}
    transaction.announce("published_circulars", payload, PUBLIC)


def _columns(one: _Read) -> dict[str, Any]:
    circular = one.circular
    return {
        "subject": circular.subject,
        "body": circular.body,
        "event": circular.event,
        "submitter": circular.submitter,
        "created_at": circular.created_at and naive_utc(circular.created_at, "created_at"),
        "names": one.names,
        "subject_names": one.subject_names,
        "file": one.file,
        "checksum": one.checksum,
    }
