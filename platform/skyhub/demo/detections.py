"""Rows of the history: detections with their shape and quality, upper limits, forced photometry.

Numbers are rounded to six significant digits, as in the survey's history.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.draw import Drawn
from skyhub.demo.names import Ledger, image_name, process_id
from skyhub.demo.neighbours import Neighbours
from skyhub.demo.observe import Photometry
from skyhub.demo.placement import COLUMNS, ROWS, Placement
from skyhub.demo.schema import field_names
from skyhub.demo.survey import Exposures
from skyhub.demo.target import Target

__all__ = ["MAG_FLOOR", "detection_rows", "forced_rows", "limit_row"]

MAG_FLOOR = 0.015
"""Error of the calibration (mag), added in quadrature."""

_PREVIOUS = field_names("prv_candidate")
_PI = "Demo"
_FAILED = -99999.0

Floats = NDArray[np.float64]
_Row = dict[str, Any]


def _six(values: Floats) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def limit_row(exposures: Exposures, at: int, where: Placement) -> _Row:
    """An upper limit: the exposure's columns; all that describes a source is null."""
    return dict.fromkeys(_PREVIOUS) | _exposure(exposures, at, where)


def detection_rows(
    drawn: Drawn,
    exposures: Exposures,
    where: Placement,
    neighbours: Neighbours,
    ledger: Ledger,
    rng: np.random.Generator,
) -> dict[int, _Row]:
    """Rows of the detections, by index of their exposure; each row has the columns of a candidate too."""
    found = np.flatnonzero(drawn.photometry.detected)
    columns = _measured(drawn, exposures, found, rng) | _shape(drawn, exposures, found, rng)
    columns |= _on_detector(drawn, exposures, where, found, rng)
    reference = {fid: neighbours.reference(fid) for fid in (1, 2, 3)}
    rows: dict[int, _Row] = {}
    for k, at in enumerate(found.tolist()):
        positive = bool(drawn.photometry.flux[at] > 0)
        row = _exposure(exposures, at, where) | {name: values[k] for name, values in columns.items()}
        row |= reference[int(exposures.fid[at])] | _body(drawn.target)
        candid = ledger.candid(row["pid"], positive)
        rows[at] = row | {"candid": candid, "tblid": candid % 1000, "isdiffpos": "t" if positive else "f"}
    return rows


def forced_rows(
    photometry: Photometry, exposures: Exposures, where: Placement, neighbours: Neighbours, rng: np.random.Generator
) -> list[_Row]:
    """Forced photometry at every exposure; one in twenty fails and says so by its status."""
    reference = {fid: neighbours.reference(fid) for fid in (1, 2, 3)}
    failed = rng.random(len(exposures.jd)) < 0.05
    change = rng.uniform(0.06, 0.11, (len(exposures.jd), 2))
    rows = []
    for at, bad in enumerate(failed.tolist()):
        fid = int(exposures.fid[at])
        row = _exposure(exposures, at, where)
        measured = (_FAILED, _FAILED) if bad else (float(photometry.flux[at]), float(photometry.sigma[at]))
        rows.append(
            {key: row[key] for key in ("field", "rcid", "fid", "pid", "programid", "jd", "diffmaglim")}
            | {key: row[key] for key in ("magzpsci", "magzpsciunc", "magzpscirms", "clrcoeff", "clrcounc")}
            | reference[fid]
            | {
                "rfid": where.reference_id(fid),
                "sciinpseeing": round(float(exposures.seeing[at]), 4),
                "scibckgnd": round(float(exposures.background[at]), 3),
                "scisigpix": round(float(exposures.sky_sigma[at]), 5),
                "exptime": 30.0,
                "adpctdif1": round(float(change[at, 0]), 6),
                "adpctdif2": round(float(change[at, 1]), 6),
                "forcediffimflux": measured[0],
                "forcediffimfluxunc": measured[1],
                "procstatus": "61" if bad else "0",
            }
        )
    return rows


def _exposure(exposures: Exposures, at: int, where: Placement) -> _Row:
    """Columns that hold for an exposure whether the target was found or not."""
    jd, fid = float(exposures.jd[at]), int(exposures.fid[at])
    depth = float(exposures.limit[at])
    return {
        "jd": jd,
        "fid": fid,
        "pid": process_id(jd, where.rcid),
        "diffmaglim": float(f"{depth:.6g}"),
        "pdiffimfilename": image_name(jd, where.field_id, fid, where.rcid),
        "programpi": _PI,
        "programid": int(exposures.programid[at]),
        "nid": int(jd - 2457754.5),
        "rcid": where.rcid,
        "field": where.field_id,
        "magzpsci": float(f"{exposures.zero_point[at]:.6g}"),
        "magzpsciunc": 5e-06,
        "magzpscirms": 0.03,
        "clrcoeff": (0.0, -0.06, 0.09, 0.01)[fid],
        "clrcounc": 8e-06,
        "zpmed": float(f"{exposures.zero_point[at] - 0.03:.6g}"),
        "rbversion": "t17_f5_c3",
    }


