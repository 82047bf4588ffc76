"""A sky map, and a grid of a square camera over it."""

from __future__ import annotations

from typing import Any

import numpy as np
from skyhub.science.sky_shapes import Cone, skymap_of

MAP = skymap_of(Cone(160.0, 10.0, 3.0, 0.9))
START = "2020-03-17T02:00:00"
BOX = "box(0, 0, 2, 2, 0)"
RA, DEC = (x.ravel() for x in np.meshgrid(np.arange(150.0, 170.0, 1.8), np.arange(2.0, 20.0, 1.8)))
GRID = [{"field_id": 100 + n, "ra": ra, "dec": dec} for n, (ra, dec) in enumerate(zip(RA, DEC, strict=True))]

OBSERVATION: dict[str, Any] = {
    "field_id": 7, "ra": 160.0, "dec": 10.0, "filter": "r", "bandpass": "ztfr", "start": "2020-03-17T03:00:00.000",
    "exposure_s": 30.0,
}  # fmt: skip
PLAN: dict[str, Any] = {
    "localization_id": None, "instrument": "ZTF", "telescope": "P48", "visits": 1, "probability": 0.5,
    "upper_bound": 0.6, "area": 4.0, "notes": [], "planned_at": "2020-03-17T01:00:00Z", "observations": [OBSERVATION],
    "wishes": {"start": START, "hours": 9, "filters": ["r"]},
}  # fmt: skip
"""A plan of one observation."""
