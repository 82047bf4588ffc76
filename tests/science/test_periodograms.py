"""Periodograms against closed forms, astropy and published periods."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.timeseries import LombScargle, LombScargleMultiband
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skyhub.errors import InvalidInput
from skyhub.science.periodograms import (
    MAX_FREQUENCIES,
    FrequencyGrid,
    false_alarm_level,
    false_alarm_probability,
    frequency_grid,
    lomb_scargle,
    periodogram,
    phase_of,
    spectral_window,
    thinned,
    window_peaks,
)
from support.effort import repeats

Floats = NDArray[np.float64]
Curve = tuple[Floats, Floats, Floats, NDArray[np.str_]]


def curve(period: float = 2.345, n: int = 150, noise: float = 0.1, seed: int = 0) -> Curve:
    """Sinusoids of one period in three bands: their own means, amplitudes and phases, at random nights of a year."""
    random = np.random.default_rng(seed)
    mjd = 60000 + np.sort(random.integers(0, 365, n) + random.uniform(0.2, 0.5, n))
    band = np.array(["ztfg", "ztfr", "ztfi"])[np.arange(n) % 3]
    place = np.arange(n) % 3
    value = 18 + place + (1 + place / 2) * np.sin(2 * np.pi * (mjd / period + place / 10))
    return mjd, value + random.normal(0, noise, n), noise * random.uniform(0.7, 1.3, n), band


def changed(at: int, **changes: float) -> tuple[Floats, Floats, Floats]:
    columns = dict(zip(("mjd", "value", "error"), (c.copy() for c in curve()[:3]), strict=True))
    for name, wrong in changes.items():
        columns[name][at] = wrong
    return columns["mjd"], columns["value"], columns["error"]


@pytest.mark.parametrize(
    ("points", "says"),
    [
        (changed(7, mjd=float("nan")), "mjd of point 7 is nan: leave out what is not finite"),
        (changed(7, value=float("inf")), "value of point 7 is inf"),
        (changed(7, error=0.0), "error of point 7 is 0.0: leave out what is not finite and above zero"),
        (changed(7, error=-1.0), "above zero"),
        (changed(7, error=float("nan")), "error of point 7"),
        (tuple(c[:9] for c in curve()[:3]), "10 points are needed in each band"),
        (tuple(c[:0] for c in curve()[:3]), "10 points are needed in each band"),
        ((np.full(20, 6e4), np.arange(20.0), np.ones(20)), "no two different"),
        ((np.arange(20.0), np.full(20, 18.1), np.ones(20)), "all the same"),
        ((np.arange(20.0), np.arange(21.0), np.ones(20)), "equally long"),
        ((np.ones((4, 5)), np.ones((4, 5)), np.ones((4, 5))), "one-dimensional"),
    ],
)
def test_points_that_cannot_be_used_are_refused(points: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        periodogram(*points)


def test_a_band_with_few_points_is_named() -> None:
    mjd, value, error, band = curve()
    band[band == "ztfi"] = np.where(np.arange(50) < 14, "ztfi", "ztfr")
    with pytest.raises(InvalidInput, match=r"15 points are needed in each band for 2 harmonic\(s\), not ztfi: 14"):
        periodogram(mjd, value, error, band, harmonics=2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"min_period": 0.0}, "must be positive"),
        ({"min_period": float("nan")}, "must be positive"),
        ({"min_period": 3.0, "max_period": 2.0}, "the first shorter"),
        ({"max_period": 400.0}, "at most the 36"),
        ({"min_period": 1e-5}, f"{MAX_FREQUENCIES} are permitted"),
        ({"oversampling": 0.5}, "oversampling is 0.5"),
        ({"oversampling": float("nan")}, "oversampling is nan"),
        ({"harmonics": 0}, "harmonics is 0"),
        ({"harmonics": 6}, "1 to 5"),
        ({"error_floor": -0.1}, "error_floor is -0.1"),
        ({"error_floor": float("nan")}, "error_floor is nan"),
        ({"bootstrap": -1}, "bootstrap is -1"),
        ({"peaks": 0}, "nor peaks zero"),
    ],
)
def test_searches_that_cannot_be_made_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        periodogram(*curve(), **options)


@pytest.mark.parametrize("period", [0.0, -1.0, float("nan"), float("inf")])
def test_phases_need_a_period(period: float) -> None:
    with pytest.raises(InvalidInput, match="positive and finite"):
        phase_of([1.0], period, 0.0)


@pytest.mark.parametrize("probability", [0.0, 1.0, -1.0, float("nan")])
def test_levels_need_a_probability(probability: float) -> None:
    with pytest.raises(InvalidInput, match="above 0 and below 1"):
        false_alarm_level(probability, *curve()[0:3:2], 10.0)


@pytest.mark.parametrize("harmonics", [1, 2, 3])
def test_one_band_agrees_with_astropy(harmonics: int) -> None:
    mjd, value, error, _ = curve()
    grid = frequency_grid(mjd, min_period=0.3)
    direct = LombScargle(mjd, value, error, nterms=harmonics).power(
        grid.frequencies, method="cython" if harmonics == 1 else "chi2"
    )
    assert lomb_scargle(mjd, value, error, grid, harmonics=harmonics) == pytest.approx(direct, abs=1e-6)


@pytest.mark.parametrize("harmonics", [1, 3])
def test_several_bands_agree_with_astropy(harmonics: int) -> None:
    mjd, value, error, band = curve()
    grid = frequency_grid(mjd, min_period=3.0)
    peer = LombScargleMultiband(
        mjd, value, band, error, nterms_base=0, nterms_band=harmonics, reg_base=None, reg_band=None
    ).power(grid.frequencies, method="flexible")
    assert lomb_scargle(mjd, value, error, grid, band, harmonics) == pytest.approx(peer, abs=1e-6)


def test_a_grid_in_pieces_is_the_same_grid() -> None:
    mjd, value, error, _ = curve()
    grid = frequency_grid(mjd, min_period=0.01)
    assert grid.count > 2 * (1 << 16)
    part = FrequencyGrid(grid.first + 131_000 * grid.step, grid.step, 200)
    whole = lomb_scargle(mjd, value, error, grid)[131_000:131_200]
    assert whole == pytest.approx(lomb_scargle(mjd, value, error, part), abs=1e-7)


def bounds_of_least_squares(mjd: Floats, period: float, noise: float = 0.1) -> tuple[float, list[float]]:
    """6σ of the period and of the amplitudes in `curve`, bands by name, from the covariance of its linearised model.

    The amplitude is the length of a vector: what is uncertain across it lengthens it in the second order.
    """
    places = np.arange(mjd.size) % 3
    size = 1 + places / 2
    phase = 2 * np.pi * (mjd / period + places / 10)
    columns = [(places == k) * wave for k in range(3) for wave in (np.ones(mjd.size), np.sin(phase), np.cos(phase))]
    turning = 2 * np.pi * (mjd - mjd.mean()) * size * np.cos(phase)
    design = np.array([*columns, turning])
    covariance = np.linalg.inv(design @ design.T) * noise**2
    bounds = 6 * np.sqrt(np.diag(covariance))
    along, across = bounds[1:-1:3], bounds[2:-1:3]
    g, r, i = along + across**2 / 2 / np.array([1.0, 1.5, 2.0])
    return float(bounds[-1] * period**2), [g, i, r]


@given(st.floats(0.3, 60), st.integers(0, 1000))
@settings(max_examples=repeats(25))
def test_a_sinusoid_is_recovered(period: float, seed: int) -> None:
    mjd, value, error, band = curve(period, seed=seed)
    of_period, of_amplitudes = bounds_of_least_squares(mjd, period)
    found = periodogram(mjd, value, error, band, min_period=0.2)
    assert found.period == pytest.approx(period, abs=of_period)
    assert found.false_alarm is not None
    assert found.false_alarm < 1e-6
    for one, semi, bound in zip(found.bands, (1.0, 2.0, 1.5), of_amplitudes, strict=True):
        assert one.fit.amplitude == pytest.approx(semi, abs=bound)
        assert one.fit.power > one.levels[0.001]


def test_the_maximum_is_found_beyond_the_grid() -> None:
    mjd, value, error, band = curve(noise=1e-6)
    found = periodogram(mjd, value, np.full_like(error, 0.1), band, error_floor=0.0)
    assert found.period == pytest.approx(2.345, rel=1e-6)
    assert found.peaks[0].power == pytest.approx(1, abs=1e-9)
    assert np.abs(found.grid.frequencies - 1 / 2.345).min() > 1e-4 / 2.345


@given(st.floats(0.01, 100), st.floats(-1000, 1000), st.floats(-5000, 5000), st.randoms(use_true_random=False))
@settings(max_examples=repeats(25))
def test_powers_depend_on_neither_scale_nor_zero_points_nor_order(
    scale: float, zero: float, days: float, random: Any
) -> None:
    mjd, value, error, band = curve(n=60)
    grid = frequency_grid(mjd, min_period=1.0)
    order = np.array(random.sample(range(60), 60))
    other = lomb_scargle(
        (mjd + days)[order],
        (scale * value + zero + 7 * (band == "ztfg"))[order],
        (scale * error)[order],
        grid,
        band[order],
    )
    power = lomb_scargle(mjd, value, error, grid, band)
    assert other == pytest.approx(power, abs=1e-5)
    assert ((power >= 0) & (power <= 1)).all()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("harmonics", [1, 3])
def test_terms_that_coincide_at_a_frequency_do_no_harm(scale: float, harmonics: int) -> None:
    """Once a night at the same time, the terms of a model are the same at whole frequencies."""
    mjd = np.arange(200.0)
    value = np.sin(2 * np.pi * mjd / 7.3)
    grid = FrequencyGrid(0.1, 0.00125, 721)
    power = lomb_scargle(mjd, scale * value, np.full(200, scale), grid, harmonics=harmonics)
    assert ((power >= 0) & (power <= 1)).all()
    assert power[-1] < 1e-3
    assert grid.last == pytest.approx(1.0)
    assert power.max() > 0.9


def test_a_band_that_does_not_vary_says_nothing() -> None:
    mjd, value, error, band = curve()
    with_it, grid = value.copy(), frequency_grid(mjd, min_period=1.0)
    with_it[band == "ztfi"] = 18.0
    others = band != "ztfi"
    assert lomb_scargle(mjd, with_it, error, grid, band) == pytest.approx(
        lomb_scargle(mjd[others], value[others], error[others], grid, band[others]), abs=1e-9
    )


def test_false_alarms_agree_with_astropy() -> None:
    mjd, value, error, _ = curve()
    peer = LombScargle(mjd, value, error)
    last = peer.autofrequency(maximum_frequency=10.0)[-1]
    for power in (0.01, 0.1, 0.2, 0.5):
        ours = false_alarm_probability(power, mjd, error, last)
        assert ours == pytest.approx(peer.false_alarm_probability(power, method="baluev", maximum_frequency=10.0))
        if ours < 0.999:
            assert false_alarm_level(float(ours), mjd, error, last) == pytest.approx(power)
    assert false_alarm_probability([0.0, 1.0], mjd, error, 10.0).tolist() == [1, 0]


def test_noise_has_the_false_alarms_that_are_stated() -> None:
    """Of 300 light curves of noise about 30 reach the level of 0.1, and no more than by chance."""
    mjd, _, error, _ = curve(n=60)
    grid = frequency_grid(mjd, min_period=1.0)
    level = false_alarm_level(0.1, mjd, error, grid.last)
    random = np.random.default_rng(1)
    reached = [lomb_scargle(mjd, random.normal(0, error), error, grid).max() > level for _ in range(300)]
    assert 10 <= sum(reached) <= 46


def test_noise_in_several_bands_is_rarely_called_a_period() -> None:
    mjd, _, error, band = curve(n=60)
    random = np.random.default_rng(2)
    draws = [random.normal(0, error) for _ in range(40)]
    stated = [periodogram(mjd, noise, error, band, min_period=2.0, peaks=1).false_alarm for noise in draws]
    assert sum(p is not None and p < 0.1 for p in stated) <= 10


def test_the_bootstrap_tells_a_period_from_noise() -> None:
    mjd, value, error, band = curve(n=60)
    found = periodogram(mjd, value, error, band, min_period=1.0, harmonics=2, bootstrap=19)
    assert (found.false_alarm, found.false_alarm_method) == (1 / 20, "bootstrap")
    assert periodogram(mjd, value, error, band, min_period=1.0, harmonics=2).false_alarm is None
    noise = np.random.default_rng(3).normal(0, error)
    chance = periodogram(mjd, noise, error, band, min_period=1.0, bootstrap=19).false_alarm
    assert chance is not None
    assert chance > 1 / 20


@given(st.lists(st.floats(0, 300), min_size=2, max_size=30))
def test_the_window_is_its_definition(times: list[float]) -> None:
    grid = FrequencyGrid(0.01, 0.0007, 301)
    direct = np.abs(np.exp(2j * np.pi * np.outer(grid.frequencies, times)).sum(axis=1)) ** 2 / len(times) ** 2
    assert spectral_window(times, grid) == pytest.approx(direct, abs=1e-7)


def test_nightly_observations_repeat_by_the_day_and_the_year() -> None:
    random = np.random.default_rng(0)
    sidereal = 60000 + np.sort(random.choice(1500, 500, replace=False)) / 1.0027379 + random.normal(0, 0.02, 500)
    season = sidereal[(sidereal % 365.2422) < 200]
    found = window_peaks(season, frequency_grid(season, min_period=0.3))
    assert {"sidereal day", "year"} <= {peak.cycle for peak in found}
    assert found == sorted(found, key=lambda peak: -peak.power)


def test_times_at_random_repeat_nowhere() -> None:
    mjd = np.random.default_rng(0).uniform(0, 1000, 300)
    assert window_peaks(mjd, frequency_grid(mjd)) == []


def sawtooth(mjd: Floats) -> Floats:
    """A light curve of 0.7 d with a strong first overtone."""
    return np.asarray(np.sin(2 * np.pi * mjd / 0.7) + 0.6 * np.sin(4 * np.pi * mjd / 0.7))


def test_aliases_are_marked() -> None:
    random = np.random.default_rng(4)
    mjd = 60000 + np.sort(random.choice(400, 120, replace=False)) + random.uniform(0.3, 0.4, 120)
    found = periodogram(mjd, sawtooth(mjd), np.full(120, 0.1), min_period=0.2, peaks=30)
    assert found.period == pytest.approx(0.7, rel=1e-3)
    aliases = {round(p.frequency, 2): p.cycle for p in found.peaks if p.relation == "alias"}
    assert aliases.items() >= {(round(1 / 0.7 + 1, 2), "solar day"), (round(1 / 0.7 - 1, 2), "solar day")}
    assert found.peaks[0].relation is None
    frequencies = np.sort([p.frequency for p in found.peaks])
    assert np.diff(frequencies).min() > 0.7 / np.ptp(mjd)


def test_harmonics_are_marked() -> None:
    mjd = np.sort(np.random.default_rng(5).uniform(60000, 60400, 300))
    found = periodogram(mjd, sawtooth(mjd), np.full(300, 0.1), min_period=0.2)
    assert [(p.relation, p.factor) for p in found.peaks[:2]] == [(None, None), ("harmonic", 2.0)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300), st.integers(1, 50))
def test_what_is_drawn_keeps_the_peaks(power: list[float], limit: int) -> None:
    all_of_it = np.array(power)
    frequencies, shown = thinned(np.arange(len(power)) * 1.0, all_of_it, limit)
    assert len(shown) <= limit
    assert shown.max() == all_of_it.max()
    assert (all_of_it[frequencies.astype(int)] == shown).all()


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e3), st.floats(-1e5, 1e5))
def test_phases_are_within_a_period(mjd: float, period: float, epoch: float) -> None:
    [phase] = phase_of([mjd], period, epoch)
    assert 0 <= phase < 1
    turns = (mjd - epoch) / period - phase
    assert turns == pytest.approx(round(turns), abs=1e-6)


@pytest.mark.parametrize(
    ("step", "n_stars", "fewest"), [(12, 3, 2), pytest.param(1, 34, 29, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_rr_lyrae_have_their_published_periods(shared: Path, step: int, n_stars: int, fewest: int) -> None:
    """Within 0.2 %, at least 29 of 34, and the others among the ten highest peaks."""
    folder = shared / "variables"
    with (folder / "index.csv").open() as file:
        stars = [row for row in csv.DictReader(file) if row["type"] in ("RRab", "RRc")][::step]
    best, among = 0, 0
    for star in stars:
        with (folder / star["file"]).open() as file:
            rows = list(csv.DictReader(file))
        points = ([float(row[name]) for row in rows] for name in ("time", "mag", "magerr"))
        found = periodogram(*points, [row["band"] for row in rows], harmonics=2, min_period=0.2)
        agree = [abs(peak.period / float(star["period_d"]) - 1) < 0.002 for peak in found.peaks]
        best, among = best + agree[0], among + any(agree)
    assert len(stars) == n_stars
    assert best >= fewest
    assert among == n_stars
