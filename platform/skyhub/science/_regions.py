"""Reading ds9 region files: the shapes on the sky that they list."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from skyhub.errors import InvalidInput

__all__ = ["Shape", "read_shapes"]

_SYSTEMS = {"icrs", "fk5", "j2000"}
_SHAPES = {"polygon", "box", "rotbox", "circle", "ellipse"}
_SHAPE = re.compile(r"([+-]?)\s*([a-z]+)\s*[\s(]\s*([^)]*)\)?(?:\s*#.*)?", re.IGNORECASE)
_UNITS = {"": 1.0, "d": 1.0, "'": 1 / 60, '"': 1 / 3600, "r": float(np.degrees(1))}
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(['\"dr]?)", re.IGNORECASE)


class Shape(NamedTuple):
    """One shape of a region: a polygon's corners, or centre, full width and height, and position angle (deg)."""

    kind: str
    numbers: tuple[float, ...]


def read_shapes(text: str) -> list[Shape]:
    """The shapes of a region file, in degrees.

    Raises
    ------
    InvalidInput
        If there is none, or something that is not a shape on the sky.
    """
    shapes = []
    for number, line in enumerate(text.splitlines(), start=1):
        for part in _parts(line):
            word = part.split()[0].lower()
            if word == "global" or word in _SYSTEMS:
                continue
            shapes.append(_shape(part, number))
    if not shapes:
        raise _refused("has no shape", 0)
    return shapes


def _parts(line: str) -> list[str]:
    code = line.split("#", 1)[0]
    return [part.strip() for part in code.split(";") if part.strip()]


def _shape(text: str, line: int) -> Shape:
    found = _SHAPE.fullmatch(text)
    kind = found[2].lower() if found else ""
    if not found or kind not in _SHAPES:
        raise _refused(f"has {text[:40]!r}", line)
    if found[1] == "-":
        raise _refused("takes something away", line)
    words = [word for word in re.split(r"[\s,]+", found[3].strip()) if word]
    shape = Shape(kind, _polygon(words, line)) if kind == "polygon" else _round_or_box(kind, words, line)
    if not all(-90 <= lat <= 90 for lat in shape.numbers[1 : 2 if shape.kind != "polygon" else None : 2]):
        raise _refused("goes beyond the poles", line)
    return shape


def _polygon(words: list[str], line: int) -> tuple[float, ...]:
    if len(words) < 6 or len(words) % 2:
        raise _refused(f"has a polygon of {len(words)} numbers", line)
    return tuple(_coordinate(word, n % 2 == 0, line) for n, word in enumerate(words))


def _round_or_box(kind: str, words: list[str], line: int) -> Shape:
    expected = 3 if kind == "circle" else 5
    if len(words) not in (expected, 4 if kind != "circle" else expected):
        raise _refused(f"has a {kind} of {len(words)} numbers", line)
    lon, lat = _coordinate(words[0], True, line), _coordinate(words[1], False, line)
    sizes = [_number(word, line) for word in words[2:]]
    if kind == "circle":
        sizes = [2 * sizes[0], 2 * sizes[0]]
    elif kind == "ellipse":
        sizes = [2 * sizes[0], 2 * sizes[1], *sizes[2:]]
    if min(sizes[:2]) <= 0:
        raise _refused(f"has a {kind} without extent", line)
    return Shape("box" if kind == "rotbox" else kind, (lon, lat, *sizes, 0.0)[:5])


def _coordinate(word: str, is_longitude: bool, line: int) -> float:
    if ":" not in word:
        return _number(word, line)
    sign = -1 if word.startswith("-") else 1
    try:
        parts = [float(part) for part in word.lstrip("+-").split(":")]
    except ValueError:
        raise _refused(f"has {word!r} for a number", line) from None
    value = sum(part / 60.0**power for power, part in enumerate(parts))
    return float(sign * value * (15 if is_longitude else 1))


def _number(word: str, line: int) -> float:
    found = _LENGTH.fullmatch(word)
    if not found:
        raise _refused(f"has {word!r} for a number", line)
    return float(found[1]) * _UNITS[found[2].lower()]


def _refused(what: str, line: int) -> InvalidInput:
    where = f" in line {line}" if line else ""
    return InvalidInput(
        f"the region {what}{where}: polygon, box, circle and ellipse in degrees (icrs, fk5, or offsets without a system) "
        "are permitted, not pixels and nothing taken away.",
        "footprint",
    )
