"""False-alarm rates as words."""

from __future__ import annotations

from skyhub.notices._values import YEAR

__all__ = ["rate_tags"]

_YEARS = (1, 10, 100)


def rate_tags(far: object) -> list[str]:
    """Tags of how rarely chance alone gives such an event, by its false-alarm rate (Hz): ``< 1 per 100 years`` and so on.

    Examples
    --------
    >>> rate_tags(0.05 / YEAR), rate_tags(2.0 / YEAR)
    (['< 1 per year', '< 1 per 10 years'], [])
    """
    if isinstance(far, bool) or not isinstance(far, int | float):
        return []
    return [f"< 1 per {n} years" if n > 1 else "< 1 per year" for n in _YEARS if far * YEAR * n < 1]
