"""Catalogues around the places of the small night."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES, store_entries
from skyhub.db import ROLES, Database, Viewer

SONJA = Viewer("sonja", scopes=ROLES["scientist"])
ARCSEC = 1 / 3600


def load(db: Database, kind: str, *rows: dict[str, Any], replace: bool = True) -> None:
    """Store entries (``ra, dec`` and more) as the whole catalogue of a kind."""
    entries = GALAXIES if kind == "galaxy" else REFERENCE_ENTRIES
    told = None if kind == "galaxy" else kind
    table = pa.Table.from_pylist([{"name": f"{kind} {n}", **row} for n, row in enumerate(rows)], entries.schema)
    store_entries(db, SONJA, entries, f"my {kind}", table, kind=told, replace=replace)


def near_public(db: Database) -> None:
    """One entry of each kind at ZTF26public (150, 2.5), and an AGN at ZTF26partner (151, 2.5)."""
    load(db, "tns", {"name": "SN 2026abc", "ra": 150.0, "dec": 2.5 + ARCSEC, "class": "SN Ia", "redshift": 0.03})
    load(db, "star", {"ra": 150.0, "dec": 2.5 - 8 * ARCSEC, "mag": 12.5})
    load(db, "agn", {"ra": 151.0, "dec": 2.5, "class": "bll", "redshift": 0.5})
    load(db, "variable", {"ra": 150.0, "dec": 2.5 + 3 * ARCSEC, "class": "RRAB", "period": 0.55})
    load(db, "galaxy", {"name": "Host", "ra": 150.0, "dec": 2.5 - 3 * ARCSEC, "distance": 100.0, "redshift": 0.0225})
