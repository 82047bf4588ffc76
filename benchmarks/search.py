"""Searching among a hundred thousand objects: a page, its order, its conditions, the map, with and without writing.

    .venv/bin/python benchmarks/search.py [--objects 100000] [--seconds 3] [--json]

Builds a database of objects in 64 groups and in public, each with eight points in two filters; a fifth of them are
saved, a fifth classified, a tenth have redshifts, half of them annotations, and some are tagged. Everything is asked for
over HTTP with the token of a member of five groups. The goal is a page within 15 ms.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from candidates import append, timed
from skyhub.client import Transport
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.localizations import store_localization
from skyhub.photometry import add_up
from skyhub.science.coordinates import hpx_index
from skyhub.science.sky_shapes import Annulus, skymap_of
from skyhub.service import open_database, serving
from skyhub.team import add_groups
from skyhub.web import TokenSigner

GOAL_MS = 15.0
GROUPS = [f"group-{n:02d}" for n in range(64)]
MEMBER = Viewer("member", frozenset(GROUPS[:5]), scopes=frozenset({"view", "save"}))
CLASSES = ["SN Ia", "SN II", "Kilonova", "AGN", "TDE", "RR Lyrae"]
EPOCHS = 4
FIRST_MJD = 61000.0


def build(db: Database, n: int) -> None:
    """Groups, objects, points, and what is noted."""
    add_groups(db, {group: [] for group in GROUPS})
    numbers = [db.access.groups[group] for group in GROUPS]
    acls = [0, *(db.writer.write(lambda t, g=number: t.acl(groups=[g])) for number in numbers)]  # type: ignore[misc]
    rng = np.random.default_rng(11)
    names = np.array([f"ZTF26{number:08d}" for number in range(n)])
    owned = np.where(rng.random(n) < 0.6, 0, rng.choice(acls, n)).astype(np.int32)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-0.5, 1, n)))
    append(db, "objects", pa.table({
        "object_id": names, "survey": ["ZTF"] * n, "ra": ra, "dec": dec, "hpx": hpx_index(ra, dec), "acl": owned,
    }))  # fmt: skip
    for epoch in range(EPOCHS):
        for band in ("ztfg", "ztfr"):
            fresh = points(names, owned, epoch, band, rng)
            db.writer.write(lambda t, fresh=fresh: add_up(t, fresh))  # type: ignore[misc]
    for table, rows in noted(names, owned, rng).items():
        append(db, table, rows)


def points(names: Any, owned: Any, epoch: int, band: str, rng: np.random.Generator) -> pa.Table:
    """One point of each object."""
    n = len(names)
    columns: dict[str, Any] = {
        "object_id": names, "acl": owned, "filter": [band] * n, "origin": ["alert"] * n,
        "mjd": FIRST_MJD + 100 * rng.random(n) + epoch, "flux": rng.uniform(20, 500, n), "fluxerr": np.full(n, 3.0),
        "limiting_mag": np.full(n, 20.5),
    }  # fmt: skip
    return pa.table(columns)


def noted(names: Any, owned: Any, rng: np.random.Generator) -> dict[str, pa.Table]:
    """Rows by table."""

    def some(fraction: float, key: str, **columns: Callable[[int], Any]) -> pa.Table:
        chosen = np.flatnonzero(rng.random(len(names)) < fraction)
        count = len(chosen)
        own = {"object_id": names[chosen], "acl": owned[chosen], key: 1 + np.arange(count)}
        versions = {"version": np.ones(count, np.int32), "author": ["member"] * count, "edited_by": ["member"] * count}
        return pa.table({**own, **{name: make(count) for name, make in columns.items()}, **versions})

    saved = some(0.2, "decision_id", group_id=lambda k: rng.integers(1, 6, k), active=lambda k: np.ones(k, bool),
                 saved_by=lambda k: ["member"] * k)  # fmt: skip
    return {
        "sources": saved.drop_columns(["version", "author", "edited_by"]),
        "classifications": some(0.2, "classification_id", classification=lambda k: rng.choice(CLASSES, k),
                                probability=lambda k: rng.random(k), path=lambda k: [["Source", "Transient"]] * k),
        "redshifts": some(0.1, "redshift_id", redshift=lambda k: rng.uniform(0, 0.3, k), type=lambda k: ["host"] * k),
        "annotations": some(0.5, "annotation_id", origin=lambda k: ["program"] * k,
                            data=lambda k: [f'{{"score": {x:.3f}, "kind": "fast"}}' for x in rng.random(k)],
                            score=lambda k: rng.random(k)),
        "object_tags": some(0.05, "object_tag_id", tag=lambda k: rng.choice(["young", "host", "odd"], k)),
    }  # fmt: skip


def requests(client: Transport, db: Database, seconds: float) -> dict[str, dict[str, float]]:
    """What is asked for, one after the other."""
    asked: dict[str, dict[str, Any]] = {
        "a page, newest detections": {},
        "sorted by the rise": {"sort": "rise_rate", "order": "asc"},
        "sorted by redshift": {"sort": "redshift"},
        "a cone of 1 deg": {"around": "150 30", "radius": 3600, "sort": "separation_arcsec", "order": "asc"},
        "a part of the name": {"name": "0012"},
        "a class, probable": {"classification": "SN Ia", "min_probability": 0.5},
        "saved, bright, rising": {"saved": "saved", "max_peak_mag": 19, "max_rise_rate": 0},
        "an annotation": {"annotations": '[{"key": "score", "min": 0.9}]'},
        "a tag, a redshift": {"tag": "young", "max_redshift": 0.1},
        "inside a ring's 90 %": {"localization": _ring(db), "level": 0.9},
    }
    figures = {name: timed(lambda _, given=given: client.get("/api/search", **given), seconds)  # type: ignore[misc]
               for name, given in asked.items()}  # fmt: skip
    cursors = [client.get("/api/search")["cursor"]]
    for _ in range(20):
        cursors.append(client.get("/api/search", cursor=cursors[-1])["cursor"])
    figures["any later page"] = timed(lambda n: client.get("/api/search", cursor=cursors[n % 20]), seconds)
    figures["all places (map)"] = timed(lambda _: client.get_arrow("/api/search/places"), seconds)
    rng = np.random.default_rng(1)

    def after_a_write(n: int) -> object:
        name = np.array([f"ZTF26{n:08d}"])
        db.writer.write(lambda t: add_up(t, points(name, np.zeros(1, np.int32), 5, "ztfg", rng)))
        return client.get("/api/search")

    figures["a write, then a page"] = timed(after_a_write, seconds)
    return figures


def _ring(db: Database) -> str:
    """The number of a localization that holds a good part of the sky."""
    ring = skymap_of(Annulus(150.0, 20.0, 60.0, 6.0, 0.9))
    stored = store_localization(db, ADMINISTRATOR, ring, "ring", groups=["public"])
    return str(stored["localization"]["localization_id"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3, help="how long each request is repeated")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder)) as db:
        build(db, arguments.objects)
        with serving(db) as address:
            client = Transport(address.url, TokenSigner(Path(folder)).issue(MEMBER, timedelta(hours=1)))
            figures = requests(client, db, arguments.seconds)
            client.close()
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"{arguments.objects} objects; goal {GOAL_MS:.0f} ms")
    for name, row in figures.items():
        print(f"{name:28s}p50 {row['p50']:.1f} ms, p95 {row['p95']:.1f} ms (n {row['n']:.0f})")


if __name__ == "__main__":
    main()
