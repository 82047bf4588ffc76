"""Alert packets of one target: its alerts of the night, each with the history that its programme may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.detections import detection_rows, forced_rows, limit_row
from skyhub.demo.draw import Drawn
from skyhub.demo.names import Ledger
from skyhub.demo.neighbours import Neighbours, find_neighbours
from skyhub.demo.placement import Placement, place, trim
from skyhub.demo.scene import build_scene
from skyhub.demo.schema import SCHEMA_VERSION, field_names
from skyhub.demo.stamps import Stamps, draw_stamps, fits_gz
from skyhub.demo.survey import HISTORY_DAYS, Exposures, Survey

__all__ = ["PUBLISHER", "target_packets"]

PUBLISHER = "skyhub demo night (synthetic)"

_CANDIDATE = field_names("candidate")
_Row = dict[str, Any]


@dataclass(frozen=True)
class _History:
    """Everything known of a target: one row per exposure, and the rows of forced photometry."""

    rows: list[_Row]
    forced: list[_Row]

    def before(self, jd: float, programid: int) -> tuple[list[_Row], list[_Row]]:
        """Rows of the last 30 days that a programme may see; public packets carry public history only."""

        def seen(rows: list[_Row]) -> list[_Row]:
            return [row for row in rows if jd - HISTORY_DAYS <= row["jd"] < jd and row["programid"] <= programid]

        return seen(self.rows), seen(self.forced)


@dataclass(frozen=True)
class _Past:
    """How often the place was found and covered, and since when."""

    detected: NDArray[np.bool_]
    first_jd: float
    found_before: int
    covered_before: int

    def fields(self, at: int, jd: float) -> _Row:
        return {
            "ndethist": int(self.detected[: at + 1].sum()) + self.found_before,
            "ncovhist": self.covered_before + at + 1,
            "jdstarthist": self.first_jd,
            "jdendhist": jd,
        }


def target_packets(name: str, drawn: Drawn, survey: Survey, ledger: Ledger, rng: np.random.Generator) -> Iterator[_Row]:
    """The packets of one target in order of time.

    Parameters
    ----------
    name
        The object's name.
    ledger
        Hands out candidate ids, shared by all targets of the night.
    """
    target, exposures = drawn.target, survey.exposures[drawn.target.field]
    where = place(target, survey.fields[target.field])
    scene = build_scene(target, where.galactic_latitude, where.shift, rng)
    neighbours = find_neighbours(target, scene, rng)
    history = _history(drawn, exposures, where, neighbours, ledger, rng)
    missing = int(rng.integers(7, 27)) if rng.random() < 0.07 else None
    facts, past = _static_facts(neighbours, where, rng), _past(drawn, exposures, rng)
    for at in np.flatnonzero(drawn.photometry.detected & exposures.tonight):
        flux = float(drawn.photometry.flux[at])
        stamps = trim(draw_stamps(scene, exposures, int(at), flux, target.artefact, rng), where, missing)
        row = history.rows[at]
        candidate = row | facts | past.fields(int(at), row["jd"]) | _scores(target.kind == "bogus", rng)
        yield _packet(name, candidate, history.before(row["jd"], row["programid"]), stamps, drawn)


def _history(
    drawn: Drawn,
    exposures: Exposures,
    where: Placement,
    neighbours: Neighbours,
    ledger: Ledger,
    rng: np.random.Generator,
) -> _History:
    found = detection_rows(drawn, exposures, where, neighbours, ledger, rng)
    rows = [found.get(at) or limit_row(exposures, at, where) for at in range(len(exposures.jd))]
    forced = [] if drawn.target.body else forced_rows(drawn.photometry, exposures, where, neighbours, rng)
    return _History(rows, forced)


def _packet(name: str, candidate: _Row, history: tuple[list[_Row], list[_Row]], stamps: Stamps, drawn: Drawn) -> _Row:
    previous, forced = history
    candid, pid, sign = candidate["candid"], candidate["pid"], candidate["isdiffpos"]
    last = "scimref" if sign == "t" else "refmsci"
    files = {
        "Science": (f"candid{candid}_pid{pid}_targ_sci.fits.gz", stamps.science),
        "Template": (f"candid{candid}_ref.fits.gz", stamps.template),
        "Difference": (f"candid{candid}_pid{pid}_targ_{last}.fits.gz", stamps.difference),
    }
    unseen = drawn.target.body is not None and candid % 3 == 0
    return {
        "schemavsn": SCHEMA_VERSION,
        "publisher": PUBLISHER,
        "objectId": name,
        "candid": candid,
        "candidate": {key: candidate[key] for key in _CANDIDATE},
        "prv_candidates": None if unseen or not previous else previous,
        "fp_hists": forced or None,
        **{f"cutout{key}": {"fileName": file, "stampData": fits_gz(data)} for key, (file, data) in files.items()},
    }


def _past(drawn: Drawn, exposures: Exposures, rng: np.random.Generator) -> _Past:
    """Extend the history to before its 30 days, at the rate of detections within them."""
    detected, since, begin = drawn.photometry.detected, drawn.target.since, float(exposures.jd[0])
    covered = int(rng.integers(250, 1800))
    if since is None or since >= begin:
        return _Past(detected, float(exposures.jd[np.argmax(detected)]), 0, covered)
    earlier = 1 + int((begin - since) * 0.6 * float(detected.mean()))
    return _Past(detected, round(since, 7), earlier, covered + earlier)


def _static_facts(neighbours: Neighbours, where: Placement, rng: np.random.Generator) -> _Row:
    """Fields that hold for every alert of the target: catalogues, reference image, calibration."""
    start = round(float(rng.uniform(2458150, 2458350)), 6)
    calibrators = int(rng.integers(250, 2100))
    return {
        **neighbours.ps1(),
        **neighbours.gaia(),
        "tooflag": 0,
        "rfid": where.reference_id(1),
        "jdstartref": start,
        "jdendref": round(start + float(rng.uniform(20, 180)), 6),
        "nframesref": int(rng.integers(15, 40)),
        "nmatches": calibrators,
        "zpclrcov": round(float(-rng.lognormal(-12, 0.5)), 9),
        "clrmed": round(float(rng.uniform(0.45, 0.9)), 3),
        "clrrms": round(float(rng.uniform(0.13, 0.32)), 6),
        "exptime": 30.0,
        "drbversion": "d6_m7",
    }


def _scores(bogus: bool, rng: np.random.Generator) -> _Row:
    """Deep real–bogus score: close to 1 for real sources, spread below one half for residuals."""
    drb = 10 ** rng.uniform(-4, -0.4) if bogus else 1 - 10 ** rng.uniform(-5, -0.7)
    return {"drb": round(float(drb), 7)}
