"""Bins of time: what is not permitted, closed forms, and what every binning keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skyhub.errors import InvalidInput
from skyhub.science.binning import binned

N = 40
FLUXES = hnp.arrays(float, N, elements=st.floats(-1e4, 1e4))
ERRORS = hnp.arrays(float, N, elements=st.floats(0.1, 1e3))
TIMES = hnp.arrays(float, N, elements=st.floats(50000, 50100))
SERIES = hnp.arrays(int, N, elements=st.integers(0, 3))


@pytest.mark.parametrize("width", [0.0, -1.0, np.nan, np.inf])
def test_a_width_that_is_none_is_refused(width: float) -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        binned([1.0], [1.0], [1.0], [0], width)


def test_no_points_give_no_bins() -> None:
    bins = binned([], [], [], [], 1.0)
    assert [len(column) for column in bins] == [0] * 6


def test_points_that_cannot_be_averaged_are_in_no_bin() -> None:
    bins = binned([1.0, 1.1, 1.2, 1.3], [1.0, np.nan, 3.0, 4.0], [1.0, 1.0, 0.0, np.nan], [0] * 4, 1.0)
    assert bins.bin_of.tolist() == [0, -1, -1, -1]
    assert bins.n_points.tolist() == [1]


def test_equal_errors_give_the_plain_mean_and_the_error_of_the_mean() -> None:
    bins = binned([0.1, 0.2, 0.3, 0.4], [8.0, 9.0, 11.0, 12.0], [2.0] * 4, [7] * 4, 1.0)
    assert [bins.mjd[0], bins.flux[0], bins.fluxerr[0]] == pytest.approx([0.25, 10.0, 1.0])


@given(TIMES, FLUXES, ERRORS, SERIES, st.floats(0.01, 200), st.floats(49000, 51000))
def test_weights_and_weighted_fluxes_are_conserved(
    mjd: Any, flux: Any, fluxerr: Any, series: Any, width: float, zero: float
) -> None:
    bins = binned(mjd, flux, fluxerr, series, width, zero)
    assert np.sum(bins.fluxerr**-2) == pytest.approx(np.sum(fluxerr**-2))
    assert np.sum(bins.flux * bins.fluxerr**-2) == pytest.approx(np.sum(flux * fluxerr**-2), abs=1e-3)
    assert bins.n_points.sum() == N
    np.testing.assert_array_equal(np.bincount(bins.bin_of, minlength=len(bins.mjd)), bins.n_points)


@given(TIMES, FLUXES, ERRORS, SERIES, st.floats(0.01, 200))
def test_a_bin_holds_one_series_within_its_width(mjd: Any, flux: Any, fluxerr: Any, series: Any, width: float) -> None:
    bins = binned(mjd, flux, fluxerr, series, width)
    np.testing.assert_array_equal(series[bins.first][bins.bin_of], series)
    number = np.floor(mjd / width)
    np.testing.assert_array_equal(number[bins.first][bins.bin_of], number)
    assert (np.abs(bins.mjd[bins.bin_of] - mjd) <= width * (1 + 1e-9) + 1e-9).all()
