"""Names of events and of transients in text, each written in one way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Name", "names_in"]


@dataclass(frozen=True)
class Name:
    """A name as it is written here, with what it is a name of."""

    kind: str
    """``burst``, ``gravitational wave``, ``neutrino``, ``magnetar``, ``radio burst``, ``trigger`` or ``transient``."""
    name: str
    at: int
    """Where it begins in the text."""


_Form = tuple[str, "re.Pattern[str]", Callable[["re.Match[str]"], str]]

_OBSERVATORIES = {"icecube": "IceCube", "hawc": "HAWC", "nuem": "NuEM", "antares": "ANTARES"}


def _burst(m: re.Match[str]) -> str:
    return f"{m[1].upper()} {m[2]}{(m[3] or '').upper()}"


def _neutrino(m: re.Match[str]) -> str:
    return f"{_OBSERVATORIES[m[1].lower()]}-{m[2].upper()}"


_FORMS: tuple[_Form, ...] = (
    ("burst", re.compile(r"\b(GRB|XRF)[\s._-]*(\d{6})\s?([A-Z](?![A-Za-z])|\.\d{2,3}\b)?", re.I), _burst),
    ("burst", re.compile(r"\bEP[\s._-]*(\d{6}[a-z]?)\b", re.I), lambda m: f"EP{m[1].lower()}"),
    ("gravitational wave", re.compile(r"\b(M?S\d{6}[a-z]{1,3})(?![a-zA-Z0-9])"), lambda m: m[1]),
    ("gravitational wave", re.compile(r"\bGW[\s._-]?(\d{6}(?:_\d{6})?)\b"), lambda m: f"GW{m[1]}"),
    ("neutrino", re.compile(r"\b(IceCube|HAWC|NuEM|ANTARES)[\s._-]*(\d{6}[A-Z])\b", re.I), _neutrino),
    ("magnetar", re.compile(r"\b(SGR|AXP)[\s._-]*(J?\d{4}(?:\.\d)?[+-]\d{4})", re.I), lambda m: f"{m[1].upper()} {m[2].upper()}"),
    ("magnetar", re.compile(r"\b(Swift|MAXI)\s(J\d{4}(?:\.\d)?[+-]\d{3,4})"), lambda m: f"{m[1]} {m[2]}"),
    ("radio burst", re.compile(r"\bFRB[\s._-]*(\d{6,8}[A-Z]*)\b", re.I), lambda m: f"FRB {m[1].upper()}"),
    ("transient", re.compile(r"\b(AT|SN)[\s_]?((?:19|20)\d{2}(?:[a-z]{2,4}|[A-Z]))\b"), lambda m: f"{m[1]} {m[2]}"),
    ("transient", re.compile(r"\b((?:ZTF|ATLAS|GOTO|PS|Gaia|WNTR|LS)\d{2}[a-z]{3,8})\b"), lambda m: m[1]),
    ("transient", re.compile(r"\b(LSXPS|SPT-SV)\s?(J\d{6}(?:\.\d+)?[+-]\d{6})"), lambda m: f"{m[1]} {m[2]}"),
    ("trigger", re.compile(r"\btriggers?\s*(?:ID|No\.?|number|=|#|:)?\s*[=#:]?\s*(\d{6,10})\b", re.I), lambda m: f"trigger {m[1]}"),
    ("trigger", re.compile(r"\bbn(\d{9})\b"), lambda m: f"bn{m[1]}"),
    ("trigger", re.compile(r"(?<!\d)(\d{6}_\d{5,9})(?!\d)"), lambda m: m[1]),
)  # fmt: skip


def names_in(text: str) -> list[Name]:
    """The names in a text, in its order, each once.

    Examples
    --------
    >>> [name.name for name in names_in("Fermi GRB230812b (trigger 713559497) is not S230812x; see IceCube 230914A")]
    ['GRB 230812B', 'trigger 713559497', 'S230812x', 'IceCube-230914A']
    """
    found = [
        Name(kind, write(match), match.start()) for kind, pattern, write in _FORMS for match in pattern.finditer(text)
    ]
    first: dict[str, Name] = {}
    for name in sorted(found, key=lambda one: one.at):
        first.setdefault(name.name, name)
    return list(first.values())
