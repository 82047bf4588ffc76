"""Injected sources: one field and a constant source have a closed form; models, extinction and detections do as they say."""

from __future__ import annotations

import numpy as np
import pytest
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import hpx_index
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import rectangle
from skyhub.science.injection import Exposures, Sources, constant_source, draw_sources, inject, model_source
from skyhub.science.models import MODELS, Host
from skyhub.science.observed_sky import observed_sky, seen_volume
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import Distances, SkyMap

FLAT = skymap_of(Cone(160.0, 10.0, 3.0, 0.9))
_ONES = np.ones(len(FLAT))
MAP = SkyMap(FLAT.low, FLAT.high, FLAT.density, Distances(100 * _ONES, 20 * _ONES, _ONES / (100**2 + 20**2)))
TILES = field_ranges(rectangle(4.0, 4.0), [1], [160.0], [10.0])
T0 = 58_925.0
AFTERGLOW = {"flux_at_break": 100.0, "break_time": 1.0, "decline": 1.0, "steepening": 1.0, "spectral_index": 1.0}


def _exposures(mjd: list[float], limit: list[float], wavelength: float = 6000.0, extinction: float = 0.0) -> Exposures:
    n = len(mjd)
    place = np.zeros(n, dtype=np.int64)
    return Exposures([TILES], place, np.array(mjd), np.array(limit), np.full(n, wavelength), np.full(n, extinction))


def test_one_field_and_a_constant_source_are_the_closed_form() -> None:
    n = 8_000
    sources = draw_sources(MAP, n, np.random.default_rng(2))
    seen = observed_sky([TILES], [0], [20.0])
    for magnitude in (-14.6, -15.0, -15.6):
        found = inject(sources, _exposures([T0], [20.0]), constant_source(magnitude))
        expected = seen_volume(MAP, seen, magnitude)
        efficiency, low, high = found.fraction()
        assert low <= efficiency <= high
        assert abs(efficiency - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
        assert high - low == pytest.approx(2 * np.sqrt(expected * (1 - expected) / n), rel=0.05)
    inside = found.covered > 0
    assert inside.mean() == pytest.approx(seen.coverage(MAP).probability, abs=0.025)
    assert found.fraction(inside)[0] > found.fraction()[0]
    assert np.isnan(found.fraction(np.zeros(n, dtype=bool))[0])


def test_sources_are_where_the_map_has_them() -> None:
    sources = draw_sources(MAP, 20_000, np.random.default_rng(3))
    mean = float(MAP.distances.moments()[0][0]) if MAP.distances else 0.0
    assert sources.distance.mean() == pytest.approx(mean, rel=0.01)
    ra, dec = sources.positions
    assert (hpx_index(ra, dec) >> 6 == sources.hpx >> 6).mean() > 0.99
    assert (MAP.credible_level(ra, dec) <= 0.5).mean() == pytest.approx(0.5, abs=0.02)
    assert (draw_sources(FLAT, 5, np.random.default_rng(1), 40.0).distance == 40.0).all()
    with pytest.raises(InvalidInput, match="no distances"):
        draw_sources(FLAT, 5, np.random.default_rng(1))


def _one(distance: float = 100.0) -> Sources:
    return Sources(hpx_index([160.0], [10.0]), np.array([distance]))


def test_detections_are_counted_and_may_have_to_be_apart() -> None:
    magnitude = 20.0 - 35.0
    light = constant_source(magnitude)
    for limits, detections, apart, expected in (
        ([20.1, 20.1], 2, 0.0, True),
        ([20.1, 19.9], 2, 0.0, False),
        ([20.1, 20.1], 3, 0.0, False),
        ([20.1, 20.1], 2, 0.05, True),
        ([20.1, 20.1], 2, 0.2, False),
        ([19.9, 19.9], 1, 0.0, False),
    ):
        found = inject(_one(), _exposures([T0, T0 + 0.1], limits), light, detections, apart)
        assert found.detected.tolist() == [expected]
        assert found.covered.tolist() == [2]
    elsewhere = Sources(hpx_index([10.0], [-60.0]), np.array([1.0]))
    assert inject(elsewhere, _exposures([T0], [25.0]), light).covered.tolist() == [0]
    assert inject(_one(np.nan), _exposures([T0], [25.0]), light).detected.tolist() == [False]


def test_dust_dims_by_the_band() -> None:
    light = constant_source(20.0 - 35.0)
    for ebv, expected in ((0.0, True), (0.03, True), (0.05, False)):
        found = inject(_one(), _exposures([T0], [20.1], extinction=2.5), light, ebv=np.array([ebv]))
        assert found.detected.tolist() == [expected]


def test_models_shine_as_they_do_elsewhere() -> None:
    values = {"mass": 0.03, "velocity": 0.2, "opacity": 1.0, "floor": 2500.0}
    light = model_source(MODELS["kilonova"], values, T0)
    mjd, wavelength, host = np.array([T0 - 1, T0 + 0.5, T0 + 3]), np.full(3, 6000.0), Host(0.01, 40.0)
    row = np.array([T0, *values.values()])
    told = light(mjd, wavelength, host)
    assert told[0] == 0
    assert np.allclose(told[1:], MODELS["kilonova"].flux(row, mjd[1:], wavelength[1:], host))
    near = model_source(MODELS["afterglow"], AFTERGLOW, T0, 40.0)
    assert near(np.array([T0 + 1]), np.array([6000.0]), Host(0.01, 40.0))[0] == pytest.approx(100.0)
    assert near(np.array([T0 + 1]), np.array([6000.0]), Host(0.02, 80.0))[0] == pytest.approx(25.0)


@pytest.mark.parametrize(
    ("model", "values", "reference", "message"),
    [
        ("kilonova", {}, None, r"needs the parameters mass \(Msun\)"),
        ("kilonova", {"mass": 1.0, "velocity": 1.0, "opacity": 1.0, "floor": 1.0, "extra": 1.0}, None, "mass"),
        ("kilonova", {"mass": 1.0, "velocity": 1.0, "opacity": 1.0, "floor": 1.0}, 40.0, "no reference_distance"),
        ("afterglow", AFTERGLOW, None, r"a reference_distance \(Mpc\)"),
        ("bazin", {}, None, "parameters for each filter"),
    ],
)
def test_models_that_cannot_be_injected_are_refused(
    model: str, values: dict[str, float], reference: float | None, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        model_source(MODELS[model], values, T0, reference)
