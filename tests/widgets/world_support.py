"""Telescopes and what was found of them, as the service tells it."""

from __future__ import annotations

from typing import Any

from skyhub.science.visibility import globe_at

T0 = 58_598.346


def telescope(name: str, latitude: float, longitude: float, now: float = 0.0, tonight: float = 0.0) -> dict[str, Any]:
    times = dict.fromkeys(("begin", "end", "best_time"), "2019-04-25T09:00:00.000Z" if tonight else None)
    return {
        "telescope": name, "latitude": latitude, "longitude": longitude, "sun_altitude": -30.0, "now": now, "tonight": tonight,
        "best_probability": tonight, **times,
    }  # fmt: skip


def found_of(*telescopes: dict[str, Any], mjd: float = T0) -> dict[str, Any]:
    globe = globe_at(mjd)
    return {
        "time": "2019-04-25T08:18:14.400Z", "sun": globe.sun, "moon": globe.moon, "to_earth": globe.to_earth.tolist(),
        "telescopes": list(telescopes),
    }  # fmt: skip
