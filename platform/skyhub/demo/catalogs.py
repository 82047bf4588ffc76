"""Catalogues of the demo's sky, as an observatory would hold them: incomplete, and made before the night.

Hosts of transients, stars, active nuclei and variables, and what was reported to the TNS in the nights before, each as a CSV
file that `skyhub ingest catalog` reads. Positions scatter by 0.1 arcsec.

References
----------
.. [1] Graham & Driver 2005, PASA 22, 118. doi:10.1071/AS05001 (surface brightness of Sérsic profiles)
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skyhub.demo.draw import Drawn
from skyhub.demo.field_stars import field_stars
from skyhub.demo.profiles import isophotal_radius
from skyhub.demo.target import Target

__all__ = ["CATALOGS", "write_catalogs"]

_SCATTER = 0.1 / 3600
_KNOWN = 0.85
_WITH_REDSHIFT = 0.7
_FAINTEST_STAR = 20.5
_REPORTED_AFTER, _REPORTED = 4.0, 0.6
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TRANSIENTS = ("SN Ia", "SN II", "SN Ibc", "TDE", "nova", "CV")
_VARIABLES = {"RR Lyrae": "RRAB", "eclipsing binary": "EA", "CV": "UG"}
_MJD_ZERO = np.datetime64("1858-11-17T00:00:00", "s")

_Row = dict[str, Any]


def write_catalogs(directory: Path, drawn: Sequence[Drawn], midnight: float, rng: np.random.Generator) -> None:
    """Write ``galaxy.csv``, ``tns.csv``, ``star.csv``, ``agn.csv`` and ``variable.csv``.

    Parameters
    ----------
    directory
        Where to; created.
    drawn
        The objects of the night.
    midnight
        Of the night (JD).
    rng
        Decides what is known.
    """
    directory.mkdir()
    rows: dict[str, list[_Row]] = {kind: [] for kind in CATALOGS}
    for one in drawn:
        for kind, entry in CATALOGS.items():
            row = entry(one.target, midnight, rng)
            if row is not None and rng.random() < _KNOWN:
                rows[kind].append({"name": f"demo {kind} {len(rows[kind]) + 1}", **row})
    for one in drawn:
        if one.target.artefact is None:
            found = field_stars(one.target, rng)
            rows["star"] += [{"name": f"demo star {len(rows['star']) + n}", **row} for n, row in enumerate(found, 1)]
    for number, row in enumerate(rows["tns"]):
        letters = (_LETTERS[number // 26**k % 26] for k in (2, 1, 0))
        row["name"] = f"{'SN' if row['class'].startswith('SN') else 'AT'} 2026{''.join(letters)}"
    for kind, found in rows.items():
        _write(directory / f"{kind}.csv", found)


def _galaxy(target: Target, midnight: float, rng: np.random.Generator) -> _Row | None:
    host = target.host
    if host is None:
        return None
    dec = target.dec + host.north / 3600
    ra = target.ra + host.east / 3600 / np.cos(np.radians(target.dec))
    known = target.truth.z is not None and rng.random() < _WITH_REDSHIFT
    return {
        **_place(ra, dec, rng),
        "redshift": f"{target.truth.z:.5f}" if known else "",
        "mag_g": f"{host.mags[1]:.2f}",
        "mag_r": f"{host.mags[2]:.2f}",
        "major_diameter": f"{2 * isophotal_radius(host, host.mags[1]) / 60:.3f}",
        "axis_ratio": f"{host.ratio:.2f}",
        "position_angle": f"{np.degrees(host.angle):.0f}",
    }


def _reported(target: Target, midnight: float, rng: np.random.Generator) -> _Row | None:
    """Transients that were bright some days before the night; half of them have a class."""
    begun = target.since if target.since is not None else target.truth.t0
    if target.kind not in _TRANSIENTS or begun is None or begun > midnight - _REPORTED_AFTER:
        return None
    if rng.random() > _REPORTED:
        return None
    classified = rng.random() < 0.5
    discovered = _MJD_ZERO + np.timedelta64(round((begun + float(rng.uniform(1, 3)) - 2400000.5) * 86400), "s")
    return {
        **_place(target.ra, target.dec, rng),
        "class": target.kind if classified else "",
        "redshift": f"{target.truth.z:.3f}" if classified and target.truth.z is not None else "",
        "discovered_at": str(discovered),
    }


def _star(target: Target, midnight: float, rng: np.random.Generator) -> _Row | None:
    if target.counterpart is None or target.kind == "AGN" or target.counterpart[2] > _FAINTEST_STAR:
        return None
    return {**_place(target.ra, target.dec, rng), "mag": f"{target.counterpart[2]:.2f}"}


def _nucleus(target: Target, midnight: float, rng: np.random.Generator) -> _Row | None:
    if target.kind != "AGN":
        return None
    return {**_place(target.ra, target.dec, rng), "class": "QSO", "redshift": f"{target.truth.z:.3f}"}


def _variable(target: Target, midnight: float, rng: np.random.Generator) -> _Row | None:
    if target.kind not in _VARIABLES:
        return None
    period = "" if target.truth.period is None else f"{target.truth.period:.6f}"
    return {**_place(target.ra, target.dec, rng), "class": _VARIABLES[target.kind], "period": period}


CATALOGS: dict[str, Callable[[Target, float, np.random.Generator], _Row | None]] = {
    "galaxy": _galaxy,
    "tns": _reported,
    "star": _star,
    "agn": _nucleus,
    "variable": _variable,
}
"""The kinds of catalogues, and what each says of a target."""


def _place(ra: float, dec: float, rng: np.random.Generator) -> _Row:
    east, north = rng.normal(0, _SCATTER, 2)
    return {"ra": f"{(ra + east / np.cos(np.radians(dec))) % 360:.7f}", "dec": f"{dec + north:.7f}"}


def _write(path: Path, rows: Sequence[_Row]) -> None:
    with path.open("w", newline="") as file:
        columns = dict.fromkeys(name for row in rows for name in row) or ["name", "ra", "dec"]
        writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
