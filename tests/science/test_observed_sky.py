"""What exposures saw: brute force over cells, closed forms of distances and areas, and healpy as the reader of maps."""

from __future__ import annotations

from pathlib import Path

import healpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from skyhub.errors import InvalidInput
from skyhub.science.field_tiles import FieldRanges, field_ranges
from skyhub.science.footprints import rectangle
from skyhub.science.observed_sky import ObservedSky, flat_map, observed_sky, remaining_map, seen_volume
from skyhub.science.sky_fits import healpix_file
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import Distances, SkyMap, cover_pointings, cover_within, healpix_of
from support.effort import repeats

MAP = skymap_of(Cone(160.0, 10.0, 3.0, 0.9))
CAMERA = rectangle(2.0, 2.0)
RA, DEC = (x.ravel() for x in np.meshgrid(np.arange(154.0, 168.0, 1.7), np.arange(4.0, 17.0, 1.7)))
TILES = field_ranges(CAMERA, np.arange(len(RA)), RA, DEC)
LAST = 60
WHOLE = 12 * 4**29

_ranges = st.lists(st.tuples(st.integers(0, LAST), st.integers(1, 20)), min_size=1, max_size=4)
_places = st.lists(_ranges, min_size=1, max_size=5)
_depths = st.one_of(st.just(np.nan), st.sampled_from([19.0, 20.0, 21.5]))


def _tiles(places: list[list[tuple[int, int]]]) -> FieldRanges:
    """Ranges of places, apart within each."""
    apart = []
    for ranges in places:
        cells = sorted({c for low, n in ranges for c in range(low, low + n)})
        runs = np.split(np.array(cells), np.flatnonzero(np.diff(cells) != 1) + 1)
        apart.append([(run[0], run[-1] + 1) for run in runs])
    starts = np.cumsum([0, *map(len, apart)])
    low, high = np.array([r for ranges in apart for r in ranges], dtype=np.int64).T
    return FieldRanges(np.arange(len(places)), starts, low, high)


