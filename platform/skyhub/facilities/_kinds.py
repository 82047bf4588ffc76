"""The kinds of records of this capability, and what must be there before one may be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities._models import (
    Detector,
    DetectorInterval,
    DetectorSpectrum,
    Instrument,
    Telescope,
)
from skyhub.records import Kind

__all__ = ["DETECTORS", "DETECTOR_INTERVALS", "DETECTOR_SPECTRA", "INSTRUMENTS", "KINDS", "TELESCOPES"]


def _at_known_telescopes(db: Database, viewer: Viewer, records: Sequence[Instrument]) -> Sequence[Instrument]:
    """Instruments name their telescope by its nickname, whatever name was given."""
    nicknames = _nicknames(db, "telescopes")
    return [
        record.model_copy(update={"telescope": _one(nicknames, "telescope", record.telescope)}) for record in records
    ]


def _of_known_detectors(db: Database, viewer: Viewer, records: Sequence[Any]) -> Sequence[Any]:
    nicknames = _nicknames(db, "detectors")
    return [record.model_copy(update={"detector": _one(nicknames, "detector", record.detector)}) for record in records]


def _nicknames(db: Database, table: str) -> dict[str, str]:
    """Nicknames by nickname, name and alias; a nickname of one is never taken for a name of another."""
    rows = db.reader.rows(ADMINISTRATOR, f"SELECT nickname, name, aliases FROM @{table}")
    names = {name: row["nickname"] for row in rows for name in (*row["aliases"], row["name"])}
    return {**names, **{row["nickname"]: row["nickname"] for row in rows}}


def _one(nicknames: dict[str, str], what: str, given: str) -> str:
    if given not in nicknames:
        known = ", ".join(sorted(set(nicknames.values()))[:200])
        raise InvalidInput(f"there is no {what} {given!r}: add it first, or use one of {known}.", what)
    return nicknames[given]


def _kind(table: str, singular: str, model: Any, *key: str, **rest: Any) -> Kind[Any]:
    return Kind(table, singular, model, "administer", "public", key, **rest)


TELESCOPES = _kind("telescopes", "telescope", Telescope, "nickname", announced=("nickname",))
INSTRUMENTS = _kind("instruments", "instrument", Instrument, "name", announced=("name",), prepare=_at_known_telescopes)
DETECTORS = _kind("detectors", "detector", Detector, "nickname", announced=("nickname",))
DETECTOR_INTERVALS = _kind(
    "detector_intervals", "detector_interval", DetectorInterval, "detector", "start_time", prepare=_of_known_detectors
)
DETECTOR_SPECTRA = _kind(
    "detector_spectra", "detector_spectrum", DetectorSpectrum, "detector", "label", prepare=_of_known_detectors
)

KINDS = (TELESCOPES, INSTRUMENTS, DETECTORS, DETECTOR_INTERVALS, DETECTOR_SPECTRA)
"""All kinds of this capability."""
