"""Localizations: where events may be, and what lies there."""

from skyhub.localizations._combined import combine_localizations, overlap_of
from skyhub.localizations._files import (
    FileAnswer,
    combine_files,
    coverage_of_files,
    levels_at,
    read_map,
    search_file,
    stats_of_map,
)
from skyhub.localizations._galaxies import GalaxyWeight, WeighedGalaxies, weighed_galaxies
from skyhub.localizations._inside import InsideLocalization, PlaceTest, inside
from skyhub.localizations._maps import keep_map, kept_map, map_of
from skyhub.localizations._models import LOCALIZATIONS, Localization, facts_of_map
from skyhub.localizations._request import (
    CombinedLocalizations,
    HidingEarth,
    LocalizationUpload,
    PositionSearch,
    shape_of,
)
from skyhub.localizations._store import Brought, bring, keep_localization, store_localization
from skyhub.localizations._unhidden import localization_without_earth

__all__ = [
    "KINDS",
    "LOCALIZATIONS",
    "Brought",
    "CombinedLocalizations",
    "FileAnswer",
    "GalaxyWeight",
    "HidingEarth",
    "InsideLocalization",
    "Localization",
    "LocalizationUpload",
    "PlaceTest",
    "PositionSearch",
    "WeighedGalaxies",
    "bring",
    "combine_files",
    "combine_localizations",
    "coverage_of_files",
    "facts_of_map",
    "inside",
    "keep_localization",
    "keep_map",
    "kept_map",
    "levels_at",
    "localization_without_earth",
    "map_of",
    "overlap_of",
    "read_map",
    "search_file",
    "shape_of",
    "stats_of_map",
    "store_localization",
    "weighed_galaxies",
]

KINDS = (LOCALIZATIONS,)
