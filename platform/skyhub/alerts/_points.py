"""Measurements of surveys that are described by a mapping: the points of light curves."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from skyhub.alerts._fields import Fields, Readers
from skyhub.alerts._mapping import Mapping, PointFields
from skyhub.alerts._packet import SMALLEST_ERROR, PhotometryPoint
from skyhub.errors import PacketRejected
from skyhub.science.bandpasses import bandpass
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.photometry import (
    AB_ZERO_POINT,
    flux_error,
    flux_from_counts,
    flux_from_mag,
    limit_flux_error,
)
from skyhub.science.timescales import utc_mjd

__all__ = ["PointReader", "StreamReader", "time_reader"]

_MJD_OF_JD = 2_400_000.5
_EARLIEST, _LATEST = 50_000.0, 100_000.0
_BRIGHTEST, _FAINTEST = -5.0, 40.0
_LIMIT_NSIGMA = 5.0
_LARGEST_ERROR = 1e6
_MAG_OF_RATIO = 2.5 / math.log(10)
_MILLISECONDS, _FILTERS = 86_400_000, 1024


class PointReader:
    """Reads points of one kind.

    Parameters
    ----------
    mapping
        The survey.
    fields
        Where a point holds its values.
    origin
        ``alert`` or ``forced``.
    """

    def __init__(self, mapping: Mapping, fields: PointFields, origin: str) -> None:
        readers = Readers(mapping.nothing)
        self._origin = origin
        self._id = readers.integer(fields.id, mapping.candid.form == "digits")
        self._time = time_reader(mapping, fields.time)
        self._filter = _filter_reader(mapping, readers, fields.filter)
        self._ra, self._dec = readers.number(fields.ra), readers.number(fields.dec)
        self._flux, self._fluxerr = readers.number(fields.flux), readers.number(fields.fluxerr)
        self._scale = _scale_reader(mapping, readers, fields.zero_point)
        self._mag, self._magerr = readers.number(fields.mag), readers.number(fields.magerr)
        self._limit, self._noise = readers.number(fields.limit), readers.number(fields.noise)
        self._positive, self._negative = readers.flag(fields.positive), readers.flag(fields.negative)
        self._offsets = _offsets(mapping)
        self._has_limits = origin == "alert" and bool(fields.limit or not (fields.flux or fields.mag))

    def read(self, fields: Fields, stream: str | None) -> PhotometryPoint | None:
        """A point; None if it has neither a measurement nor a limit.

        Raises
        ------
        PacketRejected
            If a value is impossible.
        """
        name = self._filter(fields)
        flux, fluxerr, mag, magerr = self._measured(fields, self._offsets[name])
        limit = self._limiting_mag(fields, self._offsets[name])
        if flux is None or fluxerr is None:
            if limit is None or not self._has_limits:
                return None
            fluxerr = limit_flux_error(limit, _LIMIT_NSIGMA)
        mjd = self._time(fields)
        if mjd is None:
            raise PacketRejected("a point has no time", "time")
        ra, dec = _position(self._ra(fields), self._dec(fields))
        return PhotometryPoint(
            mjd=mjd,
            filter=name,
            origin=self._origin,
            flux=flux,
            fluxerr=fluxerr,
            mag=None if self._origin == "forced" else mag,
            magerr=None if self._origin == "forced" else magerr,
            limiting_mag=limit,
            ra=ra,
            dec=dec,
            point_id=(self._id(fields) if flux is not None else None) or _made_number(mjd, name),
            stream=stream,
        )

    def _measured(self, fields: Fields, offset: float) -> tuple[float | None, float | None, float | None, float | None]:
        """Flux, its error, magnitude of its amount and its error; all None if it was not measured."""
        negative = self._positive(fields) is False or self._negative(fields) is True
        counts, error = self._flux(fields), self._fluxerr(fields)
        if counts is not None and error is not None:
            scale = self._scale(fields)
            flux = -abs(counts) * scale if negative else counts * scale
            fluxerr = abs(error) * scale if counts < 0 else error * scale  # some errors carry the sign of their flux
            if fluxerr > 0:
                return flux, fluxerr, *_magnitude(flux, fluxerr)
        given, magerr_given = self._mag(fields), self._magerr(fields)
        if given is None or magerr_given is None or magerr_given <= SMALLEST_ERROR:
            return None, None, None, None
        mag = given + offset
        if not _BRIGHTEST < mag < _FAINTEST:
            raise PacketRejected(f"a magnitude is {given}: {_BRIGHTEST:g} to {_FAINTEST:g} are permitted", "mag")
        flux = flux_from_mag(mag)
        return -flux if negative else flux, flux_error(flux, magerr_given), mag, magerr_given

    def _limiting_mag(self, fields: Fields, offset: float) -> float | None:
        limit = self._limit(fields)
        if limit is not None:
            limit += offset
        elif noise := self._noise(fields):
            limit = _mag(_LIMIT_NSIGMA * noise * self._scale(fields))
        return limit if limit is not None and _BRIGHTEST < limit < _FAINTEST else None


def _magnitude(flux: float, fluxerr: float) -> tuple[float | None, float | None]:
    """Magnitude of the amount of a flux and its error, None where there is no sensible one."""
    mag = _mag(flux)
    magerr = _MAG_OF_RATIO * fluxerr / abs(flux) if _BRIGHTEST < mag < _FAINTEST else math.inf
    return (mag, magerr) if SMALLEST_ERROR < magerr < _LARGEST_ERROR else (None, None)


def _mag(flux: float) -> float:
    return AB_ZERO_POINT - 2.5 * math.log10(abs(flux)) if flux else math.inf


def _made_number(mjd: float, name: str) -> int:
    """A number for a point that has none: the same whenever the same time and filter come again."""
    return -(round(mjd * _MILLISECONDS) * _FILTERS + zlib.crc32(name.encode()) % _FILTERS)


def time_reader(mapping: Mapping, paths: tuple[str, ...]) -> Callable[[Fields], float | None]:
    """Reads a time as MJD in UTC."""
    readers, form, scale = Readers(mapping.nothing), mapping.time.form, mapping.time.scale
    where = " or ".join(paths)
    get = readers.text(paths) if form == "iso" else readers.number(paths)

    def read(record: Fields) -> float | None:
        found: Any = get(record)
        if found is None:
            return None
        mjd = _mjd_of_iso(found, where) if form == "iso" else found - _MJD_OF_JD if form == "jd" else found
        if not _EARLIEST < mjd < _LATEST:
            raise PacketRejected(
                f"{where} is {found}: a time ({form}) between MJD {_EARLIEST:g} and {_LATEST:g} is needed", where
            )
        return utc_mjd(mjd, scale)

    return read


def _mjd_of_iso(text: str, where: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PacketRejected(
            f"{where} is {text!r:.80}: a time such as 2026-11-21T03:04:05.6 is needed", where
        ) from error
    return mjd_of_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


class StreamReader:
    """Reads whose an alert and its points are."""

    def __init__(self, mapping: Mapping) -> None:
        self._rule = mapping.stream
        self._get = Readers(mapping.nothing).value(self._rule.path)
        self._where = " or ".join(self._rule.path)

    def of_alert(self, fields: Fields) -> str | None:
        """The stream of an alert by its own point; None is public. One that does not say it is refused."""
        if not self._rule.path:
            return self._rule.name
        stream: str | None = _looked_up(self._rule.names, self._get(fields), self._where)
        return stream

    def of_point(self, fields: Fields, own: str | None) -> str | None:
        """The stream of a point of the history: that of its alert unless it says another."""
        return own if not self._rule.path or self._get(fields) is None else self.of_alert(fields)


def _filter_reader(mapping: Mapping, readers: Readers, paths: tuple[str, ...]) -> Callable[[Fields], str]:
    filters = mapping.filters
    if isinstance(filters, str):
        return lambda record: filters
    get = readers.value(paths)
    where = " or ".join(paths)
    return lambda record: str(_looked_up(filters, get(record), where))


def _looked_up(names: dict[Any, Any], value: Any, where: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value not in names:
        raise PacketRejected(f"{where} is {value!r:.80}: {', '.join(map(str, names))} are permitted", where)
    return names[value]


def _scale_reader(mapping: Mapping, readers: Readers, paths: tuple[str, ...]) -> Callable[[Fields], float]:
    """Reads the flux (µJy) of one unit."""
    whole = mapping.zero_point
    if whole is not None:
        unit = flux_from_counts(1.0, whole)
        return lambda record: unit
    get = readers.number(paths)
    where = " or ".join(paths)

    def read(record: Fields) -> float:
        zero_point = get(record)
        if zero_point is None or not 0 <= zero_point <= 60:
            raise PacketRejected(f"{where} is {zero_point}: a zero point from 0 to 60 mag is needed", where)
        return flux_from_counts(1.0, zero_point)

    return read


def _offsets(mapping: Mapping) -> dict[str, float]:
    """What turns the survey's magnitudes into AB ones, by bandpass."""
    return {name: (bandpass(name).vega_offset or 0.0) if name in mapping.vega else 0.0 for name in mapping.bandpasses}


def _position(ra: float | None, dec: float | None) -> tuple[float | None, float | None]:
    if ra is None or dec is None:
        return None, None
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise PacketRejected(f"ra, dec are {ra}, {dec}: 0 ≤ ra ≤ 360 and −90 ≤ dec ≤ 90 deg are permitted", "ra")
    return ra, dec
