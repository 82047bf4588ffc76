"""Extinction against an independent implementation and published coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass_names
from skyhub.science.extinction import band_extinction, deredden, extinction_curve, redden


@pytest.mark.parametrize("wavelength", [0.0, 909.0, -5000.0, float("nan")])
def test_wavelengths_outside_of_the_law_are_refused(wavelength: float) -> None:
    with pytest.raises(InvalidInput, match="910"):
        extinction_curve([5000.0, wavelength])


def test_bands_without_a_law_are_refused() -> None:
    with pytest.raises(InvalidInput, match="swiftxrt"):
        band_extinction(["ztfg", "swiftxrt"])


@pytest.mark.parametrize("r_v", [2.3, 3.1, 5.0])
def test_the_law_is_fitzpatrick_s(r_v: float) -> None:
    from sncosmo import F99Dust

    wave = np.linspace(1000, 25000, 2001)
    dust = F99Dust(r_v)
    dust["ebv"] = 1.0
    expected = -2.5 * np.log10(dust.propagate(wave, np.ones_like(wave)))
    assert extinction_curve(wave, r_v) == pytest.approx(expected, abs=1e-9)


@given(
    st.lists(st.sampled_from([n for n in bandpass_names() if n != "swiftxrt"]), min_size=1, max_size=5), st.floats(0, 2)
)
def test_reddening_comes_back(filters: list[str], ebv: float) -> None:
    mags = np.linspace(15, 20, len(filters))
    assert deredden(redden(mags, filters, ebv), filters, ebv) == pytest.approx(mags, abs=1e-12)
    assert (redden(mags, filters, ebv) >= mags - 1e-12).all()
