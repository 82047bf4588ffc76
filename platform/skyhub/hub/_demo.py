"""Loading the demo: groups, filters, catalogues and a synthetic night, through the same path as real ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from skyhub.candidates import add_filter
from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES, read_catalog, store_entries
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.demo import CATALOGS, write_night
from skyhub.hub._accounts import FILTERS, GROUPS
from skyhub.ingest import ingest_alert_files, store_packets
from skyhub.reports import report_template, request_run
from skyhub.service import open_database
from skyhub.team import add_groups

__all__ = ["DEMO_NIGHT", "load_demo"]

DEMO_NIGHT = date(2026, 11, 21)
_SEED, _OBJECTS = 1, 300


def load_demo(data_dir: Path) -> dict[str, Any]:
    """Make sure that the demo is in the database of a data directory; a second time changes nothing.

    Returns
    -------
    dict
        Counts, as `skyhub ingest alerts` gives them.
    """
    packets = data_dir / "demo" / f"{DEMO_NIGHT:%Y%m%d}"
    if not packets.exists():
        write_night(packets, DEMO_NIGHT, _SEED, _OBJECTS)
    with open_database(data_dir) as db:
        add_groups(db, GROUPS)
        for demo in FILTERS:
            add_filter(db, demo.name, demo.expression, demo.group)
        _load_catalogs(db, packets / "catalogs")
        summary = ingest_alert_files([packets], lambda batch: store_packets(db, batch))
        _request_reports(db)
    return summary.to_json()


def _load_catalogs(db: Database, folder: Path) -> None:
    """Those that were written with the night; a night of an earlier release has none."""
    for kind in CATALOGS if folder.exists() else ():
        entries, told = (GALAXIES, None) if kind == "galaxy" else (REFERENCE_ENTRIES, kind)
        table = read_catalog(folder / f"{kind}.csv", entries).table
        store_entries(db, ADMINISTRATOR, entries, f"Demo {kind}", table, kind=told, replace=True)


def _request_reports(db: Database) -> None:
    template = report_template("night_summary")
    for group in GROUPS:
        viewer = Viewer("scheduler", frozenset({group}), scopes=ADMINISTRATOR.scopes - {"administer"})
        key = f"demo/{template.name}/{group}/{DEMO_NIGHT}"
        request_run(db, viewer, template, {"dayobs": DEMO_NIGHT.isoformat()}, [group], key)
