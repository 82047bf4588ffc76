"""Angles between places, for brokers that give no separation."""

from __future__ import annotations

import math
from collections.abc import Iterable

from skyhub.adapters.brokers._protocol import Found

__all__ = ["near", "separation"]


def separation(centre: tuple[float, float] | None, ra: float | None, dec: float | None) -> float | None:
    """Angle (arcsec) between two places (deg), by the haversine, which is exact for small ones; None if one is not known.

    Examples
    --------
    >>> round(separation((10.0, 60.0), 10.0 + 1 / 1800, 60.0), 6)
    1.0
    """
    if centre is None or ra is None or dec is None:
        return None
    (ra0, dec0), half = (math.radians(c) for c in centre), 0.5
    across = math.sin(half * (math.radians(ra) - ra0)) ** 2 * math.cos(dec0) * math.cos(math.radians(dec))
    along = math.sin(half * (math.radians(dec) - dec0)) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(along + across)))) * 3600


def near(found: Iterable[Found]) -> list[Found]:
    """Each object once, by its newest detection, the nearest first."""
    newest: dict[str, Found] = {}
    for one in found:
        known = newest.get(one.object_id)
        if known is None or (one.mjd or 0.0) > (known.mjd or 0.0):
            newest[one.object_id] = one
    return sorted(newest.values(), key=lambda one: (one.separation is None, one.separation, one.object_id))
