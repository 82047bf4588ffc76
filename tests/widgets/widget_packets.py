"""Cards from real ZTF alert packets, for screenshots: what the data service would answer, made in the plainest way."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from widget_support import data_url

SHARED = Path(os.environ.get("SKYHUB_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
ALERTS = SHARED / "alerts" / "ztf"
FILTERS = {1: "ztfg", 2: "ztfr", 3: "ztfi"}
JD_ZERO = 2400000.5
LABELS = {
    "rb": "real–bogus",
    "drb": "deep real–bogus",
    "sgscore1": "star–galaxy score",
    "distpsnr1": "nearest PS1 source (″)",
    "magpsf": "magnitude (PSF)",
    "fwhm": "FWHM (pixel)",
    "classtar": "star-likeness",
}
JUDGED: dict[str, Callable[[float], str | None]] = {
    "rb": lambda v: "good" if v > 0.65 else "bad",
    "drb": lambda v: "good" if v > 0.8 else "bad",
    "sgscore1": lambda v: "bad" if v > 0.76 else "good" if v < 0.3 else None,
}


def real_cards(n: int) -> list[dict[str, Any]]:
    """The ``n`` packets with the longest histories that span days, one per object, and two without cutouts."""
    with (ALERTS / "index.csv").open() as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: -int(row["n_prv_candidates"]))
    by_object = {row["objectId"]: row for row in reversed(rows)}
    chosen = sorted(by_object.values(), key=lambda row: rows.index(row))
    bare = [row for row in chosen if not _packet(row).get("cutoutScience")][:2]
    long = [row for row in chosen if _span(_packet(row)) > 5][: n - len(bare)]
    return [_card(_packet(row), i) for i, row in enumerate([*long, *bare], start=1)]


def _span(packet: dict[str, Any]) -> float:
    times = [c["jd"] for c in [*(packet.get("prv_candidates") or []), packet["candidate"]]]
    return float(max(times) - min(times))


def _packet(row: dict[str, str]) -> dict[str, Any]:
    with (ALERTS / row["objectId"] / f"{row['candid']}.avro").open("rb") as file:
        (packet,) = fastavro.reader(file)
    return dict(packet)


def _image(cutout: dict[str, Any] | None) -> str | None:
    if not cutout:
        return None
    with fits.open(io.BytesIO(gzip.decompress(cutout["stampData"])), ignore_missing_simple=True) as hdus:
        data = np.asarray(hdus[0].data, dtype=float)[::-1]
    low, high = np.nanpercentile(data, [1, 99.6])
    scaled = np.arcsinh(np.clip((data - low) / max(high - low, 1e-9), 0, 1) * 8) / np.arcsinh(8)
    return data_url(np.nan_to_num(scaled) * 255)


def _points(packet: dict[str, Any]) -> dict[str, list[Any]]:
    history = sorted([*(packet.get("prv_candidates") or []), packet["candidate"]], key=lambda c: c["jd"])
    mag = [c.get("magpsf") for c in history]
    err = [c.get("sigmapsf") for c in history]
    flux = [None if m is None else 10 ** ((23.9 - m) / 2.5) for m in mag]
    return {
        "mjd": [c["jd"] - JD_ZERO for c in history],
        "filter": [FILTERS[c["fid"]] for c in history],
        "mag": mag,
        "magerr": err,
        "limiting_mag": [c.get("diffmaglim") for c in history],
        "flux": flux,
        "fluxerr": [None if f is None or e is None else f * e / 1.0857 for f, e in zip(flux, err, strict=True)],
        "origin": ["alert"] * len(history),
    }


def _statistics(points: dict[str, list[Any]]) -> dict[str, Any]:
    rows = [dict(zip(points, values, strict=True)) for values in zip(*points.values(), strict=True)]
    seen = [r for r in rows if r["mag"] is not None]
    limits = [{**r, "mag": r["limiting_mag"]} for r in rows if r["mag"] is None]
    return {
        "n_detections": len(seen), "n_limits": len(limits), "first": seen[0], "last": seen[-1],
        "peak": min(seen, key=lambda r: r["mag"]), "last_limit": limits[-1] if limits else None,
        "rise_mag_per_day": -0.213 if len(seen) > 2 else None, "age_days": seen[-1]["mjd"] - seen[0]["mjd"],
    }  # fmt: skip


def _annotations(c: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"origin": "ZTF", "key": k, "label": n, "value": c[k], "verdict": JUDGED[k](c[k]) if k in JUDGED else None}
        for k, n in LABELS.items()
        if c.get(k) is not None
    ]


def _card(packet: dict[str, Any], number: int) -> dict[str, Any]:
    c = packet["candidate"]
    place = SkyCoord(c["ra"], c["dec"], unit="deg")
    points = _points(packet)
    text = place.to_string("hmsdms", sep=":", precision=2).split()
    return {
        "candidate_id": str(number), "object_id": packet["objectId"], "candid": str(packet["candid"]), "survey": "ZTF",
        "dayobs": "2026-11-21", "ra": c["ra"], "dec": c["dec"],
        "position": {"sexagesimal": text, "degrees": [c["ra"], c["dec"]],
                     "galactic": [float(place.galactic.l.deg), float(place.galactic.b.deg)]},
        "mjd": c["jd"] - JD_ZERO,
        "filters": [{"filter_id": "1", "name": "Young transients", "group": "ztf-transients"},
                    {"filter_id": "2", "name": "Fast and blue", "group": "ztf-fast"}][: 1 + number % 2],
        "statistics": _statistics(points), "annotations": _annotations(c), "photometry": points,
        "cutouts": {"science": _image(packet.get("cutoutScience")), "template": _image(packet.get("cutoutTemplate")),
                    "difference": _image(packet.get("cutoutDifference"))},
        "decisions": [{"decision_id": "7", "user": "scanner-ztf", "verdict": "save", "groups": ["ztf-transients"],
                       "decided_at": "2026-11-22T03:14:15Z"}] if number % 3 == 1 else [],
        "mine": None, "can_decide": True,
    }  # fmt: skip
