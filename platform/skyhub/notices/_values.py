"""Values of notices as they come, text or JSON, turned into numbers, words and times, or refused."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.errors import InvalidInput
from skyhub.notices._notice import MapFile, Property

__all__ = [
    "YEAR", "flag", "link", "map_file", "moment", "number", "probabilities", "properties_of", "scalars", "unique", "word", "words",
]  # fmt: skip

YEAR = 365.25 * 86400
"""A Julian year (s)."""

_LONGEST_WORD = 300
_MOST_PROPERTIES = 300
_LEAP_SECOND = re.compile(r":60(?=$|[.Z+\-\s])")
_FITS_BEGINS = (b"SIMPLE  =", b"\x1f\x8b")
_YEARS = (1950, 2200)


def word(value: Any) -> str | None:
    """A value as one short text without its margins; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = " ".join(str(value).split())
    if not text.isprintable() or len(text) > _LONGEST_WORD:
        return None
    return text or None


def words(value: Any) -> list[str]:
    """A text, or a list of them."""
    given = value if isinstance(value, list) else [value]
    return [text for text in map(word, given) if text]


def number(value: Any, where: str) -> float | None:
    """A finite number; None if there is none. Raises `InvalidInput` if it is something else."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(f"{where} is {str(value)[:40]!r}: a number is needed.", where) from None
    if not math.isfinite(found):
        raise InvalidInput(f"{where} is {found}: a finite number is needed.", where)
    return found


def flag(value: Any) -> bool:
    """Whether a flag is set: true, or a text that says so."""
    return value is True or str(value).strip().lower() in ("1", "true", "yes")


def moment(value: Any, where: str) -> datetime | None:
    """A time in UTC; None if there is none. Raises `InvalidInput` if it is no time of ISO 8601, or of no sensible year."""
    text = word(value)
    if text is None:
        return None
    plain, leaps = _LEAP_SECOND.subn(":59", text.removesuffix(" UTC"))
    try:
        found = datetime.fromisoformat(plain) + timedelta(seconds=leaps)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{where} is {text[:40]!r}: a time such as 2026-11-22T03:00:00Z is needed.", where) from None
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise InvalidInput(f"{where} is {text[:40]}: years {_YEARS[0]} to {_YEARS[1]} are permitted.", where)
    return found


def probabilities(given: Any, where: str) -> dict[str, float]:
    """Probabilities by name. Raises `InvalidInput` if one is none."""
    if not given:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{where} is {str(given)[:40]!r}: probabilities by name are needed.", where)
    found = {name: number(value, name) for name, value in given.items()}
    for name, value in found.items():
        if value is not None and not -1e-6 <= value <= 1 + 1e-6:
            raise InvalidInput(f"{where} {name} is {value:g}: a probability between 0 and 1 is needed.", where)
    return {name: value for name, value in found.items() if value is not None}


def properties_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Property]:
    """Those values that are finite numbers or short words, by name."""
    found: dict[str, Property] = {}
    for name, value in pairs:
        kept = _property(value)
        if kept is not None and word(name) and len(found) < _MOST_PROPERTIES:
            found[name] = kept
    return found


def map_file(content: Any, where: str) -> MapFile:
    """A sky map that came as base64 of a FITS file, packed or not. Raises `InvalidInput` if it is none."""
    if not isinstance(content, str | bytes):
        raise InvalidInput(f"{where} is no text: base64 of a FITS file is needed.", where)
    try:
        plain = content if isinstance(content, bytes) else base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"{where} is no base64: {error}.", where) from None
    if not plain.startswith(_FITS_BEGINS):
        raise InvalidInput(f"{where} begins with {plain[:9]!r}: a FITS file is needed.", where)
    return MapFile(plain)


def link(value: Any) -> str | None:
    """An address on the web; None if it is anything else."""
    text = word(value)
    return text if text and text.startswith(("https://", "http://")) else None


def unique(values: Iterable[str | None]) -> tuple[str, ...]:
    """Values in their order, each once, without those that are missing."""
    return tuple(dict.fromkeys(value for value in values if value))


def _property(value: Any) -> Property | None:
    if isinstance(value, bool):
        return value
    text = word(value)
    if text is None:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        found = float(text)
    except ValueError:
        return text
    return found if math.isfinite(found) else None


def scalars(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values of a document that are no lists and no documents."""
    return ((name, value) for name, value in document.items() if isinstance(value, str | int | float))
