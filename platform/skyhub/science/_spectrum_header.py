"""What files say about themselves: typed headers from comment lines, and the facts of an observation in them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["Header", "date_of_name", "facts_of", "typed", "wavelengths_of_comments"]

_CARD = re.compile(r"([A-Za-z_][\w.-]{0,39})\s*=\s?(.*)$")
_PAIR = re.compile(r"([A-Za-z_][\w -]{0,39}?)\s*:(?:\s+(.*)|)$")
_PLAIN = re.compile(r"([A-Z][A-Z0-9_-]{1,39})[ \t]+(\S.*)$")
_QUOTED = re.compile(r"'((?:[^']|'')*)'\s*(?:/\s*(.*))?$")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$")
_TRUTH = {"T": True, "F": False, "True": True, "False": False, "true": True, "false": False}
_LONGEST_VALUE, _MOST_KEYS, _MOST_LINES = 2000, 3000, 500
_FLUX_SAID = re.compile(r"\bflux(?:es)?\b[^:;(\[]{0,20}?(?:\bare|\bin|\bis|units?:?|[:(\[])\s*([^;,)\]]*)", re.I)
_NAMED_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?:(\.\d+)|[_T ](\d\d)[-_:](\d\d)[-_:](\d\d(?:\.\d+)?))?(?!\d)"
)
_NAMED_JD = re.compile(r"(?<!\d)(24\d{5}\.\d+)")
_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_MJD_OF_JD = 2400000.5
_TAI_AHEAD = 37.0


class Header:
    """A header that grows line by line: values by key, the comments on them, and lines of free text."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.comments: dict[str, str] = {}
        self.lines: list[str] = []

    def read(self, line: str) -> None:
        """Take in a comment line without its mark."""
        text = line.strip().rstrip("/").strip() if line.strip().startswith("END") else line.strip()
        if not text or text == "END" or len(self.values) >= _MOST_KEYS:
            return
        for word in ("HISTORY", "COMMENT"):
            if text.startswith(word) and not _CARD.match(text):
                self._append(word, text.removeprefix(word).lstrip(": ").strip())
                return
        if card := _CARD.match(text):
            value, comment = _split(card[2])
            self._set(card[1], value, comment)
        elif pair := _PAIR.match(text):
            self._set(pair[1], typed(pair[2] or ""), "")
        elif plain := _PLAIN.match(text):
            self._set(plain[1], typed(plain[2]), "")
        else:
            self._append("COMMENT", text)

    def document(self) -> dict[str, Any]:
        """As JSON: keys in order, free text under ``COMMENT`` and ``HISTORY``."""
        return dict(self.values)

    def _set(self, key: str, value: Any, comment: str) -> None:
        key = key.strip()
        self.values[key] = value[:_LONGEST_VALUE] if isinstance(value, str) else value
        if comment:
            self.comments[key] = comment

    def _append(self, key: str, text: str) -> None:
        lines = self.values.setdefault(key, [])
        if isinstance(lines, list) and len(lines) < _MOST_LINES:
            lines.append(text[:_LONGEST_VALUE])
        self.lines.append(text)


def typed(text: str) -> Any:
    """A value as a truth, a number or text; quotes make it text."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].strip()
    if text in _TRUTH:
        return _TRUTH[text]
    if _NUMBER.match(text):
        number = float(text.replace("D", "e").replace("d", "e"))
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else number if math.isfinite(number) else text
    return text


def _split(text: str) -> tuple[Any, str]:
    """Value and comment of what follows the equals sign of a card."""
    if quoted := _QUOTED.match(text.strip()):
        return quoted[1].replace("''", "'").strip(), (quoted[2] or "").strip()
    value, _, comment = text.partition(" / ")
    return typed(value.rstrip("/").strip()), comment.strip()


def wavelengths_of_comments(lines: Iterable[str]) -> dict[str, str]:
    """What free text says on wavelengths and fluxes: ``medium``, ``wave_unit``, ``flux_unit``."""
    found: dict[str, str] = {}
    for line in lines:
        low = line.lower()
        if "wavelength" in low:
            medium = re.search(r"\b(air|vacuum)\b", low)
            unit = re.search(r"\b(angstroms?|nm|nanomet\w+|microns?|micromet\w+)\b", low)
            found |= {"medium": medium[1]} if medium else {}
            found |= {"wave_unit": unit[1]} if unit else {}
        flux = _FLUX_SAID.search(line)
        if flux and re.search(r"erg|jy|w\s*/?\s*m", flux[1], re.I):
            found["flux_unit"] = flux[1].strip()
    return found


def facts_of(header: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an observation that a header tells, under the names of a spectrum's fields.

    ``observed_at`` (datetime), ``instrument``, ``telescope``, ``exposure`` (s), ``observers``, ``reducers``, ``pi``,
    ``redshift`` and ``object_name``, as far as they are there.
    """
    keys = {key.upper().replace("-", "_"): value for key, value in header.items()}
    found: dict[str, Any] = {
        "observed_at": _observed_at(keys),
        "instrument": _text(keys, "INSTRUME", "INSTRUMENT", "INSTR"),
        "telescope": _text(keys, "TELESCOP", "TELESCOPE"),
        "exposure": _exposure(keys),
        "observers": _people(_text(keys, "OBSERVER", "OBSERVERS")),
        "reducers": _people(_text(keys, "REDUCER", "REDUCERS", "REDUCED_BY")),
        "pi": _text(keys, "PI", "PI_NAME", "PINAME", "P60PRPI", "HIERARCH ESO OBS PI_COI NAME", "PI_COI"),
        "redshift": _redshift(keys),
        "object_name": _text(keys, "OBJECT", "OBJNAME", "TARGNAME", "TARGET", "SNID", "NAME"),
    }
    if name := found["object_name"]:
        found["object_name"] = re.sub(r"\s*\[\w\]$", "", name)
    return {name: value for name, value in found.items() if value not in (None, [])}


