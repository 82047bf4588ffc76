"""Sky maps: one algebra on sorted HEALPix cells for all that is asked of a localization."""

from __future__ import annotations

from skyhub.science._sky_map import Distances, MapFacts, SkyMap

__all__ = ["Distances", "MapFacts", "SkyMap"]
