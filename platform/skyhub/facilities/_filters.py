"""The names of filters, as an instrument has them."""

from __future__ import annotations

from collections.abc import Sequence

from skyhub.errors import InvalidInput

__all__ = ["bandpasses"]


def bandpasses(instrument: str, known: Sequence[str], asked: Sequence[str]) -> dict[str, str]:
    """The instrument's name of each filter: the same, or the only one that ends so (g of ztfg).

    Raises
    ------
    InvalidInput
        If the instrument has no such filter.

    Examples
    --------
    >>> bandpasses("ZTF", ["ztfg", "ztfr"], ["r", "ztfg"])
    {'r': 'ztfr', 'ztfg': 'ztfg'}
    """
    found: dict[str, str] = {}
    for name in asked:
        alike = [n for n in known if n == name] or [n for n in known if n.lower().endswith(name.lower())]
        if known and len(alike) != 1:
            raise InvalidInput(
                f"{instrument} has {'no' if not alike else 'more than one'} filter {name!r}: it has {', '.join(known)}.",
                "filters",
            )
        found[name] = alike[0] if alike else name
    if len(set(found.values())) < len(asked):
        raise InvalidInput(f"the filters {', '.join(asked)} name one twice: name each once.", "filters")
    return found
