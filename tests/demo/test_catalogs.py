"""The demo's catalogues: readable, incomplete, and right where they say something."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES, read_catalog, store_entries
from skyhub.db import ADMINISTRATOR, Database
from skyhub.demo import CATALOGS
from skyhub.demo.profiles import isophotal_radius
from skyhub.demo.target import Galaxy
from support.houses import ingest

MAGS = np.full(4, 17.0)


def _entries(directory: Path) -> dict[str, Any]:
    found = {}
    for kind in CATALOGS:
        content = read_catalog(
            directory / "catalogs" / f"{kind}.csv", GALAXIES if kind == "galaxy" else REFERENCE_ENTRIES
        )
        assert (content.rejected, content.unknown_columns) == ([], [])
        found[kind] = content.table
    return found


@pytest.mark.parametrize("index", [1.0, 4.0])
def test_the_isophote_has_its_surface_brightness(index: float) -> None:
    galaxy = Galaxy(0, 0, MAGS, 4.0, index, 0.5, 0.0)
    radius = isophotal_radius(galaxy, 17.0)
    b = 2 * index - 1 / 3 + 4 / (405 * index)
    rings = np.linspace(0, 400, 400_001)[1:]
    light = np.exp(-b * (rings / 4.0) ** (1 / index))
    total = np.trapezoid(light * 2 * np.pi * rings * 0.5, rings)
    at = math.exp(-b * (radius / 4.0) ** (1 / index)) / total
    assert 17.0 - 2.5 * math.log10(at) == pytest.approx(25.0, abs=0.02)
    assert isophotal_radius(galaxy, 35.0) == 0.0


def test_catalogues_are_like_the_truth_and_incomplete(night: Any) -> None:
    entries = _entries(night.directory)
    by_class: dict[str, int] = {}
    for row in night.truth.values():
        by_class[row["class"]] = by_class.get(row["class"], 0) + 1
    assert 0 < len(entries["agn"]) < by_class["AGN"]
    assert 0 < len(entries["variable"]) < by_class["RR Lyrae"] + by_class["eclipsing binary"] + by_class["CV"]
    assert len(entries["tns"]) > 5
    assert all(moment.date().isoformat() < "2026-11-21" for moment in entries["tns"]["discovered_at"].to_pylist())
    assert 0 < entries["galaxy"]["redshift"].null_count < len(entries["galaxy"])


def test_the_night_gets_its_context(night: Any, db: Database) -> None:
    for kind, table in _entries(night.directory).items():
        told, entries = (None, GALAXIES) if kind == "galaxy" else (kind, REFERENCE_ENTRIES)
        store_entries(db, ADMINISTRATOR, entries, kind, table, kind=told)
    ingest(db, night.directory)
    rows = db.reader.rows(ADMINISTRATOR, "SELECT * FROM @alert_context")
    with_host = [row for row in rows if row["host_name"]]
    assert len(with_host) > 30
    for row in with_host:
        truth = night.truth[row["object_id"]]
        if row["host_z"] is not None:
            assert row["host_z"] == pytest.approx(float(truth["z"]), abs=1e-5)
    for row in rows:
        truth = night.truth[row["object_id"]]
        if row["tns_class"]:
            assert row["tns_class"] == truth["class"]
        if row["variable_period"]:
            assert row["variable_period"] == pytest.approx(float(truth["period"]), abs=1e-6)
    nearby = [
        row["abs_mag"] for row in with_host if night.truth[row["object_id"]]["class"] == "SN Ia" and row["abs_mag"]
    ]
    assert -20.5 < np.median(nearby) < -15
