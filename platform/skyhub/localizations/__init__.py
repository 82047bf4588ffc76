"""Localizations: where events may be, and what lies there."""

from skyhub.localizations._files import FileAnswer, coverage_of_files, levels_at, read_map, search_file, stats_of_map
from skyhub.localizations._inside import InsideLocalization, PlaceTest, inside
from skyhub.localizations._maps import keep_map, kept_map, map_of
from skyhub.localizations._models import LOCALIZATIONS, Localization, facts_of_map
from skyhub.localizations._request import LocalizationUpload, PositionSearch, shape_of
from skyhub.localizations._store import Brought, bring, keep_localization, store_localization

__all__ = [
    "KINDS",
    "LOCALIZATIONS",
    "Brought",
    "FileAnswer",
    "InsideLocalization",
    "Localization",
    "LocalizationUpload",
    "PlaceTest",
    "PositionSearch",
    "bring",
    "coverage_of_files",
    "facts_of_map",
    "inside",
    "keep_localization",
    "keep_map",
    "kept_map",
    "levels_at",
    "map_of",
    "read_map",
    "search_file",
    "shape_of",
    "stats_of_map",
    "store_localization",
]

KINDS = (LOCALIZATIONS,)
