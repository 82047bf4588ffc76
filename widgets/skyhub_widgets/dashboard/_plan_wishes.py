"""What may be wished of a plan: the fields of the form, and as they travel in an address and to the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from skyhub.errors import InvalidInput

from skyhub_widgets._controls import shown
from skyhub_widgets._parameters import parameter_from

__all__ = ["LOCAL", "OWN", "RARE", "WISHES", "differing", "own_texts_of", "texts_of", "wishes_of", "wishes_of_texts"]

RARE = (
    "end", "filter_strategy", "balance_exposure", "sun_altitude", "moon_illumination", "hour_angle", "credible_level",
    "total_hours", "order", "pointings", "catalog", "weight", "field_set", "references", "ra_range", "field_ids", "subtract",
    "subtract_deeper", "subtract_visits", "budget",
)  # fmt: skip
"""What is rarely needed."""


def _choice(title: str, description: str, *values: str) -> dict[str, Any]:
    return {"type": "string", "title": title, "default": "", "enum": ["", *values], "description": description}


_NEEDED = "needed"
_PARTS = "parts"
_SAID = {"references": (_NEEDED, True), "balance_exposure": (_PARTS, False)}
"""What the form says of wishes that are true or false."""


WISHES: dict[str, dict[str, Any]] = {
    "start": {"type": "string", "title": "Start (UTC)", "default": "", "description": "Empty: now"},
    "hours": {"type": "number", "title": "Hours", "default": 24.0, "description": "How long it may last"},
    "filters": {"type": "list", "title": "Filters", "default": [], "description": "Visits take them in turn"},
    "exposure": {"type": "string", "title": "Exposure (s)", "default": "300", "description": "Or by filter: g=30, r=60"},
    "visits": {"type": "integer", "title": "Visits", "default": None, "minimum": 1, "description": "One a filter, at least"},
    "gap": {"type": "number", "title": "Gap (min)", "default": 30.0, "minimum": 0, "description": "Between two visits"},
    "airmass": {"type": "number", "title": "Airmass", "default": 2.5, "minimum": 1, "description": "At most"},
    "moon_separation": {"type": "number", "title": "Moon (deg)", "default": 0.0, "description": "Away at least"},
    "galactic_latitude": {"type": "number", "title": "Galactic |b| (deg)", "default": 0.0, "description": "At least"},
    "max_fields": {"type": "integer", "title": "Fields", "default": None, "minimum": 1, "description": "At most"},
    "excluded_fields": {"type": "list", "title": "Left out", "default": [], "description": "Numbers of fields"},
    "pinned_fields": {"type": "list", "title": "Pinned", "default": [], "description": "Before all others"},
    "end": {"type": "string", "title": "End (UTC)", "default": "", "description": "Instead of hours"},
    "filter_strategy": _choice("Filter strategy", "Empty: one a visit", "integrated"),
    "balance_exposure": _choice("Balance", "Empty: all visits or none", _PARTS),
    "sun_altitude": {"type": "number", "title": "Sun (deg)", "default": -12.0, "description": "Altitude, at most"},
    "moon_illumination": {"type": "number", "title": "Moon lit", "default": None, "description": "Fraction, at most"},
    "hour_angle": {"type": "number", "title": "Hour angle (h)", "default": None, "description": "At most"},
    "credible_level": {"type": "number", "title": "Credible level", "default": None, "description": "Only inside counts"},
    "total_hours": {"type": "number", "title": "Time (h)", "default": None, "description": "At the telescope, at most"},
    "order": _choice("Order", "Empty: short ways", "airmass"),
    "pointings": _choice("Pointings", "Empty: its fields", "own", "galaxies"),
    "catalog": {"type": "string", "title": "Catalogue", "default": "", "description": "Of galaxies; empty: all"},
    "weight": _choice("Galaxies by", "Empty: mass", "luminosity", "none"),
    "field_set": {"type": "string", "title": "Set of fields", "default": "", "description": "primary, secondary; empty: all"},
    "references": _choice("References", "In all filters", _NEEDED),
    "ra_range": {"type": "list", "title": "RA (deg)", "default": [], "description": "From, to: 350, 20"},
    "field_ids": {"type": "list", "title": "Only fields", "default": [], "description": "Numbers of fields"},
    "subtract": _choice("Subtract", "What was seen", "observed"),
    "subtract_deeper": {"type": "number", "title": "Seen deeper (mag)", "default": None, "description": "What counts as seen"},
    "subtract_visits": {"type": "integer", "title": "Seen so often", "default": None, "minimum": 1, "description": "At least"},
    "budget": {"type": "number", "title": "Budget (s)", "default": 6.0, "description": "For the optimiser"},
}  # fmt: skip
"""Fields of the form by the names that drafts know."""


_COMMON = ("start", "hours", "end", "catalog", "weight", "subtract", "subtract_deeper", "subtract_visits", "budget")
"""What is the same for all telescopes: when, and on which map."""
LOCAL = ("field_ids", "excluded_fields", "pinned_fields", "field_set")
"""What is of one telescope's fields, and so never meant for another one."""


