"""The record of a spectrum."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, computed_field, model_validator

from skyhub.attachments import require_files
from skyhub.db import Database, Viewer
from skyhub.records import Kind, Record
from skyhub.science.spectra import constant_scale

__all__ = ["SPECTRA", "Medium", "Moment", "Spectrum"]

_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_MOST_POINTS = 500_000
_ANGSTROM: dict[str, Any] = {"unit": "Angstrom"}


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time; without a zone it is UTC."""
Medium = Literal["air", "vacuum"]


class Spectrum(Record):
    """A spectrum of an object, of its host or of the host's centre."""

    object_id: str = Field(min_length=1, description="The object")
    observed_at: Moment = Field(description="Beginning of the exposure, UTC")
    instrument: str | None = Field(None, max_length=200, description="Name of the instrument")
    telescope: str | None = Field(None, max_length=200, description="Name of the telescope")
    type: Literal["source", "host", "host_center"] = Field("source", description="Of what the light is")
    object_type: str | None = Field(None, max_length=100, description="Type of the object that came with it")
    label: str | None = Field(None, max_length=200, description="Tells it from others of the same exposure")
    wavelengths: list[float] = Field(
        min_length=2, max_length=_MOST_POINTS, description="Not decreasing", json_schema_extra=_ANGSTROM
    )
    fluxes: list[float] = Field(description="In flux_unit, one per wavelength")
    errors: list[float | None] | None = Field(None, description="1σ, in flux_unit; null where not known")
    flux_unit: str | None = Field(None, max_length=100, description="As it came; null for relative fluxes")
    medium: Medium | None = Field(None, description="In which the wavelengths are meant; null if not known")
    frame: Literal["observed", "rest"] = Field("observed", description="rest: wavelengths were divided by 1 + z")
    redshift: float | None = Field(None, gt=-1, lt=100, description="That came with it")
    exposure: float | None = Field(None, gt=0, description="Exposure time", json_schema_extra={"unit": "s"})
    observers: list[str] = Field([], max_length=50, description="Who observed")
    reducers: list[str] = Field([], max_length=50, description="Who reduced")
    pi: str | None = Field(None, max_length=200, description="Principal investigator")
    origin: str | None = Field(None, max_length=200, description="Where it was taken from, as an archive")
    comment: str | None = Field(None, max_length=10_000)
    header: dict[str, Any] = Field({}, description="What the file says about itself")
    notes: list[str] = Field([], description="What was done to the numbers when they were read")
    original_file: str | None = Field(None, max_length=200, description="Name of the file as it came")
    file_digest: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file as it came")

    @computed_field(description="observed_at as MJD (UTC)", json_schema_extra={"unit": "d"})  # type: ignore[prop-decorator]
    @property
    def mjd(self) -> float:
        """Beginning of the exposure (d)."""
        return (self.observed_at - _EPOCH).total_seconds() / 86400

    @computed_field  # type: ignore[prop-decorator]
    @property
    def n_points(self) -> int:
        """How many points it has."""
        return len(self.wavelengths)

    @computed_field(json_schema_extra=_ANGSTROM)  # type: ignore[prop-decorator]
    @property
    def wavelength_min(self) -> float:
        """The shortest wavelength (Å)."""
        return self.wavelengths[0]

    @computed_field(json_schema_extra=_ANGSTROM)  # type: ignore[prop-decorator]
    @property
    def wavelength_max(self) -> float:
        """The longest wavelength (Å)."""
        return self.wavelengths[-1]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def flux_scale(self) -> float | None:
        """What multiplies the fluxes to give erg/s/cm²/Å; null if their unit is relative, or per frequency."""
        return constant_scale(self.flux_unit) if self.flux_unit else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def digest(self) -> str:
        """SHA-256 of the arrays and the unit: equal for equal spectra."""
        errors = np.array(self.errors if self.errors is not None else [], dtype=float)
        arrays = (np.array(self.wavelengths), np.array(self.fluxes), errors)
        return hashlib.sha256(b"".join([*(a.tobytes() for a in arrays), str(self.flux_unit).encode()])).hexdigest()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        n_points = len(self.wavelengths)
        lengths = {"fluxes": len(self.fluxes), "errors": n_points if self.errors is None else len(self.errors)}
        for name, length in lengths.items():
            if length != n_points:
                raise ValueError(f"there are {n_points} wavelengths and {length} {name}: give one for each")
        if not (self.wavelengths[0] > 0 and (np.diff(self.wavelengths) >= 0).all()):
            raise ValueError("wavelengths must be positive and not decrease: sort the points, and convert to Å")
        if any(error is not None and error <= 0 for error in self.errors or ()):
            raise ValueError("errors must be positive: give null where one is not known")
        return self


def _known_files(db: Database, viewer: Viewer, records: Sequence[Spectrum]) -> list[Spectrum]:
    """Spectra whose files the viewer has brought, or may have."""
    digests = {record.file_digest for record in records if record.file_digest is not None}
    require_files(db, viewer, digests, "file_digest", "/api/spectra/files")
    return list(records)


SPECTRA = Kind(
    "spectra",
    "spectrum",
    Spectrum,
    scope="upload",
    key=("object_id", "observed_at", "instrument", "type", "label"),
    secret=frozenset({"file_digest"}),
    bulky=frozenset({"wavelengths", "fluxes", "errors"}),
    announced=("instrument", "type"),
    prepare=_known_files,
)
