"""Stored spectra as templates: those of objects whose class and redshift are known, among what somebody may see."""

from __future__ import annotations

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
_LINES: dict[str, Flattened | None] = {}
"""By digest of a spectrum's arrays: its lines, None where it is too short; those that were added last are kept."""
_ARRAYS = "SELECT digest, wavelengths, fluxes FROM @spectra WHERE spectrum_id IN (SELECT unnest(?))"


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
    _flatten(db, viewer, rows, as_of)
    return [
        _template(row, classes[row["object_id"]], lines)
        for row in rows
        if (lines := _LINES.get(row["digest"])) is not None
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


def _flatten(db: Database, viewer: Viewer, rows: list[dict[str, Any]], as_of: datetime | None) -> None:
    """Have the lines of spectra at hand: their arrays are read once."""
    missing = [row["spectrum_id"] for row in rows if row["digest"] not in _LINES]
    if not missing:
        return
    table = db.reader.query(viewer, _ARRAYS, [missing], as_of)
    for digest, wave, flux in zip(*(table[name] for name in ("digest", "wavelengths", "fluxes")), strict=True):
        try:
            _LINES[digest.as_py()] = flattened(wave.values.to_numpy(), flux.values.to_numpy())
        except InvalidInput:
            _LINES[digest.as_py()] = None
    while len(_LINES) > _MOST_KEPT:
        _LINES.pop(next(iter(_LINES)), None)


def _template(row: dict[str, Any], kind: str, lines: Flattened) -> Template:
    when = f"{row['observed_at']:%Y-%m-%d}"
    name = ", ".join(part for part in (row["object_id"], row["instrument"], when) if part)
    redshift = 0.0 if row["frame"] == "rest" else float(row["redshift"])
    return Template(name, kind, lines, redshift, spectrum_id=str(row["spectrum_id"]))
