"""Sky maps are read as they are, or refused with a reason; the algebra is that of ligo.skymap, healpy and closed forms."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.cells import cells_of_ranges, merged_siblings, united_ranges
from skyhub.science.coordinates import separations
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import rectangle
from skyhub.science.sky_shapes import Circles, Cone, SkyShape, skymap_of
from skyhub.science.skymaps import (
    Distances,
    SkyMap,
    contours_of,
    cover,
    cover_pointings,
    decode_sky_map,
    healpix_of,
    probability_by_field,
    read_sky_map,
    write_sky_map,
)
from support.effort import repeats
from support.strategies import dec, ra

RANDOM = np.random.default_rng(6)
NSIDE = 4
PIXELS = 12 * NSIDE**2


def _file(header: dict[str, Any] | None = None, **columns: Any) -> bytes:
    """A FITS file with a table of these columns and header cards."""
    kinds = {"i": "K", "u": "K", "f": "D", "U": "8A"}
    made = [
        fits.Column(name, "E" if v.dtype == np.float32 else kinds[v.dtype.kind], array=v) for name, v in columns.items()
    ]
    table = fits.BinTableHDU.from_columns(made)
    table.header.update({"ORDERING": "NESTED", "NSIDE": NSIDE, "COORDSYS": "C"} | (header or {}))
    with io.BytesIO() as file:
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)
        return file.getvalue()


def _random(n: int = PIXELS) -> np.ndarray[Any, Any]:
    values = RANDOM.random(n) ** 4
    return np.asarray(values / values.sum())


def _with(values: Any, **changes: float) -> Any:
    for place, value in changes.items():
        values[int(place[1:])] = value
    return values


FLAT = _random()
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no end"),
    "text": (b"ra,dec\n1,2\n" * 500, "no end"),
    "no table": (fits.PrimaryHDU(np.zeros((9, 9))).header.tostring().encode(), "no binary table"),
    "cut": (_file(PROB=FLAT)[:7000], "it ends in row"),
    "cut in its header": (_file(PROB=FLAT)[:3000], "no end"),
    "cut in gzip": (gzip.compress(_file(PROB=FLAT))[:900], "cannot be read"),
    "broken gzip": (b"\x1f\x8b" + bytes(100), "cannot be read"),
    "no probability": (_file(FLUX=FLAT), "columns FLUX"),
    "text for numbers": (_file(PROB=np.array(["a"] * PIXELS)), "format '8A'"),
    "NaN": (_file(PROB=_with(FLAT.copy(), _3=np.nan)), "1 negative or undefined"),
    "infinite": (_file(PROB=_with(FLAT.copy(), _3=np.inf)), "negative or undefined"),
    "negative": (_file(PROB=_with(FLAT.copy(), _3=-1e-9)), "1 negative or undefined"),
    "masked": (_file(PROB=_with(FLAT.copy(), _3=-1.6375e30)), "negative or undefined"),
    "likelihoods": (_file(PROB=FLAT * 1e4), "sum to 10000"),
    "zeros": (_file(PROB=FLAT * 0), "sum to 0"),
    "pixels missing": (_file(PROB=FLAT[:-1]), "191 pixels: 192 are needed"),
    "odd nside": (_file({"NSIDE": 3}, PROB=FLAT[:108]), "NSIDE 3"),
    "no ordering": (_file({"ORDERING": "HILBERT"}, PROB=FLAT), "ORDERING 'HILBERT'"),
    "galactic": (_file({"COORDSYS": "G"}, PROB=FLAT), "COORDSYS 'G'"),
    "no cells": (_file({"ORDERING": "NUNIQ"}, UNIQ=np.array([2, 5]), PROBDENSITY=np.array([1.0, 1.0])), "UNIQ numbers"),
    "overlap": (_file({"ORDERING": "NUNIQ"}, UNIQ=np.array([4, 16]), PROBDENSITY=np.array([0.5, 0.5])), "overlap"),
    "fractions": (_file({"ORDERING": "NUNIQ"}, UNIQ=np.array([4.5]), PROBDENSITY=np.array([0.5])), "fraction"),
    "no such pixel": (_file(PIXEL=np.array([PIXELS]), PROB=np.array([1.0])), "pixels beyond"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_map_that_is_none_is_refused_with_the_reason(name: str) -> None:
    data, said = BAD[name]
    with pytest.raises(InvalidInput, match=said):
        read_sky_map(data)


def test_text_that_is_no_base64_is_refused() -> None:
    with pytest.raises(InvalidInput, match="base64"):
        decode_sky_map("SIMPLE  = T")


@pytest.mark.parametrize("seed", range(repeats(60)))
def test_mutated_maps_are_read_or_refused(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(write_sky_map(skymap_of(Cone.from_90(10, 20, 3.0))))
    for place in random.integers(0, 12_000, 20).tolist():
        data[place] = int(random.integers(0, 256))
    try:
        sky = read_sky_map(bytes(data[: int(random.integers(1, len(data)))]) if seed % 2 else bytes(data))
    except InvalidInput:
        return
    assert sky.probability.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", ["PROB", "PROBABILITY", "T", "probability", "TEMPERATURE"])
@pytest.mark.parametrize("ordering", ["NESTED", "RING"])
def test_flat_maps_have_the_densities_of_their_pixels(ordering: str, name: str, pack: Callable[[bytes], bytes]) -> None:
    import healpy

    sky = read_sky_map(pack(_file({"ORDERING": ordering}, **{name: FLAT})))
    lon, lat = healpy.pix2ang(NSIDE, np.arange(PIXELS), nest=ordering == "NESTED", lonlat=True)
    assert sky.density_at(lon, lat) == pytest.approx(FLAT * PIXELS / 4 / np.pi, rel=1e-9)


def test_equal_neighbours_are_merged_and_the_rest_is_kept() -> None:
    values = np.repeat(_random(12), 16) / 16
    values[5] *= 2
    sky = read_sky_map(_file(PROB=values / values.sum(), DISTMU=np.repeat(np.arange(12.0), 16), DISTSIGMA=values * 0 + 1,
                             DISTNORM=values * 0 + 1))  # fmt: skip
    assert sorted(sky.orders.tolist()) == [0] * 11 + [1] * 3 + [2] * 4
    assert sky.distances is not None
    assert sky.distances.mu.max() == 11


def test_a_partial_map_and_one_of_many_orders_agree() -> None:
    some = np.flatnonzero(np.median(FLAT) < FLAT)
    values = FLAT[some] / FLAT[some].sum()
    partial = read_sky_map(_file(PIXEL=some, PROB=values))
    uniq = {"UNIQ": some + 4 * NSIDE**2, "PROBDENSITY": values * PIXELS / 4 / np.pi}
    many = read_sky_map(_file({"ORDERING": "NUNIQ"}, **uniq))
    assert partial.low.tolist() == many.low.tolist()
    assert partial.density == pytest.approx(many.density)
    assert partial.area_within(1) == pytest.approx(len(some) * 41252.96125 / PIXELS)


def test_a_sum_that_is_not_quite_one_is_mended_and_told() -> None:
    sky = read_sky_map(_file(PROB=(FLAT * 0.98).astype(np.float32)))
    assert sky.facts.prob_sum == pytest.approx(0.98, abs=1e-6)
    assert sky.probability.sum() == pytest.approx(1)
    assert sky.facts.notes == ("Its probabilities summed to 0.98 and were divided by that.",)


def _expected(shared: Path) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = json.loads((shared / "skymaps/expected_values.json").read_text())
    return {name: v for name, v in values.items() if name.endswith(("fits", "gz", "fit"))}


@pytest.mark.parametrize("name", [
    "GBM_subthreshold_546126856.fits", "GRB220617A_IPN_map_hpx.fits.gz", "GW170817_LALInference.multiorder.fits",
    "MS181101ab_bayestar.multiorder.fits", "S190425z_GW190425_bayestar.fits.gz", "S190928c_cWB.fits.gz",
])  # fmt: skip
def test_real_maps_have_their_published_areas(shared: Path, name: str) -> None:
    want, sky = _expected(shared)[name], read_sky_map(shared / "skymaps" / name)
    tile = 1.1 * 41252.96 / (12 * (want["nside"] or 2 ** want["moc_order"]) ** 2)
    assert sky.area_within(0.5) == pytest.approx(want["area50_deg2"], abs=tile)
    assert sky.area_within(0.9) == pytest.approx(want["area90_deg2"], abs=tile)
    assert sky.mode == pytest.approx((want["max_ra"], want["max_dec"]))
    assert sky.facts.prob_sum == pytest.approx(1, abs=1e-6)
    assert sky.facts.date_obs == want["date_obs"]
    if "vol90_mpc3" in want and sky.volumes:
        assert sky.volumes.volume_within(0.9) == pytest.approx(want["vol90_mpc3"], rel=2e-4)
        assert sky.distance == (want["header_distmean"], want["header_diststd"])
    if "searched_AT2017gfo" in want:
        at = want["searched_AT2017gfo"]
        assert sky.credible_level([at["ra"]], [at["dec"]])[0] == pytest.approx(at["searched_prob"], abs=1e-9)


def test_distances_without_a_header_are_those_of_the_lines_of_sight(shared: Path) -> None:
    want = _expected(shared)["MS181101ab_bayestar.multiorder.fits"]
    sky = read_sky_map(shared / "skymaps/MS181101ab_bayestar.multiorder.fits")
    distance = sky.kept(sky.density > 0).distance
    assert distance == pytest.approx((want["marginal_distmean_mpc"], want["marginal_diststd_mpc"]), rel=5e-4)


def _map(seed: int, cells: int = 300) -> SkyMap:
    """A random map of several orders, with ties, in three dimensions."""
    random = np.random.default_rng(seed)
    orders, numbers, _ = cells_of_ranges([0], [12 * 4**3], 3)
    split = random.random(len(orders)) < 0.5
    finer = (numbers[split][:, None] * 4 + np.arange(4)).ravel()
    orders, numbers = (
        np.concatenate([orders[~split], np.repeat(orders[split] + 1, 4)]),
        np.append(numbers[~split], finer),
    )
    density = random.integers(0, 6, len(orders)).astype(float) ** 3 + 1e-3
    total = (density * 4 * np.pi / 12 / 4.0**orders).sum()
    mu, sigma = random.uniform(-50, 300, len(orders)), random.uniform(20, 90, len(orders))
    grid = np.arange(0.5, 1500)[:, None]
    norm = 1 / (grid**2 * np.exp(-0.5 * ((grid - mu) / sigma) ** 2) / sigma / np.sqrt(2 * np.pi)).sum(axis=0)
    return SkyMap.of_cells(orders, numbers, density / total, Distances(mu, sigma, norm))


def test_levels_in_area_and_volume_are_those_of_ligo_skymap() -> None:
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.table import Table
    from ligo.skymap.distance import parameters_to_marginal_moments
    from ligo.skymap.postprocess import crossmatch

    sky = _map(4)
    assert sky.distances
    names = ("DISTMU", "DISTSIGMA", "DISTNORM")
    columns = dict(zip(names, sky.distances, strict=True))
    table = Table({"UNIQ": sky.uniq, "PROBDENSITY": sky.density, **columns}).as_array()
    mean, std = parameters_to_marginal_moments(sky.probability, sky.distances.mu, sky.distances.sigma)
    assert sky.distance == pytest.approx((mean, std), rel=1e-6)
    a, d = RANDOM.uniform(0, 360, 500), np.degrees(np.arcsin(RANDOM.uniform(-1, 1, 500)))
    far = RANDOM.integers(1, 999, 500) * (6 * mean / 1000) + 1e-9
    theirs = crossmatch(table, SkyCoord(a * u.deg, d * u.deg, far * u.Mpc), contours=(0.5, 0.9), areas=(100.0,))
    assert sky.credible_level(a, d) == pytest.approx(theirs.searched_prob, abs=1e-12)
    assert sky.density_at(a, d) == pytest.approx(theirs.probdensity)
    assert [sky.area_within(0.5), sky.area_within(0.9)] == pytest.approx(theirs.contour_areas)
    assert [sky.probability_within(100.0)] == pytest.approx(theirs.area_probs)
    assert sky.volume_level(a, d, far) == pytest.approx(theirs.searched_prob_vol, abs=3e-3)
    assert sky.volumes is not None
    assert [sky.volumes.volume_within(0.5), sky.volumes.volume_within(0.9)] == pytest.approx(
        theirs.contour_vols, rel=2e-3
    )


def test_distances_that_are_not_known_have_no_level() -> None:
    flat = skymap_of(Cone.from_90(0, 0, 3))
    assert np.isnan(flat.volume_level([0.0], [0.0], [40.0])).all()
    assert flat.distance is None
    assert np.isnan(_map(1).volume_level([0.0], [0.0], [np.nan])).all()
    sky = _map(1)
    assert sky.distances is not None
    unknown = Distances(np.full(len(sky), np.inf), np.ones(len(sky)), np.zeros(len(sky)))
    nowhere = SkyMap(sky.low, sky.high, sky.density, unknown)
    assert nowhere.volume_level([0.0], [0.0], [40.0]).tolist() == [1.0]
    assert nowhere.distance is None


@settings(max_examples=repeats(90))
@given(seed=st.integers(0, 50), level=st.floats(1e-3, 1), more=st.floats(1e-3, 1))
def test_regions_hold_their_level_and_grow_with_it(seed: int, level: float, more: float) -> None:
    sky = _map(seed)
    low, high = sky.region(level).T
    assert sky.probability_of(low, high).sum() >= level - 1e-9
    assert sky.probability_of(low, high).sum() - level <= sky.probability.max() + 1e-9
    larger = sky.region(max(level, more)).T
    assert united_ranges(np.append(low, larger[0]), np.append(high, larger[1]))[0].tolist() == larger[0].tolist()
    assert sky.probability_within(sky.area_within(level)) == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize("level", [0.0, -0.1, 1.5, float("nan")])
def test_levels_that_are_no_probability_are_refused(level: float) -> None:
    sky = _map(0)
    for ask in (sky.area_within, sky.region):
        with pytest.raises(InvalidInput, match="no probability"):
            ask(level)


@settings(max_examples=repeats(60))
@given(seed=st.integers(0, 50))
def test_many_positions_are_found_in_the_cells_that_hold_them(seed: int) -> None:
    random, whole = np.random.default_rng(seed), 12 * 4**29
    edges = np.arange(0, whole + 1, 4**28)
    for order in range(2, 13):  # each time a quarter of a few cells are parted further
        parted = random.choice(edges[:-1], 5)
        edges = np.unique(np.concatenate([edges, *(part + np.arange(1, 4) * 4 ** (29 - order) for part in parted)]))
    kept = random.random(len(edges) - 1) < 0.7
    low, high = edges[:-1][kept], edges[1:][kept]
    hpx = np.concatenate([low, high, low - 1, [-1, whole, 2**62], random.integers(0, whole, 2000)])
    held = (low <= hpx[:, None]) & (hpx[:, None] < high)
    expected = np.where(held.any(axis=1), held.argmax(axis=1), -1)
    assert SkyMap(low, high, np.ones(len(low))).cell_of(hpx).tolist() == expected.tolist()


def test_nothing_lies_beyond_the_cells() -> None:
    sky = skymap_of(Circles((10,), (0,), (1,)))
    assert sky.credible_level([10, 200, 0], [0, 0, -90]).tolist()[1:] == [1.0, 1.0]
    assert sky.density_at([200, 0], [0, -90]).tolist() == [0.0, 0.0]
    assert sky.cell_of([0, 12 * 4**29 - 1]).tolist() == [-1, -1]


@given(seed=st.integers(0, 30), nside=st.sampled_from([1, 2, 8, 32]))
@settings(max_examples=repeats(48))
def test_a_map_survives_files_and_flat_arrays(seed: int, nside: int) -> None:
    sky = _map(seed)
    again = read_sky_map(write_sky_map(sky))
    assert again.low.tolist() == sky.low.tolist()
    assert again.density == pytest.approx(sky.density, rel=1e-12)
    assert again.distances is not None
    assert sky.distances is not None
    assert again.distances.mu.tolist() == sky.distances.mu.tolist()
    pixels = healpix_of(sky, nside)
    assert pixels.sum() == pytest.approx(1)
    import healpy

    fine = healpy.reorder(healpix_of(sky, 64, nested=True), n2r=True)
    assert pixels == pytest.approx(healpy.ud_grade(fine, nside, power=-2), abs=1e-12)


def test_a_shape_survives_a_file_and_ligo_skymap_reads_it(tmp_path: Path) -> None:
    from ligo.skymap.io import read_sky_map as theirs

    path = tmp_path / "cone.fits"
    path.write_bytes(write_sky_map(skymap_of(Cone.from_90(10, 20, 3.0))))
    table = theirs(str(path), moc=True)
    area = 4 * np.pi / 12 / 4.0 ** ((np.floor(np.log2(table["UNIQ"])) // 2) - 1)
    assert area.sum() == pytest.approx(4 * np.pi)
    assert (area * table["PROBDENSITY"]).sum() == pytest.approx(1)
    assert read_sky_map(path).area_within(0.9) == pytest.approx(np.pi * 9, rel=3e-3)


@pytest.mark.parametrize("nside", [0, 3, -2, 8192])
def test_flat_maps_of_no_nside_are_refused(nside: int) -> None:
    with pytest.raises(InvalidInput, match="power of two"):
        healpix_of(_map(0), nside)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=12))
def test_ranges_and_cells_are_sets_of_indices(pairs: list[tuple[int, int]]) -> None:
    low, high = [a for a, _ in pairs], [a + n for a, n in pairs]
    want = {i for a, n in pairs for i in range(a, a + n)}
    begin, end = united_ranges(low, high)
    assert np.all(begin[1:] > end[:-1])
    assert {i for a, b in zip(begin.tolist(), end.tolist(), strict=True) for i in range(a, b)} == want
    orders, cells, owners = cells_of_ranges(begin, end, 3)
    scale = 4 ** (3 - orders)
    parts = [(int(c * s), int((c + 1) * s)) for c, s in zip(cells, scale, strict=True)]
    assert sorted(i for a, b in parts for i in range(a, b)) == sorted(want)
    assert all(begin[o] <= a and b <= end[o] for (a, b), o in zip(parts, owners, strict=True))
    merged = merged_siblings(3, np.array(sorted(want), dtype=np.int64))
    assert sorted(zip(merged[0].tolist(), merged[1].tolist(), strict=True)) == sorted(
        zip(orders.tolist(), cells.tolist(), strict=True)
    )


@given(a=ra, d=dec)
@settings(max_examples=repeats(24))
def test_coverage_counts_what_is_seen_twice_once(a: float, d: float) -> None:
    sky, camera = skymap_of(Cone.from_sigma(a, d, 2.0)), rectangle(2.0, 2.0)
    one = cover_pointings(sky, camera, [a], [d])
    assert one == cover_pointings(sky, camera, [a, a], [d, d])
    assert one.area == pytest.approx(4, rel=6e-3)
    assert one.probability == pytest.approx(0.3829**2, rel=1e-2)
    fields = field_ranges(camera, [1, 2], [a, a], [d, d])
    assert probability_by_field(sky, fields) == pytest.approx([cover(sky, fields).probability] * 2)
    assert cover(sky, fields).probability == pytest.approx(one.probability, rel=0.05)


def test_coverage_of_a_real_field(shared: Path) -> None:
    """Others, who count all cells that touch a detector, have 2.58e-5 and 47.23 deg²; every fine pixel gives 2.67e-5."""
    from skyhub.science.footprints import parse_footprint

    sky = read_sky_map(shared / "skymaps/S190425z_GW190425_bayestar.fits.gz")
    camera = parse_footprint((shared / "survey/skyportal/ZTF_Region.reg").read_text())
    seen = cover_pointings(sky, camera, [0.0], [-89.05])
    assert seen.area == pytest.approx(float(camera.areas.sum()), rel=2e-3)
    assert seen.probability == pytest.approx(2.67e-5, rel=0.01)


@pytest.mark.parametrize(
    "shape", [Cone.from_90(0, 0, 3), Cone.from_90(200, 89, 3), Circles((10, 100), (0, 60), (3, 3))]
)
def test_contours_are_the_borders_of_levels(shape: SkyShape) -> None:
    sky = skymap_of(shape)
    level = 0.9 if isinstance(shape, Cone) else 0.999
    lines = contours_of(sky, level)
    centres = [(shape.ra, shape.dec)] if isinstance(shape, Cone) else list(zip(shape.ra, shape.dec, strict=True))
    points = np.concatenate(lines)
    nearest = np.min([separations(*points.T, *centre) for centre in centres], axis=0)
    assert nearest == pytest.approx(np.full(len(points), 3.0), abs=0.2)
    assert all(np.abs(np.diff(line[:, 0])).max() < 180 for line in lines)
