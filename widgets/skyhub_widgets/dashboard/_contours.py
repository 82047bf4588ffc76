"""Contours of a localization, as a plot of the sky takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skyhub.client import Sky

__all__ = ["contours_of"]


def contours_of(sky: Sky, localization: int | str, levels: Sequence[float], as_of: str | None = None) -> dict[str, Any]:
    """Lines of shape ``(n, 2)`` (ICRS, deg) around credible regions, by names such as ``90%``."""
    found = sky.transport.get(f"/api/localizations/{localization}/contours", level=list(levels), as_of=as_of)
    return {
        f"{feature['properties']['level']:.0%}": [line for line in feature["geometry"]["coordinates"] if len(line) > 1]
        for feature in found["features"]
    }
