"""A small plan of two fields in two filters, and its timeline, as the data service gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

BEGIN = 58925.1
MINUTE = 1 / 1440


def _row(number: int, field: int, band: str) -> dict[str, Any]:
    start = f"2020-03-17T04:{10 * number:02d}:00.000"
    return {
        "field_id": field, "ra": 150.0 + field, "dec": 10.0, "filter": band, "bandpass": f"ztf{band}", "start": start,
        "exposure_s": 300.0,
    }  # fmt: skip


OBSERVED = [(7, "g"), (8, "g"), (7, "r"), (8, "r")]
PLAN: dict[str, Any] = {
    "localization_id": 1, "instrument": "ZTF", "telescope": "P48", "wishes": {"airmass": 2.0}, "upper_bound": 0.6,
    "probability": 0.5, "observations": [_row(n, *each) for n, each in enumerate(OBSERVED)],
}  # fmt: skip


def timeline() -> dict[str, Any]:
    """The timeline of `PLAN`."""
    mjd = np.arange(BEGIN, BEGIN + 0.4, 10 * MINUTE)
    rows = [
        {
            "field_id": field, "filter": band, "start": BEGIN + 0.1 + 10 * n * MINUTE, "end": BEGIN + 0.1 + (10 * n + 5) * MINUTE,
            "airmass": 1.1 + 0.2 * n, "probability": [0.0, 0.0, 0.3, 0.5][n],
        }
        for n, (field, band) in enumerate(OBSERVED)
    ]  # fmt: skip
    ends = {
        name: [BEGIN + k * 0.02, BEGIN + 0.4 - k * 0.02]
        for k, name in enumerate(("sunset", "civil", "nautical", "astronomical"))
    }
    night = {"night": "2020-03-16", "begin": BEGIN, "end": BEGIN + 0.4, "twilights": ends, "moonrise": BEGIN + 0.2,
             "moonset": None, "moon_illumination": 0.4}  # fmt: skip
    fields = [
        {
            "field_id": n,
            "ra": 150.0 + n,
            "dec": 10.0,
            "outline": [[149 + n, 9], [151 + n, 9], [151 + n, 11], [149 + n, 11]],
        }
        for n in (7, 8)
    ]
    return {
        "nights": [night], "mjd": mjd.tolist(), "sun_altitude": [-30.0] * len(mjd),
        "moon_altitude": np.linspace(-20, 30, len(mjd)).tolist(), "observations": rows, "fields": fields,
    }  # fmt: skip


def together() -> tuple[dict[str, Any], dict[str, Any]]:
    """`PLAN` and the same 25 minutes later with another telescope, and their timelines."""
    later = timeline()
    for row in (*later["observations"], *later["nights"]):
        row |= {name: row[name] + 25 * MINUTE for name in ("start", "begin", "end") if name in row}
    ends = sorted(row["end"] for line in (timeline(), later) for row in line["observations"])
    grown = {"end": ends, "probability": np.linspace(0.0, 0.7, len(ends)).tolist()}
    plans = [PLAN, {**PLAN, "instrument": "DECam", "telescope": "CTIO"}]
    reached = {"probability": 0.7, "upper_bound": 0.9, "area": 12.0, "idle": {}}
    return {"plans": plans, **reached}, {"timelines": [timeline(), later], "together": grown}