@settings(max_examples=repeats(150))
@given(_places, st.data())
def test_visits_and_depth_are_those_of_counting_cell_by_cell(
    places: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    tiles = _tiles(places)
    n = data.draw(st.integers(0, 8))
    place = np.array(data.draw(st.lists(st.integers(0, len(places) - 1), min_size=n, max_size=n)), dtype=np.int64)
    depth = np.array(data.draw(st.lists(_depths, min_size=n, max_size=n)), dtype=float)
    split = data.draw(st.integers(0, len(places)))
    parts = [_tiles(part) for part in (places[:split], places[split:]) if part]
    seen = observed_sky(parts, place, depth)
    assert (seen.low < seen.high).all()
    assert (seen.high[:-1] <= seen.low[1:]).all()
    for cell in range(LAST + 21):
        owners = tiles.fields[(tiles.low <= cell) & (cell < tiles.high)]
        mine = np.isin(place, owners)
        known = depth[mine & ~np.isnan(depth)]
        at = int(seen.place_of([cell])[0])
        assert (seen.visits[at] if at >= 0 else 0) == mine.sum()
        if at >= 0:
            assert np.array_equal(seen.depth[at], known.max() if len(known) else np.nan, equal_nan=True)


def test_coverage_is_that_of_the_union_and_never_more() -> None:
    twice = np.tile(np.arange(len(RA)), 2)
    seen = observed_sky([TILES], twice, np.full(len(twice), np.nan))
    union = cover_pointings(MAP, CAMERA, RA, DEC)
    covered = seen.coverage(MAP)
    assert covered.area <= TILES.areas.sum()
    assert covered.area == pytest.approx(union.area, rel=1e-3)
    assert covered.probability == pytest.approx(union.probability, abs=1e-4)
    assert seen.at_least(3).area < seen.at_least(2).area == seen.area
    assert len(observed_sky([TILES], [], [])) == len(observed_sky([], [], [])) == 0


def test_what_remains_and_what_was_seen_are_all_there_is() -> None:
    seen = observed_sky([TILES], [30, 31, 31], [20.0, 20.5, 21.0])
    left = remaining_map(MAP, seen)
    covered = seen.coverage(MAP).probability
    assert 0.01 < covered < 0.5
    assert left.probability.sum() == pytest.approx(1 - covered, abs=1e-9) == left.facts.prob_sum
    assert left.probability_of(seen.low, seen.high).sum() == pytest.approx(0, abs=1e-12)
    assert healpix_of(left, 256).sum() == pytest.approx(1 - covered, abs=1e-9)
    everything = ObservedSky(np.array([0]), np.array([WHOLE]), np.array([1]), np.array([np.nan]))
    with pytest.raises(InvalidInput, match="all probability of the map was observed"):
        remaining_map(MAP, everything)


def _at(mu: float, sigma: float) -> SkyMap:
    """The whole sky, evenly, with one distance."""
    norm_of = 1 / (mu**2 + sigma**2)
    distances = Distances(*(np.full(12, value) for value in (mu, sigma, norm_of)))
    return SkyMap.of_cells(0, np.arange(12), np.full(12, 1 / (4 * np.pi)), distances)


@pytest.mark.parametrize(("mu", "sigma"), [(100.0, 10.0), (40.0, 30.0), (-20.0, 60.0), (-400.0, 50.0), (-1000.0, 60.0)])
def test_the_probability_of_being_nearer_is_the_integral_of_the_density(mu: float, sigma: float) -> None:
    grid = np.linspace(0, max(mu, 0) + 12 * sigma, 400_001)
    density = grid**2 * norm.pdf(grid, mu, sigma)
    norm_of = 1 / np.trapezoid(density, grid)
    distances = Distances(np.array([mu]), np.array([sigma]), np.array([norm_of]))
    for far in (5.0, 30.0, 90.0, 120.0, 1000.0):
        expected = np.trapezoid(np.where(grid <= far, density, 0), grid) * norm_of
        assert distances.within(far)[0] == pytest.approx(expected, abs=2e-4)
    assert distances.within(0.0)[0] == pytest.approx(0, abs=1e-12)
    assert distances.within(-5.0)[0] == 0
    assert Distances(np.array([np.inf]), np.array([1.0]), np.array([0.0])).within(1.0)[0] == 0


def test_the_volume_that_was_seen_is_bounded_by_the_horizon() -> None:
    whole = _at(100.0, 0.5)
    half = ObservedSky(np.array([0]), np.array([WHOLE // 2]), np.array([1]), np.array([20.0]))
    modulus = 5 * np.log10(100.0) + 25
    bright, faint = 20.0 - modulus - 0.5, 20.0 - modulus + 0.5
    assert seen_volume(whole, half, bright) == pytest.approx(0.5, abs=1e-4)
    assert seen_volume(whole, half, faint) == pytest.approx(0, abs=1e-4)
    unknown = ObservedSky(half.low, half.high, half.visits, np.array([np.nan]))
    assert seen_volume(whole, unknown, bright) == 0
    with pytest.raises(InvalidInput, match="no distances"):
        seen_volume(MAP, half, -16.0)


def test_flat_maps_are_what_healpy_reads(tmp_path: Path) -> None:
    seen = observed_sky([TILES], [30, 31, 31], [20.0, 20.5, 21.0])
    pixels = flat_map(seen, seen.depth, 512)
    path = tmp_path / "depth.fits"
    path.write_bytes(healpix_file("DEPTH", pixels, "mag"))
    read = healpy.read_map(path, nest=True)
    at = healpy.ang2pix(512, [RA[30], RA[31], 20.0], [DEC[30], DEC[31], 20.0], nest=True, lonlat=True)
    assert read[at].tolist() == [20.0, 21.0, healpy.UNSEEN]
    n_seen = (flat_map(seen, seen.visits, 1024, 0) > 0).sum()
    assert n_seen * healpy.nside2pixarea(1024, degrees=True) == pytest.approx(seen.area, rel=0.02)
    for nside in (0, 3, 4096):
        with pytest.raises(InvalidInput, match="a power of two"):
            flat_map(seen, seen.visits, nside)


@settings(max_examples=repeats(60))
@given(_ranges, _ranges)
def test_what_ranges_share_with_a_region_is_counted_cell_by_cell(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    region, tiles = _tiles([one]), _tiles([other])
    cells = [{c for low, n in ranges for c in range(low, low + n)} for ranges in (one, other)]
    unit = cover_within(np.array([[0, 1]]), [0], [1])
    assert cover_within(region.of(0), tiles.low, tiles.high) / unit == pytest.approx(len(cells[0] & cells[1]))
    assert cover_within(np.empty((0, 2), dtype=np.int64), tiles.low, tiles.high) == 0


def test_a_camera_turns_from_north_to_east() -> None:
    wide = rectangle(4.0, 1.0)
    assert wide.contains(1.5, 0.0)
    upright = wide.turned(90.0)
    assert upright.contains(0.0, 1.5)
    assert not upright.contains(1.5, 0.0)
    tilted = wide.turned(45.0)
    assert not tilted.contains(1.0, 1.0)
    assert tilted.contains(1.0, -1.0)
    assert tilted.areas.sum() == pytest.approx(wide.areas.sum(), rel=1e-9)
    assert wide.turned(360.0) is wide
