"""What the tables of an event show: one row a notice and one column a property; one row a localization."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from skyhub.science.coordinates import sexagesimal

__all__ = ["MAP_COLUMNS", "map_rows", "notice_columns", "notice_rows", "property_names"]

_NOTICE_COLUMNS: list[dict[str, Any]] = [
    {"field": "since_t0", "title": "Came", "unit": "h after T0", "kind": "number", "digits": 3},
    {"field": "notice_type", "title": "Type"},
    {"field": "issued_at", "title": "Issued", "unit": "UTC", "kind": "time"},
    {"field": "tags", "title": "Tags"},
]
_ELSEWHERE: dict[str, Any] = {
    "field": "elsewhere", "title": "Map elsewhere", "description": "How the map fares that the notice names by its address",
}  # fmt: skip
MAP_COLUMNS: list[dict[str, Any]] = [
    {"field": "localization_id", "title": "Map"},
    {"field": "name", "title": "Name"},
    {"field": "notice_type", "title": "Of"},
    {"field": "known_at", "title": "Came", "unit": "UTC", "kind": "time"},
    {"field": "tags", "title": "Tags"},
    {"field": "instruments", "title": "Detectors"},
    {"field": "area_50", "title": "50 %", "unit": "deg²", "kind": "number", "digits": 1},
    {"field": "area_90", "title": "90 %", "unit": "deg²", "kind": "number", "digits": 1},
    {"field": "prob_500", "title": "In 500 deg²", "kind": "number", "digits": 3},
    {"field": "centre", "title": "Densest at", "description": "Centre of the densest cell, ICRS"},
    {"field": "max_ra", "title": "RA", "unit": "deg", "kind": "number", "digits": 3},
    {"field": "max_dec", "title": "Dec", "unit": "deg", "kind": "number", "digits": 3},
    {"field": "max_l", "title": "l", "unit": "deg", "kind": "number", "digits": 2},
    {"field": "max_b", "title": "b", "unit": "deg", "kind": "number", "digits": 2},
    {"field": "ebv", "title": "E(B−V)", "unit": "mag", "kind": "number", "digits": 3},
    {"field": "distmean", "title": "Distance", "unit": "Mpc", "kind": "number", "digits": 0},
    {"field": "diststd", "title": "±", "unit": "Mpc", "kind": "number", "digits": 0},
]
_AREAS = (100, 500, 1000)
_STATES = {
    "waiting": "waiting",
    "fetching": "being fetched",
    "got": "got",
    "given_up": "given up",
    "not_permitted": "not permitted",
}


def property_names(event: Mapping[str, Any]) -> list[str]:
    """Properties that any notice of an event states."""
    return sorted({name for notice in event["notices"] for name in notice["properties"]})


def notice_columns(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Columns of the table of notices; those of maps elsewhere only if a notice names one."""
    elsewhere = [_ELSEWHERE] if any(notice["maps"] for notice in event["notices"]) else []
    properties = [{"field": f"property {name}", "title": name} for name in property_names(event)]
    return [*_NOTICE_COLUMNS, *elsewhere, *properties]


def notice_rows(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a notice, in their order; one field a property."""
    t0, properties = datetime.fromisoformat(event["trigger_time"]), property_names(event)
    return [
        {
            "event_notice_id": str(notice["event_notice_id"]),
            "since_t0": (datetime.fromisoformat(notice["known_at"]) - t0).total_seconds() / 3600,
            "notice_type": notice["notice_type"],
            "issued_at": notice["issued_at"],
            "tags": ", ".join(notice["tags"]),
            "elsewhere": "; ".join(map(_elsewhere, notice["maps"])),
            **{f"property {name}": _text(notice["properties"].get(name)) for name in properties},
        }
        for notice in event["notices"]
    ]


def map_rows(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a localization, newest first."""
    return [
        {
            **one,
            "centre": " ".join(sexagesimal(one["max_ra"], one["max_dec"])),
            "instruments": (one["instruments"] or "").replace(",", ", "),
            "tags": ", ".join(_tags(one)),
        }
        for one in event["localizations"]
    ]


def _tags(one: Mapping[str, Any]) -> list[str]:
    area = next((f"< {most} deg²" for most in _AREAS if one["area_90"] < most), f"≥ {_AREAS[-1]} deg²")
    return [area, *(["3-D"] if one["has_distances"] else []), *([one["creator"]] if one["creator"] else [])]


def _elsewhere(one: Mapping[str, Any]) -> str:
    state, why = _STATES[one["state"]], one["detail"]
    if one["state"] == "waiting" and one["next_at"]:
        state = f"waiting until {str(one['next_at'])[11:16]} UTC"
    return f"{state}: {why}" if why else state


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return f"{value:.4g}" if isinstance(value, float) else str(value)
