"""The record of a localization: what its map says, and by what digest the map is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, field_validator

from skyhub.attachments import require_files
from skyhub.db import Database, Viewer
from skyhub.localizations._maps import kept_map
from skyhub.objects import dust_in_force
from skyhub.records import Kind, Record
from skyhub.science.coordinates import galactic_of
from skyhub.science.skymaps import SkyMap

__all__ = ["LOCALIZATIONS", "Localization", "facts_of_map"]


_DEG2: dict[str, Any] = {"unit": "deg2"}
_DEG: dict[str, Any] = {"unit": "deg"}
_MPC: dict[str, Any] = {"unit": "Mpc"}
_WIDE = 500.0
"""Area (deg²) that a survey covers in about a night."""


class Localization(Record):
    """Where an event may be; all but name, event and digest is read from the map."""

    name: str = Field(min_length=1, max_length=200, description="Name of its file, or the numbers of its shape")
    dateobs: datetime | None = Field(None, description="The event that it belongs to, by its time (UTC)")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the map as it is kept")
    area_50: float = Field(0.0, description="Of the 50 % region", json_schema_extra=_DEG2)
    area_90: float = Field(0.0, description="Of the 90 % region", json_schema_extra=_DEG2)
    prob_500: float | None = Field(None, description="Probability of the densest 500 deg²")
    prob_sum: float = Field(1.0, description="Sum of the probabilities as they came")
    max_ra: float = Field(0.0, description="Centre of the densest cell, ICRS", json_schema_extra=_DEG)
    max_dec: float = Field(0.0, description="Centre of the densest cell, ICRS", json_schema_extra=_DEG)
    distmean: float | None = Field(None, description="Mean of the distance", json_schema_extra=_MPC)
    diststd: float | None = Field(None, description="Standard deviation of the distance", json_schema_extra=_MPC)
    has_distances: bool = Field(False, description="Whether the distance is told along each line of sight")
    n_cells: int = Field(0, description="HEALPix cells with probability")
    instruments: str | None = Field(None, description="Detectors, as the map names them")
    creator: str | None = Field(None, description="Program that made it")
    log_bci: float | None = Field(None, description="Logarithm of the Bayes factor coherent against incoherent")
    log_bsn: float | None = Field(None, description="Logarithm of the Bayes factor signal against noise")
    notes: list[str] = Field([], description="What was mended when it was read")

    @field_validator("dateobs")
    @classmethod
    def _in_utc(cls, moment: datetime | None) -> datetime | None:
        return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def facts_of_map(sky_map: SkyMap) -> dict[str, Any]:
    """The fields of a localization that its map tells."""
    facts, mode, distance = sky_map.facts, sky_map.mode, sky_map.distance or (None, None)
    return {
        "area_50": sky_map.area_within(0.5),
        "area_90": sky_map.area_within(0.9),
        "prob_500": sky_map.probability_within(_WIDE),
        "prob_sum": facts.prob_sum,
        "max_ra": mode.ra,
        "max_dec": mode.dec,
        "distmean": distance[0],
        "diststd": distance[1],
        "has_distances": sky_map.distances is not None,
        "n_cells": len(sky_map),
        "instruments": facts.instruments,
        "creator": facts.creator,
        "log_bci": facts.log_bci,
        "log_bsn": facts.log_bsn,
        "notes": list(facts.notes),
    }


def _as_their_maps_say(db: Database, viewer: Viewer, records: Sequence[Localization]) -> list[Localization]:
    """Localizations of maps that the viewer has brought, or may have, with what the maps tell."""
    require_files(db, viewer, {record.digest for record in records}, "digest", "/api/localizations/maps")
    return [record.model_copy(update=facts_of_map(kept_map(db, record.digest))) for record in records]


def _with_places(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Localizations with the galactic coordinates (deg) of their densest place, and its dust."""
    ra, dec = ([document[name] for document in documents] for name in ("max_ra", "max_dec"))
    columns = zip(*galactic_of(ra, dec), dust_in_force(db).ebv(ra, dec), strict=True)
    return [
        {**document, "max_l": round(float(lon), 6), "max_b": round(float(lat), 6), "ebv": round(float(ebv), 4)}
        for document, (lon, lat, ebv) in zip(documents, columns, strict=True)
    ]


LOCALIZATIONS = Kind(
    "localizations",
    "localization",
    Localization,
    scope="upload",
    key=("dateobs", "name", "digest"),
    secret=frozenset({"digest"}),
    announced=("name",),
    prepare=_as_their_maps_say,
    present=_with_places,
)
