"""Agreement of two: bad tables, Cohen's published tables, closed forms, invariants."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skyhub.errors import InvalidInput
from skyhub.science.agreement import agreement_fraction, cohen_kappa, confusion_table, kappa_error

VERDICTS = ("save", "reject")
counts = st.integers(1, 4).flatmap(lambda n: arrays(np.int64, (n, n), elements=st.integers(0, 200)))
verdicts = st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), max_size=50)


@pytest.mark.parametrize("table", [[1, 2], [[1, 2]], [[1, -1], [0, 1]], [[1, math.nan], [0, 1]], [[[1]]]])
def test_what_is_no_table_is_refused(table: object) -> None:
    for measure in (agreement_fraction, cohen_kappa, kappa_error):
        with pytest.raises(InvalidInput, match="permitted"):
            measure(table)  # type: ignore[arg-type]


def test_what_does_not_go_into_a_table_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1 and 0 classes"):
        confusion_table(["save"], [], VERDICTS)
    with pytest.raises(InvalidInput, match="'skip' is not known: save, reject are permitted"):
        confusion_table(["save"], ["skip"], VERDICTS)


@pytest.mark.parametrize(
    ("table", "observed", "kappa", "error"),
    [
        ([[88, 10, 2], [14, 40, 6], [18, 10, 12]], 0.70, 0.29 / 0.59, 0.055),
        ([[50, 26, 24], [24, 4, 32], [6, 30, 4]], 0.29, -0.06 / 0.65, None),
    ],
)
def test_cohens_own_tables(table: list[list[int]], observed: float, kappa: float, error: float | None) -> None:
    """Proportions of the two tables of the paper, of 200 patients: chance agreement 0.41 and 0.35."""
    assert agreement_fraction(table) == pytest.approx(observed)
    assert cohen_kappa(table) == pytest.approx(kappa)
    if error is not None:
        assert kappa_error(table) == pytest.approx(error, abs=5e-4)


def test_where_there_is_nothing_to_tell() -> None:
    for table in ([[0, 0], [0, 0]], [[7, 0], [0, 0]]):
        assert math.isnan(cohen_kappa(table))
        assert math.isnan(kappa_error(table))
    assert math.isnan(agreement_fraction([[0]]))
    assert agreement_fraction([[7, 0], [0, 0]]) == 1.0


@given(counts)
def test_invariants_of_kappa(table: np.ndarray) -> None:
    kappa = cohen_kappa(table)
    if math.isnan(kappa):
        return
    assert -1 - 1e-12 <= kappa <= agreement_fraction(table) + 1e-12
    assert cohen_kappa(table.T) == pytest.approx(kappa)
    assert cohen_kappa(3 * table) == pytest.approx(kappa)
    order = np.roll(np.arange(len(table)), 1)
    assert cohen_kappa(table[np.ix_(order, order)]) == pytest.approx(kappa)


@given(st.lists(st.integers(1, 50), min_size=2, max_size=4), st.lists(st.integers(1, 50), min_size=2, max_size=4))
def test_independent_people_agree_as_by_chance(first: list[int], second: list[int]) -> None:
    size = min(len(first), len(second))
    assert cohen_kappa(np.outer(first[:size], second[:size])) == pytest.approx(0, abs=1e-9)


@given(verdicts)
def test_a_table_counts_everything_once(pairs: list[tuple[str, str]]) -> None:
    table = confusion_table([a for a, _ in pairs], [b for _, b in pairs], VERDICTS)
    assert table.sum() == len(pairs)
    assert np.trace(table) == sum(a == b for a, b in pairs)
    assert table[0].sum() == sum(a == "save" for a, _ in pairs)
