"""Names of events as circulars write them: a superevent, the number of a trigger, a burst of Fermi, a run of IceCube."""

from __future__ import annotations

import re
from collections.abc import Iterable

from skyhub.circulars import names_in

__all__ = ["names_of_event"]

_NUMBER = re.compile(r"\d{5,11}")
_OWN = re.compile(r"[A-Za-z]+\d{6,}[A-Za-z]*")


def names_of_event(aliases: Iterable[str]) -> list[str]:
    """What circulars call an event, in the form in which `skyhub.circulars.names_in` writes names.

    Parameters
    ----------
    aliases
        Its names as ``LVC#S230518h``, ``FERMI#713559497`` or ``FERMI#bn230812790``.

    Examples
    --------
    >>> names_of_event(["LVC#S230518h", "FERMI#713559497", "FERMI#bn230812790", "EP#01708973486", "SWIFT#-1373890615"])
    ['S230518h', 'trigger 713559497', 'bn230812790', 'trigger 01708973486', 'trigger 1708973486']
    """
    found: list[str] = []
    for alias in aliases:
        own = alias.partition("#")[2] or alias
        if written := [name.name for name in names_in(own)]:
            found += written
        elif _NUMBER.fullmatch(own):
            found += dict.fromkeys((f"trigger {own}", f"trigger {own.lstrip('0')}"))
        elif _OWN.fullmatch(own):
            found.append(own)
    return list(dict.fromkeys(found))
