"""The typed form of a mapping file: where a survey's packets hold what the platform stores."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass
from skyhub.science.photometry import UNIT_ZERO_POINTS

__all__ = ["Candid", "Cutouts", "History", "Mapping", "MinorPlanet", "Named", "PointFields", "Scores", "Stream"]


def _listed(value: Any) -> Any:
    return () if value is None else (value,) if isinstance(value, str | dict) else value


def _public(value: Any) -> Any:
    return None if value == "public" else value


def _named_stream(value: Any) -> Any:
    return {"name": _public(value)} if isinstance(value, str) else value


def _require_path(path: str) -> str:
    if not re.fullmatch(r"[^.\s]+(\.[^.\s]+)*", path):
        raise ValueError(f"{path!r} is no path: give names of fields joined by dots, such as candidate.ra")
    return path


def _require_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Path = Annotated[str, BeforeValidator(lambda v: _require_path(v) if isinstance(v, str) else v)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_listed)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.+-]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class Recognition(_Part):
    """How a packet of the survey is told."""

    schemas: tuple[Annotated[str, BeforeValidator(_require_pattern)], ...] = Field(
        (), description="Regular expressions, one of which matches the whole name of the packet's Avro schema"
    )
    fields: Paths = Field((), description="Or fields that all are in the record")

    @model_validator(mode="after")
    def _says_something(self) -> Recognition:
        if not (self.schemas or self.fields):
            raise ValueError("give schemas, fields, or both")
        return self


class Candid(_Part):
    """Where the alert's number is."""

    path: Paths
    form: Literal["integer", "digits"] = Field("integer", description="`digits`: a text whose digits are the number")


class Named(_Part):
    """Where an object's name is, and what is put before it."""

    path: Path
    prefix: str = ""


class Stream(_Part):
    """Which stream an alert or a point belongs to; None is public."""

    path: Paths = Field((), description="Field of a point that says it; without one the alert's own counts")
    names: dict[str | int | float, Annotated[Name | None, BeforeValidator(_public)]] = Field(
        default={}, description="Stream of each of its values, or `public`"
    )
    name: Annotated[Name | None, BeforeValidator(_public)] = Field(
        None, description="Or the stream of all, or `public`"
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Stream:
        if bool(self.path) != bool(self.names) or (self.path and self.name is not None):
            raise ValueError("give path and names together, or a name alone")
        return self


class Time(_Part):
    """What the survey's times are."""

    form: Literal["mjd", "jd", "iso"] = "mjd"
    scale: Literal["utc", "tai", "tt", "tdb"] = "utc"


class PointFields(_Part):
    """Where a measurement holds its values; each a path or several, of which the first that has a value counts."""

    id: Paths = Field((), description="Number of a detection or forced point; else one is made of time and filter")
    time: Paths = ()
    filter: Paths = ()
    ra: Paths = ()
    dec: Paths = ()
    flux: Paths = ()
    fluxerr: Paths = ()
    zero_point: Paths = Field((), description="AB magnitude of one unit of flux, if it varies")
    mag: Paths = ()
    magerr: Paths = ()
    limit: Paths = Field((), description="Magnitude of the 5σ limit")
    noise: Paths = Field((), description="Or the flux of 1σ")
    positive: Paths = Field((), description="Whether the difference is positive: t, 1, true")
    negative: Paths = Field((), description="Or whether it is negative")


class History(_Part):
    """A list of points in the packet."""

    path: Path
    origin: Literal["alert", "forced"] = "alert"
    point: PointFields = Field(PointFields(), description="What is called otherwise than in the alert's own point")


class Scores(_Part):
    """Scores of an alert."""

    rb: Paths = ()
    drb: Paths = ()
    star_score: Paths = ()
    star_distance: Paths = Field((), description="arcsec")


class MinorPlanet(_Part):
    """The nearest known minor planet."""

    name: Paths = ()
    distance: Paths = Field((), description="arcsec")
    mag: Paths = Field((), description="predicted magnitude")


class Cutouts(_Part):
    """FITS images, gzipped or plain."""

    science: Paths = ()
    template: Paths = ()
    difference: Paths = ()


class Mapping(_Part):
    """A survey's alert packets."""

    survey: Name
    description: str = ""
    recognise: Recognition
    version: Paths = Field((), description="Version of the schema; else it is taken from the schema's name")
    candid: Annotated[Candid, BeforeValidator(lambda v: {"path": v} if isinstance(v, str | list) else v)]
    object_name: Annotated[tuple[Named, ...], BeforeValidator(_listed)] = Field(alias="object", min_length=1)
    stream: Annotated[Stream, BeforeValidator(_named_stream)]
    time: Time = Time()
    filters: str | dict[str | int | float, str] = Field(description="Bandpass of each value, or of all points")
    vega: tuple[str, ...] = Field((), description="Bandpasses whose magnitudes and limits are Vega's; the rest are AB")
    flux_unit: Literal["Jy", "mJy", "uJy", "nJy"] | None = None
    flux_zero_point: float | None = Field(None, description="AB magnitude of one unit of flux, instead of a unit")
    nothing: tuple[str | float, ...] = Field((), description="Values that stand for none, besides null and NaN")
    detection: Path | None = Field(None, description="Where the alert's own point is; the record itself if not said")
    point: PointFields
    history: tuple[History, ...] = ()
    n_detections: Paths = ()
    first_time: Paths = Field((), description="The first detection; else the earliest in the packet")
    scores: Scores = Scores()
    minor_planet: MinorPlanet = MinorPlanet()
    cutouts: Cutouts = Cutouts()

    @model_validator(mode="after")
    def _has_known_filters(self) -> Mapping:
        try:
            known = {name: bandpass(name) for name in self.bandpasses}
        except InvalidInput as error:
            raise ValueError(error.message) from error
        for name in self.vega:
            if name not in known:
                raise ValueError(f"vega names {name}, which is none of the filters' bandpasses")
            if known[name].vega_offset is None:
                raise ValueError(f"{name} has no Vega magnitudes: give AB magnitudes or fluxes")
        return self

    @model_validator(mode="after")
    def _is_measurable(self) -> Mapping:
        point = self.point
        missing = [name for name in ("time", "ra", "dec") if not getattr(point, name)]
        if not (point.filter or isinstance(self.filters, str)):
            missing.append("filter")
        if not ((point.flux and point.fluxerr) or (point.mag and point.magerr)):
            missing.append("flux and fluxerr, or mag and magerr")
        if missing:
            raise ValueError(f"point lacks {', '.join(missing)}")
        uses_flux = any(p.flux or p.noise for p in (point, *(h.point for h in self.history)))
        if uses_flux and not (point.zero_point or self.flux_unit or self.flux_zero_point is not None):
            raise ValueError("fluxes need flux_unit, flux_zero_point or point.zero_point")
        return self

    @property
    def bandpasses(self) -> tuple[str, ...]:
        """The bandpasses of its points."""
        return (self.filters,) if isinstance(self.filters, str) else tuple(sorted(set(self.filters.values())))

    @property
    def zero_point(self) -> float | None:
        """AB magnitude of one unit of flux, if it is the same for all points."""
        return UNIT_ZERO_POINTS[self.flux_unit] if self.flux_unit else self.flux_zero_point

    @property
    def streams(self) -> frozenset[str]:
        """Names of the streams that its alerts may belong to."""
        return frozenset(name for name in (self.stream.name, *self.stream.names.values()) if name)
