"""Periodograms as their route tells them, of light curves whose period is known."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from skyhub.analysis._periodogram import PeriodSearch, _document, _searched
from skyhub.db import json_value

PERIOD = 0.5317
EPOCH = 60000.0


@cache
def light_curve(bands: int = 2, n: int = 90) -> dict[str, np.ndarray[Any, Any]]:
    """A sinusoid of `PERIOD` observed at night, so that there are aliases by a day."""
    random = np.random.default_rng(bands)
    mjd = EPOCH + np.sort(random.integers(0, 120, n * bands)) + random.uniform(0.2, 0.4, n * bands)
    band = np.arange(n * bands) % bands
    flux = 100 + (10 + 5 * band) * np.sin(2 * np.pi * mjd / PERIOD) + random.normal(0, 1, n * bands)
    names = np.array(["ztfg", "ztfr", "ztfi"])[band]
    return {"mjd": mjd, "filter": names, "flux": flux, "fluxerr": np.ones(n * bands), "band": band}


@cache
def document(bands: int = 2, **search: Any) -> dict[str, Any]:
    """What ``GET /api/objects/{object}/periodogram`` answers of it."""
    curve = light_curve(bands)
    asked = PeriodSearch(min_period=0.2, **search)
    found = _searched(curve["mjd"], curve["flux"], curve["fluxerr"], curve["band"], asked, lambda: None)
    channels = [{"filter": name, "instrument": "ZTF", "origin": "upload"} for name in ("ztfg", "ztfr", "ztfi")[:bands]]
    told: dict[str, Any] = json_value({"object_id": "ZTF26rr", "n_points": len(curve["mjd"]), "left_out": []})
    return told | json_value(_document(found, channels, asked))
