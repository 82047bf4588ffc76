"""Stored spectra as templates: those of objects whose class and redshift are known, among what somebody may see."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from skyhub.classification import CLASSIFICATIONS, most_probable
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.notes import REDSHIFTS_IN_FORCE
from skyhub.science.spectral_matching import Flattened, Template, flattened

__all__ = ["stored_templates"]

_NEWEST = 1000
"""At most so many stored spectra are compared."""
_KNOWN = f"""
    SELECT s.spectrum_id, s.object_id, s.digest, s.frame, s.instrument, s.observed_at,
           coalesce(s.redshift, z.redshift) AS redshift
    FROM @spectra s LEFT JOIN ({REDSHIFTS_IN_FORCE}) z USING (object_id)
    WHERE s.type = 'source' AND s.object_id <> ? AND (s.frame = 'rest' OR coalesce(s.redshift, z.redshift) IS NOT NULL)
      AND s.object_id IN (SELECT object_id FROM @classifications)
    ORDER BY s.spectrum_id DESC LIMIT {_NEWEST}
"""
_CLASSES = "SELECT * FROM @classifications WHERE object_id IN (SELECT unnest(?))"
_MOST_KEPT = 4 * _NEWEST
_ARRAYS = "SELECT digest, wavelengths, fluxes FROM @spectra WHERE spectrum_id IN (SELECT unnest(?))"


class _Kept:
    """Lines of spectra by the digest of their arrays, None where one is too short: those that were used last."""

    def __init__(self, db: Database) -> None:
        self._lock = threading.Lock()
        self._lines: dict[str, Flattened | None] = {}

    def get(self, digests: Iterable[str]) -> dict[str, Flattened | None]:
        """Those that are kept."""
        with self._lock:
            return {digest: self._lines[digest] for digest in digests if digest in self._lines}

    def keep(self, lines: Mapping[str, Flattened | None]) -> None:
        """Keep lines; the ones used least make room."""
        with self._lock:
            for digest, found in lines.items():
                self._lines.pop(digest, None)
                self._lines[digest] = found
            while len(self._lines) > _MOST_KEPT:
                del self._lines[next(iter(self._lines))]


def stored_templates(db: Database, viewer: Viewer, without: str, as_of: datetime | None = None) -> list[Template]:
    """Spectra of other objects that have a class and a redshift, the newest 1000.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    without
        An object whose own spectra are left out.
    as_of
        Only facts known at this time.
    """
    rows = db.reader.rows(viewer, _KNOWN, [without], as_of)
    classes = _classes(db, viewer, sorted({row["object_id"] for row in rows}), as_of)
    rows = [row for row in rows if row["object_id"] in classes]
    lines = _lines_of(db, viewer, rows, as_of)
    return [
        _template(row, classes[row["object_id"]], found) for row in rows if (found := lines[row["digest"]]) is not None
    ]


def _classes(db: Database, viewer: Viewer, objects: list[str], as_of: datetime | None) -> dict[str, str]:
    """The classes that stand for objects; those on which people do not agree are left out."""
    rows = db.reader.rows(viewer, _CLASSES, [objects], as_of)
    documents = CLASSIFICATIONS.presented(db, viewer, rows, as_of)
    by_object: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        by_object.setdefault(document["object_id"], []).append(document)
    standing = {object_id: most_probable(some) for object_id, some in by_object.items()}
    return {object_id: found["classification"] for object_id, found in standing.items() if found}


def _lines_of(
    db: Database, viewer: Viewer, rows: list[dict[str, Any]], as_of: datetime | None
) -> dict[str, Flattened | None]:
    """The lines of spectra by digest; arrays are read of those that are not at hand."""
    kept = db.part(_Kept)
    lines = kept.get(row["digest"] for row in rows)
    if missing := [row["spectrum_id"] for row in rows if row["digest"] not in lines]:
        table = db.reader.query(viewer, _ARRAYS, [missing], as_of)
        for digest, wave, flux in zip(*(table[name] for name in ("digest", "wavelengths", "fluxes")), strict=True):
            try:
                lines[digest.as_py()] = flattened(wave.values.to_numpy(), flux.values.to_numpy())
            except InvalidInput:
                lines[digest.as_py()] = None
    kept.keep(lines)
    return lines


def _template(row: dict[str, Any], kind: str, lines: Flattened) -> Template:
    when = f"{row['observed_at']:%Y-%m-%d}"
    name = ", ".join(part for part in (row["object_id"], row["instrument"], when) if part)
    redshift = 0.0 if row["frame"] == "rest" else float(row["redshift"])
    return Template(name, kind, lines, redshift, spectrum_id=str(row["spectrum_id"]))
