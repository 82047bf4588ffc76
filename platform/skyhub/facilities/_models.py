"""Telescopes, their instruments, and detectors of other messengers."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator, model_validator

from skyhub.records import Record
from skyhub.science.footprints import parse_footprint

__all__ = [
    "Configuration",
    "Detector",
    "DetectorInterval",
    "DetectorSpectrum",
    "HorizonPoint",
    "Instrument",
    "Sensitivity",
    "Telescope",
]

_PLACE = ("latitude", "longitude", "elevation")


def _unit(text: str, unit: str, default: Any = None, **limits: Any) -> Any:
    return Field(default, description=text, json_schema_extra={"unit": unit}, **limits)


class _Part(BaseModel):
    """A structure within a record."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Site(Record):
    """Something that may stand at a place on the ground."""

    latitude: float | None = _unit("Geodetic latitude (WGS84)", "deg", ge=-90, le=90)
    longitude: float | None = _unit("Longitude, positive to the east (WGS84)", "deg", ge=-180, le=360)
    elevation: float | None = _unit("Height above sea level", "m", ge=-500, le=9000)
    fixed_location: bool = Field(True, description="Whether it stays at one place on the ground; not so in space")

    @field_validator("longitude", mode="after")
    @classmethod
    def _from_minus_180(cls, value: float | None) -> float | None:
        return value if value is None or value <= 180 else round(value - 360, 9)

    @model_validator(mode="after")
    def _has_a_place(self) -> _Site:
        missing = [name for name in _PLACE if getattr(self, name) is None]
        if self.fixed_location and missing:
            raise ValueError(f"{', '.join(missing)} missing: give them, or fixed_location: false for one in space")
        return self


class HorizonPoint(_Part):
    """How high something must stand in one direction."""

    azimuth: float = _unit("Azimuth, from north to east", "deg", ..., ge=0, le=360)
    altitude: float = _unit("Lowest altitude that can be observed", "deg", ..., ge=-90, le=90)


