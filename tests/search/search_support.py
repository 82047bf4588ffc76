"""Objects to search: who may see them, where they lie, what was measured of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from skyhub.db import ROLES, Database, Viewer
from skyhub.photometry import add_up
from skyhub.science.coordinates import hpx_index

GROUPS: dict[str, list[str]] = {"transients": [], "bursts": []}
WORK = ROLES["scientist"]
ANNA = Viewer("anna", frozenset({"transients"}), scopes=WORK)
BEN = Viewer("ben", frozenset({"bursts"}), scopes=WORK)
CLEO = Viewer("cleo", frozenset({"transients", "bursts"}), scopes=WORK)
VISITOR = Viewer("visitor")
PLACES = {"A": (10.0, 20.0), "B": (10.001, 20.0), "C": (359.9999, 0.0), "D": (0.0001, 0.0), "E": (50.0, -89.9999),
          "F": (230.0, -89.9999), "G": (266.4, -29.0)}  # fmt: skip
OWNERS = {"F": ["transients"], "G": ["bursts"]}
FLUXES = {"A": [10, 20, 40], "B": [40, 20, 10], "C": [100], "D": [5, 5], "F": [400, 300], "G": [600]}
"""Detections, one a day, in microjansky; E has none."""


def store(db: Database, letters: str = "".join(PLACES), prefix: str = "ZTF26") -> None:
    """Objects and their points."""
    for letter in letters:
        ra, dec = PLACES[letter]
        numbers = [db.access.groups[group] for group in OWNERS.get(letter, ())]
        acl = db.writer.write(lambda t, n=numbers: t.acl(n))  # type: ignore[misc]
        row = {
            "object_id": prefix + letter,
            "survey": "ZTF",
            "ra": ra,
            "dec": dec,
            "hpx": int(hpx_index(ra, dec)),
            "acl": acl,
        }
        db.writer.write(lambda t, r=row: t.insert("objects", [r]))  # type: ignore[misc]
        measured(db, prefix + letter, FLUXES.get(letter, []), acl)


def measured(db: Database, name: str, fluxes: list[float], acl: int = 0, start: float = 61000.0) -> None:
    """Take detections into the statistics of an object."""
    n = len(fluxes)
    points = pa.table({
        "object_id": [name] * n, "acl": pa.array([acl] * n, pa.int32()), "filter": ["ztfr"] * n, "origin": ["alert"] * n,
        "mjd": start + np.arange(n), "flux": pa.array(fluxes, pa.float64()), "fluxerr": np.ones(n),
        "limiting_mag": np.full(n, 20.5),
    })  # fmt: skip
    db.writer.write(lambda t: add_up(t, points))
