"""Records of Rubin's alerts to spoil."""

from __future__ import annotations

from typing import Any


def lsst_source(number: Any, **changes: Any) -> dict[str, Any]:
    """A DIA source with what is read of it."""
    return {
        "diaSourceId": number,
        "diaObjectId": 77,
        "ssObjectId": 0,
        "midpointMjdTai": 61365.2,
        "ra": 150.0,
        "dec": -2.0,
        "band": "r",
        "psfFlux": 2500.0,
        "psfFluxErr": 100.0,
        "reliability": 0.9,
        **changes,
    }


def lsst(**changes: Any) -> dict[str, Any]:
    """A whole record."""
    return {
        "diaSourceId": 7,
        "diaSource": lsst_source(7),
        "prvDiaSources": None,
        "prvDiaForcedSources": None,
        "diaObject": {"diaObjectId": 77, "nDiaSources": 3},
        "ssSource": None,
        "mpc_orbits": None,
        "cutoutScience": None,
        "cutoutTemplate": None,
        "cutoutDifference": None,
        **changes,
    }