def date_of_name(name: str) -> datetime | None:
    """The time in the name of a file: ``20120302``, ``2013-05-08_22_40_53``, ``20130801.412`` or a Julian date.

    Examples
    --------
    >>> date_of_name("sn2013ej-20130801.5-r.flm").isoformat()
    '2013-08-01T12:00:00+00:00'
    """
    if day := _NAMED_JD.search(name):
        return _of_mjd(float(day[1]), _MJD_OF_JD)
    for found in _NAMED_DATE.finditer(name):
        year, _, month, day_, fraction, hour, minute, second = found.groups()
        try:
            when = datetime(int(year), int(month), int(day_), tzinfo=UTC)
        except ValueError:
            continue
        if hour:
            return when + (_clock(f"{hour}:{minute}:{second}") or timedelta(0))
        return _rounded(when + timedelta(days=float(fraction or 0)))
    return None


def _text(keys: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = str(keys.get(name, "")).strip()
        if value and value.upper() not in {"UNKNOWN", "UNSPECIFIED", "N/A", "NONE", "NULL"}:
            return value[:200]
    return None


def _people(text: str | None) -> list[str]:
    parts = re.split(r"\s*(?:[,;&]|\band\b)\s*", text or "")
    return [part.strip() for part in parts if part.strip()]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    match = re.match(r"\s*([+-]?\d+\.?\d*(?:[eE][+-]?\d+)?)\s*(?:s|sec|d)?\s*$", str(value))
    return float(match[1]) if match else None


def _exposure(keys: Mapping[str, Any]) -> float | None:
    for name in ("EXPTIME", "EXPOSURE", "EXP_TIME", "TOTALEXP", "TEXPTIME", "EXPOSURE_TIME"):
        seconds = _number(keys.get(name))
        if seconds is not None and 0 < seconds < 1e7:
            return seconds
    return None


def _redshift(keys: Mapping[str, Any]) -> float | None:
    for name in ("REDSHIFT", "Z", "Z_HELIO", "ZHELIO"):
        z = _number(keys.get(name))
        if z is not None and -0.01 < z < 20 and z != 0:
            return z
    return None


_WHEN = ("DATE_OBS", "DATE_BEG", "DATEOBS", "OBSDATE", "OBS_DATE", "DATE_AVG", "UT_DATE", "UTDATE", "UTC", "UTSHUT")
_CLOCKS = ("TIME_OBS", "UTSTART", "UTC_OBS", "OBSTIME", "UT", "UTC", "UT_TIME", "TIME_BEG", "UTIME")
_DAYS = (
    ("MJD_OBS", 0.0),
    ("MJD_BEG", 0.0),
    ("EXPSTART", 0.0),
    ("JD", _MJD_OF_JD),
    ("JD_OBS", _MJD_OF_JD),
    ("MJD", 0.0),
)


def _observed_at(keys: Mapping[str, Any]) -> datetime | None:
    """Beginning of the exposure: a date with a time, a day number, a date and a time, TAI seconds, a date."""
    dates = [moment for name in _WHEN if (moment := _moment(str(keys.get(name, "")))) is not None]
    exact = next((when for when, has_time in dates if has_time), None)
    if exact is not None:
        return exact
    for name, zero in _DAYS[:3]:
        if when := _of_mjd(_number(keys.get(name)), zero):
            return when
    if (tai := _number(keys.get("TAI_BEG", keys.get("TAI")))) and tai > 1e9:
        return _rounded(_EPOCH + timedelta(seconds=tai - _TAI_AHEAD))
    if dates:
        clock = next((c for name in _CLOCKS if (c := _clock(str(keys.get(name, ""))))), timedelta(0))
        return dates[0][0] + clock
    return next((when for name, zero in _DAYS[3:] if (when := _of_mjd(_number(keys.get(name)), zero))), None)


def _moment(text: str) -> tuple[datetime, bool] | None:
    text = text.strip().rstrip("Z").replace("/", "-")
    if old := re.fullmatch(r"(\d\d)-(\d\d)-(\d\d)", text):  # day/month/year of the last century
        text = f"19{old[3]}-{old[2]}-{old[1]}"
    if not re.match(r"\d{4}-\d\d?-\d\d?", text):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    whole = when if when.tzinfo else when.replace(tzinfo=UTC)
    return whole.astimezone(UTC), len(text) > len("2020-01-01")


def _clock(text: str) -> timedelta | None:
    match = re.fullmatch(r"(\d{1,2}):(\d{2}):(\d{2}(?:\.\d*)?)", text.strip())
    return timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=float(match[3])) if match else None


def _of_mjd(days: float | None, zero: float) -> datetime | None:
    if days is None or not 15000 < days - zero < 100000:
        return None
    return _rounded(_EPOCH + timedelta(days=days - zero))


def _rounded(moment: datetime) -> datetime:
    """To the millisecond, which is what a day number of double precision holds."""
    return (moment + timedelta(microseconds=500)).replace(
        microsecond=(moment + timedelta(microseconds=500)).microsecond // 1000 * 1000
    )
