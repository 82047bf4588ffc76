"""Sky maps: one algebra on sorted HEALPix cells for all that is asked of a localization."""

from __future__ import annotations

from skyhub.science._sky_map import PIXEL_DEG2, MapFacts, SkyMap
from skyhub.science._sky_map_combined import Combination, combined, mixture, overlap_integral, product
from skyhub.science._sky_map_contours import contours_of
from skyhub.science._sky_map_coverage import (
    Coverage,
    cover,
    cover_pointings,
    cover_within,
    pointing_order,
    probability_by_field,
)
from skyhub.science._sky_map_earth import EarthDisc, earth_disc, hidden_by_earth, without_earth
from skyhub.science._sky_map_read import decode_sky_map, read_sky_map
from skyhub.science._sky_map_volume import Distances
from skyhub.science._sky_map_write import healpix_of, write_sky_map

__all__ = [
    "PIXEL_DEG2",
    "Combination",
    "Coverage",
    "Distances",
    "EarthDisc",
    "MapFacts",
    "SkyMap",
    "combined",
    "contours_of",
    "cover",
    "cover_pointings",
    "cover_within",
    "decode_sky_map",
    "earth_disc",
    "healpix_of",
    "hidden_by_earth",
    "mixture",
    "overlap_integral",
    "pointing_order",
    "probability_by_field",
    "product",
    "read_sky_map",
    "without_earth",
    "write_sky_map",
]
