"""Importing what first questions need while nobody waits for it: about a second of processor time, spent after the start."""

from __future__ import annotations

import threading
from importlib import import_module

__all__ = ["import_early"]

_NEEDED = ("astropy_healpix", "scipy.special", "scipy.interpolate")
"""Of positions and sky maps: too slow to import at the start, which the hub waits for."""
_AFTER_SECONDS = 2.0


def import_early(seconds: float = _AFTER_SECONDS) -> threading.Timer:
    """Import them in a thread of its own, some seconds from now; the thread ends with the process."""
    timer = threading.Timer(seconds, lambda: [import_module(name) for name in _NEEDED])
    timer.daemon = True
    timer.start()
    return timer