class Telescope(_Site):
    """A telescope, or a network of equal ones."""

    name: str = Field(min_length=1, max_length=120, description="Its name in full")
    nickname: str = Field(min_length=1, max_length=60, description="What it is called; instruments name it so")
    aliases: list[str] = Field([], description="Other names")
    diameter: float | None = _unit("Diameter of the aperture", "m", gt=0, le=1000)
    robotic: bool = Field(False, description="Whether it observes without people")
    by_day: bool = Field(False, description="Whether the Sun does not hinder it, as at radio wavelengths")
    timezone: str | None = Field(None, pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$", description="As America/Los_Angeles")
    mpc_code: str | None = Field(None, pattern=r"^[A-Z0-9]\d\d$", description="Observatory code of the MPC")
    minimum_altitude: float | None = _unit("Lowest altitude that can be observed", "deg", ge=-90, le=90)
    horizon: list[HorizonPoint] = Field([], description="Lowest altitudes by azimuth, where they differ")
    website: str | None = Field(None, pattern=r"^https?://", description="Where to read about it")
    weather_link: str | None = Field(None, pattern=r"^https?://", description="Weather at the site")
    skycam_link: str | None = Field(None, pattern=r"^https?://", description="Camera that looks at the sky")


class Sensitivity(_Part):
    """What an exposure reaches in one filter."""

    limiting_magnitude: float = _unit("Limit at 5 sigma", "mag", ..., ge=0, le=40)
    magsys: Literal["ab", "vega"] = Field("ab", description="System of the magnitude")
    exposure_time: float = _unit("Exposure that reaches it", "s", ..., gt=0)
    zeropoint: float | None = _unit("Magnitude of one count", "mag", ge=0, le=50)


class Configuration(_Part):
    """How long things take."""

    readout: float | None = _unit("Time to read an exposure out", "s", ge=0)
    overhead_per_exposure: float | None = _unit("Time lost with each exposure besides readout", "s", ge=0)
    filter_change: float | None = _unit("Time to change the filter", "s", ge=0)
    slew_rate: float | None = _unit("Fastest motion", "deg/s", gt=0)
    slew_acceleration: float | None = _unit("Acceleration of the motion", "deg/s²", gt=0)
    settle: float | None = _unit("Time to come to rest after a slew", "s", ge=0)
    field_sets: dict[str, list[tuple[int, int]]] = Field(
        {}, description="Sets of fields by name (primary, secondary): first and last numbers"
    )
    specific: dict[str, Any] = Field({}, description="What only this instrument's interface knows")


class Instrument(Record):
    """An instrument at a telescope."""

    name: str = Field(min_length=1, max_length=80, description="Its name; no two have the same")
    telescope: str = Field(min_length=1, description="Nickname of its telescope")
    aliases: list[str] = Field([], description="Other names")
    type: Literal["imager", "spectrograph", "imaging spectrograph"] = Field(description="What it makes")
    band: str | None = Field(None, description="Part of the spectrum, such as optical or NIR")
    filters: list[str] = Field([], description="Its bandpasses by sncosmo's names")
    sensitivity: dict[str, Sensitivity] = Field({}, description="What an exposure reaches, by filter")
    configuration: Configuration = Field(Configuration(), description="How long things take")  # type: ignore[call-arg]
    footprint: str | None = Field(None, description="What it sees at once: a ds9 region, relative to its own centre")
    gaps: Literal["kept", "filled"] = Field("kept", description="Whether gaps between detectors count as seen")
    treasuremap_id: int | None = Field(None, description="Its number at the Treasure Map")
    tns_id: int | None = Field(None, description="Its number at the TNS")
    status: str | None = Field(None, description="In words: in use, retired, ...")

    @field_validator("filters")
    @classmethod
    def _names(cls, value: list[str]) -> list[str]:
        if any(not name or " " in name for name in value):
            raise ValueError("a filter has a name without blanks, such as ztfg or ps1::g")
        if len(set(value)) < len(value):
            raise ValueError("a filter occurs twice")
        return value

    @model_validator(mode="after")
    def _knows_its_filters(self) -> Instrument:
        unknown = [name for name in self.sensitivity if name not in self.filters]
        if unknown:
            raise ValueError(f"sensitivity has {', '.join(unknown)}, which filters have not")
        return self

    @computed_field(description="Solid angle of the footprint (deg²)")  # type: ignore[prop-decorator]
    @property
    def field_of_view(self) -> float | None:
        """Solid angle of the footprint (deg²), without gaps between detectors."""
        return None if self.footprint is None else _area(self.footprint)


@lru_cache(1024)
def _area(footprint: str) -> float:
    return round(float(parse_footprint(footprint).areas.sum()), 6)


class Detector(_Site):
    """A detector of gravitational waves, neutrinos or gamma rays."""

    name: str = Field(min_length=1, max_length=120, description="Its name in full")
    nickname: str = Field(min_length=1, max_length=40, description="What notices call it, such as H1")
    aliases: list[str] = Field([], description="Other names")
    type: Literal["gravitational-wave", "neutrino", "gamma-ray-burst"] = Field(description="What it detects")
    status: str | None = Field(None, description="In words")


class DetectorInterval(Record):
    """A time during which a detector took data."""

    detector: str = Field(min_length=1, description="Nickname of the detector")
    start_time: datetime = Field(description="Begin (UTC)")
    end_time: datetime = Field(description="End (UTC)")
    run: str | None = Field(None, description="Observing run, such as O4a")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> DetectorInterval:
        if self.end_time <= self.start_time:
            raise ValueError("the interval ends before it begins")
        return self


class DetectorSpectrum(Record):
    """The noise of a detector by frequency."""

    detector: str = Field(min_length=1, description="Nickname of the detector")
    label: str = Field(min_length=1, max_length=120, description="What distinguishes it, such as O4 high")
    frequency: list[float] = _unit("Frequencies, ascending", "Hz", ..., min_length=1, max_length=100_000)
    amplitude: list[float] = _unit("Amplitude spectral density of the strain", "Hz-1/2", ..., min_length=1)
    start_time: datetime | None = Field(None, description="Begin of its validity (UTC)")
    end_time: datetime | None = Field(None, description="End of its validity (UTC)")

    @model_validator(mode="after")
    def _is_a_spectrum(self) -> DetectorSpectrum:
        if len(self.frequency) != len(self.amplitude):
            raise ValueError(f"{len(self.frequency)} frequencies have {len(self.amplitude)} amplitudes")
        if any(b <= a for a, b in zip(self.frequency, self.frequency[1:], strict=False)) or self.frequency[0] <= 0:
            raise ValueError("frequencies must be positive and ascend")
        if min(self.amplitude) < 0:
            raise ValueError("an amplitude is negative")
        return self
