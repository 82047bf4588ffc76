"""Combined maps are those of closed forms, of healpy's arrays, and of what must hold for any two maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import norm
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import separations
from skyhub.science.sky_shapes import Circles, Cone, skymap_of
from skyhub.science.skymaps import (
    Distances,
    MapFacts,
    SkyMap,
    combined,
    healpix_of,
    mixture,
    overlap_integral,
    product,
    read_sky_map,
    write_sky_map,
)
from support.effort import repeats
from support.strategies import dec, ra

WHOLE = SkyMap.of_cells(0, np.arange(12), np.full(12, 1 / (4 * np.pi)))
DEG = float(np.degrees(1))


def _any(seed: int) -> SkyMap:
    """Cells of orders 0 to 3 with densities at random; some are missing."""
    random = np.random.default_rng(seed)
    orders, cells = np.zeros(12, dtype=int), np.arange(12)
    for _ in range(3):
        split = random.random(len(cells)) < 0.4
        finer = (cells[split][:, None] * 4 + np.arange(4)).ravel()
        orders = np.append(orders[~split], np.repeat(orders[split] + 1, 4))
        cells = np.append(cells[~split], finer)
    there = random.random(len(cells)) < 0.8
    density = random.random(there.sum()) ** 3
    total = (density * np.pi / 3 / 4.0 ** orders[there]).sum()
    far = Distances(
        random.uniform(50, 200, there.sum()), random.uniform(10, 40, there.sum()), np.full(there.sum(), 1e-4)
    )
    return SkyMap.of_cells(orders[there], cells[there], density / total, far)


def test_maps_without_a_place_in_common_have_no_product() -> None:
    here, there = skymap_of(Cone.from_90(10, 20, 1.0)), skymap_of(Cone.from_90(200, -20, 1.0))
    assert overlap_integral(here, there) == 0
    with pytest.raises(InvalidInput, match="no place in common"):
        product(here, there)
    both = mixture(here, there, 0.25)
    assert both.probability.sum() == pytest.approx(1)
    assert both.density_at([10, 200], [20, -20]) == pytest.approx(
        [here.density_at(10, 20) / 4, there.density_at(200, -20) * 3 / 4]
    )


@pytest.mark.parametrize("weight", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_weights_that_are_none_are_refused(weight: float) -> None:
    with pytest.raises(InvalidInput, match="weight"):
        mixture(WHOLE, WHOLE, weight)


@given(a=ra, d=dec, one=st.floats(0.5, 3), other=st.floats(0.5, 3), apart=st.floats(0, 2))
@settings(max_examples=repeats(36), deadline=None)
def test_gaussians_multiply_to_a_gaussian(a: float, d: float, one: float, other: float, apart: float) -> None:
    """On small patches: I = 2 / (σ₁² + σ₂²) exp(−d² / 2(σ₁² + σ₂²)), and the product has 1/σ² = 1/σ₁² + 1/σ₂²."""
    d = float(np.clip(d, -87, 87))
    first, second = skymap_of(Cone.from_sigma(a, d, one)), skymap_of(Cone.from_sigma(a, d + apart, other))
    square = one**2 + other**2
    expected = 2 * DEG**2 / square * np.exp(-(apart**2) / 2 / square)
    assert overlap_integral(first, second) == pytest.approx(expected, rel=0.02)
    both = product(first, second)
    sigma = one * other / np.sqrt(square)
    assert both.area_within(0.9) == pytest.approx(2 * np.pi * sigma**2 * np.log(10), rel=0.03)
    centre = d + apart * one**2 / square
    assert separations(*both.mode, a, centre) < 0.15 * max(one, other)


def test_a_map_that_says_nothing_changes_nothing() -> None:
    sky = _any(3)
    both = product(WHOLE, sky)
    assert overlap_integral(WHOLE, sky) == pytest.approx(1, abs=1e-12)
    assert both.uniq.tolist() == sky.uniq.tolist()
    assert both.density == pytest.approx(sky.density, rel=1e-12)
    assert both.distances is not None
    assert sky.distances is not None
    assert both.distances.mu.tolist() == sky.distances.mu.tolist()


def test_a_disc_in_a_disc_is_the_smaller_disc() -> None:
    wide, narrow = skymap_of(Circles((40,), (10,), (8,))), skymap_of(Circles((42,), (11,), (2,)))
    assert overlap_integral(wide, narrow) == pytest.approx(2 / (1 - np.cos(np.radians(8))), rel=0.01)
    assert product(wide, narrow).density == pytest.approx(narrow.density[0], rel=1e-9)


@given(one=st.integers(0, 99), other=st.integers(0, 99), weight=st.floats(0.01, 0.99))
@settings(max_examples=repeats(90), deadline=None)
def test_what_holds_for_any_two_maps(one: int, other: int, weight: float) -> None:
    first, second = (replace(_any(seed), distances=None) for seed in (one, other))
    fine = [healpix_of(sky, 8) for sky in (first, second)]
    assert overlap_integral(first, second) == pytest.approx(overlap_integral(second, first), rel=1e-12)
    assert overlap_integral(first, second) == pytest.approx(768 * float(fine[0] @ fine[1]), rel=1e-9)
    both, either = product(first, second), mixture(first, second, weight)
    assert healpix_of(both, 8) == pytest.approx(fine[0] * fine[1] / (fine[0] @ fine[1]), abs=1e-12)
    assert healpix_of(either, 8) == pytest.approx(weight * fine[0] + (1 - weight) * fine[1], abs=1e-12)
    assert either.distances is None
    back = product(second, first)
    assert back.density == pytest.approx(both.density, rel=1e-12)
    for made in (both, either):
        assert np.all(made.low[1:] >= made.high[:-1])
        assert np.all(made.high - made.low == 4 ** (29 - made.orders))
        assert np.all(made.low % (made.high - made.low) == 0)


def _of_cell(cell: int, density: float, mu: float, sigma: float) -> SkyMap:
    """One cell of order 3 with a distance, and the rest of the sky beside it with another."""
    solid = 4 * np.pi / 768
    far, near = (1 / ((m**2 + s**2) * ndtr(m / s) + m * s * norm.pdf(m / s)) for m, s in ((mu, sigma), (300.0, 80.0)))
    distances = Distances(np.array([mu, 300.0]), np.array([sigma, 80.0]), np.array([far, near]))
    return SkyMap.of_cells(3, np.array([cell, cell + 1]), np.array([density, 1 / solid - density]), distances)


@given(
    mu=st.tuples(st.floats(-20, 200), st.floats(20, 200)), sigma=st.tuples(st.floats(10, 60), st.floats(10, 60)),
    share=st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9)),
)  # fmt: skip
@settings(max_examples=repeats(120), deadline=None)
def test_distances_multiply_as_their_densities_divided_by_the_prior(
    mu: tuple[float, float], sigma: tuple[float, float], share: tuple[float, float]
) -> None:
    """The product per solid angle and distance is that of both over r², by integrals on a fine grid."""
    solid = 4 * np.pi / 768
    first, second = (_of_cell(5, share[n] / solid, mu[n], sigma[n]) for n in (0, 1))
    both = product(first, second)
    r = np.linspace(1e-3, 900, 90_001)[:, None]
    dense = [one.density * one.distances.norm * r**2 * norm.pdf(r, *one.distances[:2]) for one in (first, second)]  # type: ignore[union-attr, misc]
    joint = dense[0] * dense[1] / r**2
    along = joint.sum(axis=0)
    assert both.probability == pytest.approx(along / along.sum(), rel=1e-4, abs=1e-9)
    assert both.distances is not None
    mean = (joint * r).sum(axis=0) / along
    assert both.distances.moments()[0] == pytest.approx(mean, rel=1e-4)
    made = both.density * both.distances.norm * r**2 * norm.pdf(r, *both.distances[:2])
    assert made.sum() * 0.01 * solid == pytest.approx(1, rel=1e-3)
    assert product(second, first).density == pytest.approx(both.density, rel=1e-9)


def test_where_the_distances_exclude_one_another_no_source_made_both() -> None:
    near, far = (_of_cell(5, 100.0, mu, 1.0) for mu in (10.0, 250.0))
    assert product(near, far).probability[0] < 1e-12
    silent = Distances(np.array([np.inf, 300.0]), np.array([1.0, 80.0]), np.array([0.0, 1e-5]))
    both = product(near, replace(near, distances=silent))
    assert both.probability.tolist() == [0.0, 1.0]
    assert both.distances is not None
    assert both.distances.known.tolist() == [False, True]
    nobody = Distances(*(np.repeat(column[:1], 2) for column in silent))
    with pytest.raises(InvalidInput, match="no place in common"):
        product(near, replace(near, distances=nobody))


@pytest.mark.slow
def test_real_maps_multiply_as_their_flat_arrays_do(shared: Path, tmp_path: Path) -> None:
    """A gravitational wave and a burst that have nothing to do with one another, at the order of the finest cell."""
    wave = read_sky_map(shared / "skymaps/S190425z_GW190425_bayestar.fits.gz")
    burst = read_sky_map(shared / "skymaps/GRB180116A_Fermi_GBM_glg_healpix_all_bn180116026.fit")
    nside = 2 ** int(max(wave.orders.max(), burst.orders.max()))
    flat = [healpix_of(sky, nside, nested=True) for sky in (wave, burst)]
    expected = len(flat[0]) * float(flat[0] @ flat[1])
    assert overlap_integral(wave, burst) == pytest.approx(expected, rel=1e-6)
    both = product(wave, burst)
    assert both.probability.sum() == pytest.approx(1)
    assert healpix_of(both, nside, nested=True) == pytest.approx(flat[0] * flat[1] * len(flat[0]) / expected, abs=1e-9)
    [one] = both.cell_of([both.low[both.ranking[0]]])
    [place] = wave.cell_of([both.low[both.ranking[0]]])
    if wave.distances:
        assert both.distances is not None
        assert both.distances.mu[one] == wave.distances.mu[place]
        assert both.distance != wave.distance


def test_a_combined_map_says_what_it_is_made_of() -> None:
    wave = replace(_any(1), facts=MapFacts("S1", "2019-04-25T08:18:05", "BAYESTAR", "L1,V1", 150.0, 30.0, 2.0, 9.0))
    burst = replace(_any(2), distances=None, facts=MapFacts("GRB1", None, "GBM", "Fermi"))
    facts = combined(wave, burst, "product").facts
    assert (facts.object_id, facts.date_obs, facts.instruments) == ("S1 and GRB1", "2019-04-25T08:18:05", "L1,V1,Fermi")
    assert (facts.distmean, facts.log_bci, facts.creator) == (None, None, "skyhub")
    assert facts.notes == (f"product; overlap integral {overlap_integral(wave, burst):.6g}",)
    assert combined(burst, wave, "mixture").facts.notes == ("mixture, 0.5 of the first",)
    again = read_sky_map(write_sky_map(combined(burst, wave, "product")))
    assert again.distances is not None
    assert again.facts.object_id == "GRB1 and S1"
