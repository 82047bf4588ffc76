"""Wilson's interval: bad counts, another implementation, closed forms, invariants."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.stats import binom_conf_interval
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.proportions import wilson_interval

trials = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("found", "tried", "confidence"), [(3, 2, 0.9), (-1, 2, 0.9), (1, 2, 0), (1, 2, 1), (1, 2, 9)])
def test_what_is_no_proportion_is_refused(found: int, tried: int, confidence: float) -> None:
    with pytest.raises(InvalidInput):
        wilson_interval(found, tried, confidence)


@pytest.mark.parametrize("confidence", [0.6827, 0.9, 0.95, 0.999])
def test_as_astropy_has_it(confidence: float) -> None:
    found, tried = np.array([0, 0, 1, 3, 7, 50, 499, 500]), np.array([1, 10, 1, 10, 9, 100, 500, 500])
    low, high = wilson_interval(found, tried, confidence)
    np.testing.assert_allclose([low, high], binom_conf_interval(found, tried, confidence, "wilson"), atol=1e-9)


def test_nothing_tried_says_nothing() -> None:
    low, high = wilson_interval(0, 0)
    assert (float(low), float(high)) == (0.0, 1.0)


@given(trials, st.floats(0.01, 0.999))
def test_invariants(counts: tuple[int, int], confidence: float) -> None:
    found, tried = counts
    low, high = wilson_interval(found, tried, confidence)
    assert 0 <= low <= found / tried <= high <= 1
    mirrored = wilson_interval(tried - found, tried, confidence)
    np.testing.assert_allclose(mirrored, (1 - high, 1 - low), atol=1e-9)
