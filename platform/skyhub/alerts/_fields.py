"""Reading fields of a decoded record by their paths, and keeping the rest of the record as JSON."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from skyhub.errors import PacketRejected

__all__ = ["Fields", "Getter", "Readers", "kept_fields", "value_at"]

Fields = Mapping[str, Any]
Getter = Callable[[Fields], Any]

_LARGEST = 3e38
_LARGEST_INTEGER = 2**63 - 1
_LEVEL, _GZIP = 3, 31  # more than level 3 saves 3 % of room in half as much time again; 31 is a header of gzip


def kept_fields(record: Fields, left_out: Collection[str]) -> bytes:
    """The fields of a packet but those `left_out`, as gzipped JSON."""
    kept = {key: value for key, value in record.items() if key not in left_out}
    try:
        text = _ENCODER.encode(kept)
    except (TypeError, ValueError):  # a NaN, for which JSON has no word, or a key that is no text
        text = json.dumps(_plain(kept))
    return zlib.compress(text.encode(), _LEVEL, _GZIP)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | None) else str(value)


_ENCODER = json.JSONEncoder(allow_nan=False, default=_plain)


def value_at(record: Any, path: str) -> Any:
    """The value at a path such as ``candidate.ra``, None where a part of it is missing.

    Raises
    ------
    PacketRejected
        If something on the way is no record.
    """
    for name in path.split("."):
        if record is None:
            return None
        if not isinstance(record, Mapping):
            raise PacketRejected(f"{path} is within a {type(record).__name__}: a record is needed", path)
        record = record.get(name)
    return record


class Readers:
    """Makes functions that read values of one survey, which says what stands for no value.

    Each function takes a record and returns a value or None; it raises `PacketRejected` for a value of another type.

    Parameters
    ----------
    nothing
        Values that stand for none, besides null and NaN.
    """

    def __init__(self, nothing: Collection[str | float] = ()) -> None:
        self._nothing = frozenset({"", "null", "nan", *nothing})

    def value(self, paths: Sequence[str]) -> Getter:
        """Of several paths, the first value that stands for something."""
        if not paths:
            return lambda record: None
        nothing = self._nothing
        if len(paths) == 1 and "." not in paths[0]:
            [name] = paths

            def at_once(record: Fields) -> Any:
                found = record.get(name)
                return None if _says_nothing(found, nothing) else found

            return at_once

        def first(record: Fields) -> Any:
            for path in paths:
                found = value_at(record, path)
                if not _says_nothing(found, nothing):
                    return found
            return None

        return first

    def number(self, paths: Sequence[str]) -> Callable[[Fields], float | None]:
        """A finite number."""
        get = self.value(paths)
        where = " or ".join(paths)

        def read(record: Fields) -> float | None:
            found = get(record)
            if found is None:
                return None
            if isinstance(found, bool) or not isinstance(found, int | float) or not -_LARGEST < found < _LARGEST:
                raise PacketRejected(f"{where} is {found!r:.80}: a number below {_LARGEST:g} is needed", where)
            return float(found)

        return read

    def integer(self, paths: Sequence[str], digits: bool = False) -> Callable[[Fields], int | None]:
        """A positive integer of 63 bits (never through a float), or the digits of a text; 0 stands for none."""
        get = self.value(paths)
        where = " or ".join(paths)

        def read(record: Fields) -> int | None:
            found = get(record)
            if digits and isinstance(found, str):
                found = int("".join(c for c in found[:60] if c in "0123456789") or "0")
            if found is None or (found is not True and found == 0):
                return None
            if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= _LARGEST_INTEGER:
                raise PacketRejected(f"{where} is {found!r:.80}: a positive integer of 63 bits is needed", where)
            return found

        return read

    def text(self, paths: Sequence[str]) -> Callable[[Fields], str | None]:
        """A text, or a number as one; 0 stands for none, as in identifiers."""
        get = self.value(paths)
        where = " or ".join(paths)

        def read(record: Fields) -> str | None:
            found = get(record)
            if found is None or (found is not False and found == 0):
                return None
            if isinstance(found, bool) or not isinstance(found, str | int):
                raise PacketRejected(f"{where} is {found!r:.80}: a text or an integer is needed", where)
            return str(found).strip() or None

        return read

    def flag(self, paths: Sequence[str]) -> Callable[[Fields], bool | None]:
        """True for ``t``, ``1``, ``true`` in any case."""
        get = self.value(paths)
        return lambda record: None if (found := get(record)) is None else str(found).lower() in {"t", "1", "true"}


def _says_nothing(value: Any, nothing: frozenset[str | float]) -> bool:
    if value is None:
        return True
    if isinstance(value, float):
        return value != value or value in nothing
    return isinstance(value, str | int) and value in nothing