def _as_above(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    empty: Any = [] if spec["type"] == "list" else ("" if spec["type"] == "string" else None)
    return {**spec, "default": empty} | ({} if name in LOCAL else {"description": "Empty: as above"})


OWN = {name: _as_above(name, spec) for name, spec in WISHES.items() if name not in _COMMON}
"""Fields of the form of another telescope: what differs for it."""


def differing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the form of another telescope as a draft takes them: those that were given.

    Raises
    ------
    InvalidInput
        If a list has what is no number.
    """
    found = _given(values)
    for name, (text, wish) in _SAID.items():
        if name in found:
            found[name] = wish if found[name] == text else not wish
    if "exposure" in found:
        found["exposure"] = _exposure(str(found["exposure"]))
    lists: tuple[tuple[str, Callable[[str], float]], ...] = (
        ("excluded_fields", int), ("pinned_fields", int), ("field_ids", int), ("ra_range", float),
    )  # fmt: skip
    for name, kind in lists:
        if name in found:
            found[name] = _numbers(found[name], kind, name)
    return found


def wishes_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the form as a draft takes them; what was not wished is left out.

    Raises
    ------
    InvalidInput
        If a list has what is no number.
    """
    found = {"start": _now(), "exposure": "300", **_given(values)}
    if "end" in found:
        found.pop("hours", None)
    return differing(found)


def wishes_of_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """The same from texts, as an address has them. Raises `InvalidInput` naming what cannot be."""
    values = {name: parameter_from(name, spec).read(texts.get(name, "")) for name, spec in WISHES.items()}
    return wishes_of(values)


def texts_of(wishes: Mapping[str, Any]) -> dict[str, str]:
    """Wishes of a draft as texts for the fields of the form: those that are not wished stand as they do by default."""
    given = _typed(wishes, WISHES)
    if "end" in given:
        given.setdefault("hours", "")
    return {name: shown(given.get(name, spec["default"])) for name, spec in WISHES.items()}


def own_texts_of(wishes: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, str]:
    """Wishes of another telescope's draft as texts for its form: those that are not the same as the common ones."""
    own = {name: value for name, value in wishes.items() if name in LOCAL or value != common.get(name)}
    given = _typed(own, OWN)
    return {name: shown(given.get(name, spec["default"])) for name, spec in OWN.items()}


def _typed(wishes: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Wishes as a person would type them; what stands for the default is empty."""
    given = {name: value for name, value in wishes.items() if name in fields}
    for name, (text, wish) in _SAID.items():
        if given.get(name) == wish:
            given[name] = text
    given |= {n: "" for n, value in given.items() if "enum" in fields[n] and value not in fields[n]["enum"]}
    if isinstance(given.get("exposure"), Mapping):
        given["exposure"] = ", ".join(f"{name}={seconds:g}" for name, seconds in given["exposure"].items())
    return given


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _now() -> str:
    return datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None).isoformat()


def _exposure(text: str) -> float | dict[str, float]:
    try:
        if "=" not in text:
            return float(text)
        pairs = [part.split("=") for part in text.split(",") if part.strip()]
        return {name.strip(): float(seconds) for name, seconds in pairs}
    except ValueError:
        raise InvalidInput(
            f"the exposure is {text!r}: give seconds as 300, or by filter as g=30, r=60.", "exposure"
        ) from None


def _numbers(given: Sequence[str], kind: Callable[[str], float], name: str) -> list[float]:
    try:
        return [kind(text) for text in given]
    except ValueError:
        raise InvalidInput(
            f"{', '.join(given)} was given: numbers, separated by commas, are permitted.", name
        ) from None
