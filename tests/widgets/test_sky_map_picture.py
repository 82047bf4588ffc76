"""The picture of a sky map in reports: what ligo.skymap draws lies where the map is dense."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from skyhub.client import Localization
from skyhub.errors import InvalidInput
from skyhub.science.skymaps import SkyMap, healpix_of, read_sky_map
from skyhub_widgets import static_sky_map
from skyhub_widgets._sky_map_picture import sky_map_figure


class Drawn(dict[str, Any]):
    """A localization whose map is at hand."""

    def __init__(self, sky_map: SkyMap) -> None:
        super().__init__(name="S230518h")
        self.map = sky_map

    def to_healpix(self, nside: int) -> np.ndarray[Any, Any]:
        return healpix_of(self.map, nside)


@pytest.fixture(scope="module")
def localization(shared: Path) -> Localization:
    file = shared / "skymaps" / "S230518h_Update.multiorder.fits"
    return cast("Localization", Drawn(read_sky_map(file.read_bytes())))


def test_the_densest_pixel_and_the_regions_are_those_of_the_map(localization: Localization) -> None:
    figure = sky_map_figure(localization, {"Sources": ([150.0], [-20.0])}, (0.9, 0.5))
    [axes] = figure.axes
    [image] = axes.get_images()
    drawn = np.ma.masked_invalid(image.get_array())
    density = drawn.filled(0.0)
    y, x = np.unravel_index(np.argmax(density), density.shape)
    place = axes.wcs.pixel_to_world(x, y)  # type: ignore[attr-defined]
    assert localization.map.credible_level([place.ra.deg], [place.dec.deg])[0] < 0.02
    ranked = np.sort(density, axis=None)[::-1]
    n_inside = int(np.searchsorted(np.cumsum(ranked), 0.9 * ranked.sum()))
    whole_sky = 360**2 / np.pi
    assert n_inside / drawn.count() * whole_sky == pytest.approx(localization.map.area_within(0.9), rel=0.05)


def test_what_is_shown_is_told_and_another_format_refused(localization: Localization) -> None:
    html = str(static_sky_map(localization, {"Sources": ([150.0], [-20.0])}, levels=(0.5,)))
    assert 'alt="Sky map of S230518h with its 50% regions and Sources"' in html
    assert 'src="data:image/png;base64,' in html
    with pytest.raises(InvalidInput, match="permitted are 'svg' and 'png'"):
        static_sky_map(localization, format="pdf")
