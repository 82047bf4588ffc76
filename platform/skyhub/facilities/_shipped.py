"""Telescopes, instruments and detectors that come with the platform: loaded once, never over what people have edited."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any

import yaml

from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.facilities._kinds import DETECTORS, INSTRUMENTS, TELESCOPES
from skyhub.records import Kind, add

__all__ = ["load_facilities", "shipped_records"]

SKYHUB = Viewer("skyhub", scopes=ADMINISTRATOR.scopes)
"""Author of what comes with the platform."""

_KINDS: tuple[Kind[Any], ...] = (TELESCOPES, INSTRUMENTS, DETECTORS)


def load_facilities(db: Database) -> int:
    """Store the facilities of this release, unless they are there; returns how many were added or revised.

    A record that somebody has edited or removed stays as it is, and so do instruments at a telescope that was removed.
    """
    text = {kind.table: (files("skyhub.facilities") / "data" / f"{kind.table}.yaml").read_bytes() for kind in _KINDS}
    checksum = hashlib.sha256(b"".join(text.values())).hexdigest()
    loaded = db.reader.rows(ADMINISTRATOR, "SELECT checksum FROM @shipped_data WHERE name = 'facilities'")
    if checksum in {row["checksum"] for row in loaded}:
        return 0
    stored = sum(_load(db, kind, _expanded(text[kind.table])) for kind in _KINDS)
    db.writer.write(lambda t: t.insert("shipped_data", [{"name": "facilities", "checksum": checksum}]))
    return stored


def shipped_records(table: str) -> list[dict[str, Any]]:
    """The records of a kind that come with this release, as their fields."""
    return _expanded((files("skyhub.facilities") / "data" / f"{table}.yaml").read_bytes())


def _load(db: Database, kind: Kind[Any], records: list[dict[str, Any]]) -> int:
    [key] = kind.key
    history = db.reader.rows(ADMINISTRATOR, f"SELECT {key}, edited_by, known_until FROM @{kind.table}*")
    edited = {row[key] for row in history if row["edited_by"] != SKYHUB.name}
    removed = {row[key] for row in history} - {row[key] for row in history if row["known_until"] is None}
    ours = [record for record in records if record[key] not in edited | removed]
    if kind is INSTRUMENTS:
        there = {row["nickname"] for row in db.reader.rows(ADMINISTRATOR, "SELECT nickname FROM @telescopes")}
        ours = [record for record in ours if record["telescope"] in there]
    if not ours:
        return 0
    answer = add(db, SKYHUB, kind, ours, revise=True)
    return int(answer["added"] + answer["revised"])


def _expanded(text: bytes) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [_fields(record) for record in yaml.load(text, loader)]


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    """A record's fields from the short forms of the shipped files."""
    fields = dict(record)
    if region := fields.pop("region", None):
        fields["footprint"] = f"icrs\n{region.strip()}"
    if mosaic := fields.pop("mosaic", None):
        fields["footprint"] = _mosaic(**mosaic)
    if "sensitivity" in fields:
        fields["sensitivity"] = {
            name: {"limiting_magnitude": limit, "exposure_time": seconds}
            for name, (limit, seconds) in fields["sensitivity"].items()
        }
    return fields


def _mosaic(columns: list[float], rows: list[float], size: list[float]) -> str:
    boxes = [f"box({x},{y},{size[0]},{size[1]},0)" for y in rows for x in columns]
    return "\n".join(["icrs", *boxes])
