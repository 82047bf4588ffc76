"""Numbers as they are written: with the digits that their errors leave."""

from __future__ import annotations

import numpy as np

__all__ = ["written_with_error"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written_with_error(value: float, error: float | None) -> str:
    """A value with as many decimals as two digits of its error have, and the error.

    Examples
    --------
    >>> written_with_error(58894.7712, 0.1312)
    '58894.77 ± 0.13'
    >>> written_with_error(5.1e44, 4e43)
    '(5.10 ± 0.40) × 10⁴⁴'
    >>> written_with_error(0.041, None)
    '0.041'
    """
    if not error or not np.isfinite(error):
        return f"{value:.7g}"
    size = max(abs(value), error)
    if not 1e-3 <= size < 1e6:
        power = int(np.floor(np.log10(size)))
        scaled = written_with_error(value / 10.0**power, error / 10.0**power)
        return f"({scaled}) × 10{str(power).translate(_RAISED)}"
    decimals = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"
