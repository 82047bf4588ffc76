"""Databases for tests: groups, filters and a small night; who looks at them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from skyhub.candidates import add_filter
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.ingest import IngestSummary, ingest_alert_files, store_packets
from skyhub.service import open_database
from skyhub.team import add_groups

from support.packets import detection, limit, record, write_packets

GROUPS = {"transients": ["ztf-partnership"], "bursts": [], "stars": ["ztf-partnership", "ztf-caltech"]}

SCANNER = Viewer("scanner", frozenset({"transients"}), scopes=ROLES["scanner"])
COLLEAGUE = Viewer("colleague", frozenset({"transients"}), scopes=ROLES["scanner"])
OTHER = Viewer("other", frozenset({"bursts"}), scopes=ROLES["scanner"])
VISITOR = Viewer("visitor")

NIGHT = (
    ("ZTF26public", 1, {}),
    ("ZTF26partner", 2, {}),
    ("ZTF26caltech", 3, {}),
    ("ZTF26faint", 1, {"magpsf": 20.4}),
    ("ZTF26bogus", 1, {"rb": 0.1, "drb": 0.05}),
)
"""Objects of the small night: name, programid, what is unlike the others."""

FILTERS = {"transients": "drb > 0.5 AND mag < 19", "bursts": "mag > 20", "stars": "drb > 0.5"}


def candid_of(place: int) -> int:
    """The candid of an object of `NIGHT`; beyond 2^53 and not a multiple of what a double can hold."""
    return 1427174604415015001 + 2 * place


def write_night(directory: Path) -> list[Path]:
    """The packets of the small night, one file each."""
    paths = []
    for place, (name, program, changes) in enumerate(NIGHT):
        candid = candid_of(place)
        history = [limit(1000 + place, programid=program), detection(candid - 1000, programid=program)]
        whole = record(
            candid, name, history, stamps=place < 2, programid=program, ra=150.0 + place, pid=candid // 1000, **changes
        )
        paths.append(write_packets(directory / name / f"{candid}.avro", whole))
    return paths


def add_house(db: Database) -> None:
    """Groups with their streams, and one filter each."""
    add_groups(db, GROUPS)
    for group, expression in FILTERS.items():
        add_filter(db, f"filter of {group}", expression, group)


def ingest(db: Database, *paths: Path) -> IngestSummary:
    """Ingest files into an open database."""
    return ingest_alert_files(paths, lambda batch: store_packets(db, batch))


def build_house(data_dir: Path, packets: Path) -> None:
    """A data directory with groups, filters and the small night."""
    with open_database(data_dir) as db:
        add_house(db)
        ingest(db, *write_night(packets))


def candidates_of(db: Database, viewer: Viewer = ADMINISTRATOR) -> dict[str, int]:
    """The newest candidate of each object that a viewer may see."""
    rows = db.reader.rows(viewer, "SELECT object_id, max(candidate_id) AS id FROM @candidates GROUP BY object_id")
    return {row["object_id"]: row["id"] for row in rows}


def run_python(code: str, *arguments: str, timeout: float = 60) -> Any:
    """Run a program in a process of its own; its last line of output is JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=timeout, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])
