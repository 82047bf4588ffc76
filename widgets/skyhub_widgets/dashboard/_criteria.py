"""A selection of candidates as text: in the page's address, and as a scanner types ranges of annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from skyhub.errors import InvalidInput

__all__ = ["from_address", "ranges_of", "text_of_ranges", "to_address"]

_TERM = re.compile(r"(?:(?P<origin>[^:<>=]+):)?(?P<key>[^:<>=]+?)\s*(?P<sign>>=|<=|=)\s*(?P<value>.+)")
_BOUNDS = {">=": "min", "<=": "max", "=": "value"}
_OTHERS = {"view", "candidate", "night"}


def to_address(selection: Mapping[str, Any]) -> dict[str, str]:
    """A selection as parameters of an address; lists are JSON."""
    given = {name: value for name, value in selection.items() if value not in (None, "", [], (), False)}
    return {
        name: json.dumps(value) if isinstance(value, list | tuple | bool) else str(value)
        for name, value in given.items()
    }


def from_address(params: Mapping[str, str]) -> dict[str, Any]:
    """The selection of an address. Raises `InvalidInput` if a list is no JSON."""
    found: dict[str, Any] = {}
    for name, text in params.items():
        if name in _OTHERS:
            continue
        try:
            found[name] = json.loads(text) if text.startswith("[") else text
        except json.JSONDecodeError as error:
            raise InvalidInput(f"{name} in the address is no list: {error}. Choose anew.", name) from None
    return found


def ranges_of(text: str) -> list[dict[str, Any]]:
    """Ranges of annotations from text such as ``ZTF:drb >= 0.9, mag <= 19, Gaia:class = star``.

    Raises
    ------
    InvalidInput
        Naming the first term that says no range.
    """
    found: dict[tuple[str | None, str], dict[str, Any]] = {}
    for term in filter(None, (part.strip() for part in re.split(r"[,\n;]", text))):
        said = _TERM.fullmatch(term)
        if said is None:
            raise InvalidInput(
                f"{term!r} is no range: write KEY >= NUMBER, KEY <= NUMBER or ORIGIN:KEY = VALUE.", "annotations"
            )
        origin, key = said["origin"] and said["origin"].strip(), said["key"].strip()
        value = _value(said["value"].strip())
        if said["sign"] != "=" and not isinstance(value, float):
            raise InvalidInput(f"{value!r} in {term!r} is no number.", "annotations")
        asked = found.setdefault((origin, key), {"key": key} | ({"origin": origin} if origin else {}))
        asked[_BOUNDS[said["sign"]]] = value
    return list(found.values())


def text_of_ranges(ranges: list[dict[str, Any]]) -> str:
    """Ranges as a scanner would type them."""
    terms = []
    for asked in ranges:
        name = f"{asked['origin']}:{asked['key']}" if asked.get("origin") else asked["key"]
        terms += [f"{name} {sign} {asked[bound]}" for sign, bound in _BOUNDS.items() if asked.get(bound) is not None]
    return ", ".join(terms)


def _value(text: str) -> float | str | bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text
