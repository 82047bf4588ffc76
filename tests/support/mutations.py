"""Real alert packets, spoilt at random: bytes of their files, or fields of their records."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, MutableMapping, MutableSequence
from typing import Any

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 10**40,
    float("nan"), float("inf"), -999.0, -99999.0, 1.5, 400.0, 60000.0, 2460000.5, 1e30, 1e39, 1e300, -1e300, 5e-324,
    "", "null", "None", "nan", "text", "1", "\x00", "é🔭" * 50, b"", b"\x00\xff",
    [], {}, [None], [{}], {"a": {"b": []}}, [[1]], (1, 2),
)  # fmt: skip


def spoilt_bytes(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed, put in, taken out or cut off, more often in the first part, where the schema is."""
    spoilt = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5, 30])):
        at = rng.randrange(len(spoilt) or 1) if rng.random() < 0.6 else rng.randrange(min(len(spoilt), 4000) or 1)
        how = rng.random()
        if how < 0.3:
            spoilt[at : at + 1] = bytes([rng.randrange(256)])
        elif how < 0.6 and spoilt:
            spoilt[at] ^= 1 << rng.randrange(8)
        elif how < 0.75:
            spoilt[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif how < 0.9:
            del spoilt[at : at + rng.randrange(1, 500)]
        else:
            del spoilt[at:]
    return bytes(spoilt)


def spoilt_record(record: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A record some of whose fields are dropped, have values of other types, or are repeated."""
    spoilt = copy.deepcopy(record)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        places = list(_places(spoilt))
        if not places:
            break
        holder, key = rng.choice(places)
        how = rng.random()
        if how < 0.2:
            del holder[key]
        elif how < 0.3 and isinstance(holder, MutableSequence):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif how < 0.35 and isinstance(holder, MutableMapping):
            holder[f"{key}_"] = holder.pop(key)
        else:
            holder[key] = copy.deepcopy(rng.choice(_VALUES))
    return spoilt


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Every place of a record: its fields, those within them, and some entries of its lists."""
    if isinstance(value, dict):
        for key in list(value):
            yield value, key
            yield from _places(value[key], depth + 1)
    elif isinstance(value, list) and depth < 4:
        for at in range(min(len(value), 2)):
            yield value, at
            yield from _places(value[at], depth + 1)
