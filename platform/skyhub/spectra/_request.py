"""What somebody says with a spectrum to upload."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from skyhub.spectra._models import Medium, Moment

__all__ = ["SpectrumUpload", "Table"]


class Table(BaseModel):
    """The columns of a spectrum that is in no file."""

    model_config = ConfigDict(extra="forbid")

    wavelengths: list[float]
    fluxes: list[float | None]
    errors: list[float | None] | None = None
    header: dict[str, Any] = {}


class SpectrumUpload(BaseModel):
    """A file or a table with spectra, how to read it, and what it does not say itself.

    What is said here goes before what the file says.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=200, description="Name of the file")
    content: str | None = Field(None, description="Its bytes, in base64")
    table: Table | None = Field(None, description="Instead of a file")
    object_id: str | None = Field(None, description="By default the object that the file names")
    ra: float | None = Field(None, description="Of an object that is not there yet", json_schema_extra={"unit": "deg"})
    dec: float | None = Field(None, description="Of an object that is not there yet", json_schema_extra={"unit": "deg"})
    observed_at: Moment | None = Field(None, description="By default of the file's header, or in its name")
    instrument: str | None = None
    telescope: str | None = None
    type: Literal["source", "host", "host_center"] | None = None
    object_type: str | None = None
    label: str | None = None
    medium: Medium | None = None
    redshift: float | None = None
    exposure: float | None = None
    observers: list[str] | None = None
    reducers: list[str] | None = None
    pi: str | None = None
    origin: str | None = None
    comment: str | None = None
    wave_column: int | str | None = Field(None, description="Number (from 0) or name of the column")
    flux_column: int | str | None = None
    fluxerr_column: int | str | None = None
    wave_unit: str | None = Field(None, description="Angstrom, nm, um, cm or m")
    flux_unit: str | None = Field(None, description="Such as 1e-17 erg/s/cm2/Angstrom")
    groups: list[str] | None = Field(None, description="Who shall see it: some of one's groups, all by default")
    dry_run: bool = Field(False, description="Only say what was read and what would be stored")
