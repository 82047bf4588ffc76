"""The localizations of a notice as sky maps, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from skyhub.errors import InvalidInput
from skyhub.localizations import stats_of_map
from skyhub.notices import Localization, MapFile, MapLink, Notice
from skyhub.science.sky_shapes import skymap_of
from skyhub.science.skymaps import SkyMap, read_sky_map

__all__ = ["TOLD_OF_MAPS", "Located", "links_of", "located"]

TOLD_OF_MAPS = ("name", "area_50", "area_90", "prob_sum", "distmean", "diststd", "max_ra", "max_dec")


@dataclass(frozen=True)
class Located:
    """A localization that came with a notice, as a sky map."""

    name: str
    sky_map: SkyMap

    @cached_property
    def document(self) -> dict[str, Any]:
        """Its name, areas (deg²), distance (Mpc) and mode (ICRS, deg)."""
        stats = stats_of_map(self.sky_map)
        return {"name": self.name, **{name: stats[name] for name in TOLD_OF_MAPS if name in stats}}


def located(notice: Notice) -> list[Located]:
    """The localizations of a notice that came with it, in its order.

    Raises
    ------
    InvalidInput
        If one cannot be used.
    """
    return list(_maps(notice))


def links_of(notice: Notice) -> list[str]:
    """Addresses of maps of a notice that lie elsewhere."""
    return [one.source.url for one in notice.localizations if isinstance(one.source, MapLink)]


def _maps(notice: Notice) -> Iterator[Located]:
    for one in notice.localizations:
        if isinstance(one.source, MapLink):
            continue
        try:
            yield Located(one.name, _map_of(one))
        except InvalidInput as error:
            raise InvalidInput(f"the localization {one.name} cannot be used: {error.message}", one.name) from error


def _map_of(one: Localization) -> SkyMap:
    assert not isinstance(one.source, MapLink)
    return read_sky_map(one.source.content) if isinstance(one.source, MapFile) else skymap_of(one.source)
