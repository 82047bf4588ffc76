"""Numbers as they are written: the digits that errors leave."""

from __future__ import annotations

import pytest
from skyhub.science.rounding import written_with_error


@pytest.mark.parametrize(
    ("value", "error", "written"),
    [
        (58894.7712, 0.1312, "58894.77 ± 0.13"),
        (-0.3435903, 0.17, "-0.34 ± 0.17"),
        (0.001451804, 3.5e-5, "0.001452 ± 0.000035"),
        (5.1e44, 4e43, "(5.10 ± 0.40) × 10⁴⁴"),
        (9000.0, 170.0, "9000 ± 170"),
        (0.041, None, "0.041"),
    ],
)
def test_a_value_has_the_digits_of_its_error(value: float, error: float | None, written: str) -> None:
    assert written_with_error(value, error) == written