def _measured(drawn: Drawn, exposures: Exposures, found: NDArray[np.int64], rng: np.random.Generator) -> _Row:
    """Magnitudes: profile fit, two apertures, significance."""
    photometry = drawn.photometry
    flux, sigma = np.abs(photometry.flux[found]), photometry.sigma[found]
    zero_point, limit = exposures.zero_point[found], exposures.limit[found]
    error = np.hypot(1.0857 * sigma / flux, MAG_FLOOR)
    magpsf = zero_point - 2.5 * np.log10(flux)
    magap, magbig = (magpsf + rng.normal(0, scale, len(found)) * error for scale in (0.7, 0.9))
    signal = flux / sigma
    dsn, ssn = signal * rng.uniform(0.8, 1.2, len(found)), signal * rng.uniform(1.8, 2.6, len(found))
    return {
        "magpsf": _six(magpsf),
        "sigmapsf": _six(error),
        "magap": _six(magap),
        "sigmagap": _six(1.1 * error),
        "magdiff": _six(magap - magpsf),
        "magfromlim": _six(limit - magap),
        "magapbig": _six(magbig),
        "sigmagapbig": _six(1.4 * error),
        "scorr": _six(signal * rng.uniform(0.75, 1.05, len(found))),
        "dsnrms": _six(dsn),
        "ssnrms": _six(ssn),
        "dsdiff": _six(dsn - ssn),
    }


def _shape(drawn: Drawn, exposures: Exposures, found: NDArray[np.int64], rng: np.random.Generator) -> _Row:
    """Shape and quality: round and as wide as the seeing if real, not so if bogus."""
    n, bogus = len(found), drawn.target.artefact is not None
    seeing = exposures.seeing[found]
    sharp = drawn.target.artefact in ("cosmic ray", "bad column")
    fwhm = np.clip(seeing * rng.lognormal(np.log(0.45) if sharp else 0, 0.3 if bogus else 0.08, n), 0.7, 12)
    elong = 1 + rng.exponential(0.5 if bogus else 0.08, n)
    major = 0.34 * fwhm * np.sqrt(elong)
    signal = np.abs(drawn.photometry.flux[found]) / drawn.photometry.sigma[found]
    rb = rng.beta(2, 5, n) if bogus else 0.5 + 0.49 * rng.beta(4, 1.4, n)
    return {
        "chipsf": _six(rng.lognormal(1.8 if bogus else 0.1, 0.4, n) + (signal / 40) ** 2),
        "fwhm": _six(fwhm),
        "classtar": _six(rng.beta(1.5, 2, n) if bogus else 1 - rng.beta(1, 40, n)),
        "seeratio": _six(np.clip(fwhm / seeing * rng.lognormal(0, 0.1, n), 0.4, 2)),
        "aimage": _six(major),
        "bimage": _six(major / elong),
        "aimagerat": _six(major / fwhm),
        "bimagerat": _six(major / elong / fwhm),
        "elong": _six(elong),
        "nneg": rng.integers(6 if bogus else 0, 16 if bogus else 6, n).tolist(),
        "nbad": (rng.integers(0, 3, n) if sharp else np.zeros(n, dtype=int)).tolist(),
        "rb": _six(rb),
        "sumrat": _six(rng.uniform(0.2, 0.9, n) if bogus else 1 - rng.exponential(0.01, n)),
        "sky": _six(rng.normal(0, 0.5, n)),
    }


def _on_detector(
    drawn: Drawn, exposures: Exposures, where: Placement, found: NDArray[np.int64], rng: np.random.Generator
) -> _Row:
    """Position on the sky and in the image; scatter follows the signal."""
    signal = np.abs(drawn.photometry.flux[found]) / drawn.photometry.sigma[found]
    scatter = np.hypot(0.6 * exposures.seeing[found] / signal, 0.05)
    east, north = rng.normal(0, 1, (2, len(found))) * scatter / 3600 * 0.7
    dec = drawn.target.dec + north
    ra = (drawn.target.ra + east / np.cos(np.radians(drawn.target.dec))) % 360
    edge = min(where.x, where.y, COLUMNS - where.x, ROWS - where.y)
    return {
        "xpos": [round(where.x, 3)] * len(found),
        "ypos": [round(where.y, 3)] * len(found),
        "ra": np.round(ra, 7).tolist(),
        "dec": np.round(dec, 7).tolist(),
        "mindtoedge": [round(edge, 3)] * len(found),
    }


def _body(target: Target) -> _Row:
    if target.body is None:
        return {"ssdistnr": -999.0, "ssmagnr": -999.0, "ssnamenr": "null"}
    return {"ssdistnr": round(target.body.distance, 3), "ssmagnr": target.body.magnitude, "ssnamenr": target.body.name}
