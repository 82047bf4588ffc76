"""Bringing spectra in: read, checked as a whole, compared with what is there, stored with the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from skyhub.attachments import bytes_of, keep_file
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.objects import Place, ensure_objects, unseen_objects
from skyhub.records import add, check
from skyhub.science.spectra import ParsedSpectrum, ReadOptions, date_of_name, facts_of, finished, read_spectra
from skyhub.spectra._models import SPECTRA, Spectrum
from skyhub.spectra._request import SpectrumUpload, Table

__all__ = ["upload_spectra"]

_SAID = (
    "instrument", "telescope", "type", "object_type", "medium", "redshift", "exposure", "observers", "reducers", "pi",
    "origin", "comment",
)  # fmt: skip
_MOST_DRAWN = 2000
"""Points of a spectrum in a preview."""
_STORED = ("wave_column", "flux_column", "fluxerr_column", "wave_unit", "flux_unit")


def upload_spectra(db: Database, viewer: Viewer, given: SpectrumUpload) -> dict[str, Any]:
    """Store the spectra of a file or a table, all or none of them.

    The same spectrum again (object, instrument, time and arrays) is a duplicate and is not stored. Other arrays of the
    same object, instrument, time, type and label are a new version; the one before stays readable. Where instrument or
    hour are not known, the name of the file is the label, so that two files of a night are two spectra.

    Parameters
    ----------
    db, viewer
        The database, and who brings them.
    given
        The file, how to read it, and what it does not say itself.

    Returns
    -------
    dict
        ``{"read", "stored", "revised", "duplicates", "duplicates_of", "rejected", "spectra", "preview"}``: counts
        (``revised`` of those stored are new versions), which spectra are there already, documents, and what was read.

    Raises
    ------
    InvalidInput
        If the file cannot be read whole, or something is missing.
    NotFound
        If the object cannot be seen and no position was given to make it.
    PermissionRefused
        If the viewer may not upload, or a spectrum of somebody else is in its place.
    """
    viewer.require(SPECTRA.scope)
    content = None if given.content is None else bytes_of(given.content)
    parsed = _parsed(given, content)
    records = [_record(given, one, at if len(parsed) > 1 else None) for at, one in enumerate(parsed)]
    known = _known(db, viewer, records)
    fresh = list({_identity(record): record for record in records if _identity(record) not in known}.values())
    same = [str(known[identity]) for record in records if (identity := _identity(record)) in known]
    counts = {
        "read": len(parsed),
        "duplicates": len(records) - len(fresh),
        "duplicates_of": same,
        "rejected": [],
    }
    preview = [_preview(one) for one in parsed] if given.dry_run else []
    if not fresh:
        return {**counts, "stored": 0, "revised": 0, "spectra": [], "preview": preview}
    answer = _store(db, viewer, given, fresh, content)
    stored = answer["added"] + answer["revised"]
    return {**counts, "stored": stored, "revised": answer["revised"], "spectra": answer["records"], "preview": preview}


def _parsed(given: SpectrumUpload, content: bytes | None) -> list[ParsedSpectrum]:
    options = ReadOptions(**{name: getattr(given, name) for name in _STORED})
    if (content is None) == (given.table is None):
        raise InvalidInput("give either the content of a file or a table.", "content")
    if content is not None:
        return read_spectra(content, options)
    assert given.table is not None
    return [_of_table(given.table, options)]


def _of_table(table: Table, options: ReadOptions) -> ParsedSpectrum:
    wavelengths, fluxes = (np.array(column, dtype=float) for column in (table.wavelengths, table.fluxes))
    errors = None if table.errors is None else np.array(table.errors, dtype=float)
    if not len(wavelengths) == len(fluxes) == len(wavelengths if errors is None else errors):
        raise InvalidInput("the columns of the table have different lengths.", "table")
    if errors is not None and (errors < 0).any():
        at = int(np.argmax(errors < 0))
        raise InvalidInput(
            f"row {at + 1}: the error {errors[at]:g} is negative: give null where it is not known.", "table"
        )
    raw = ParsedSpectrum("table", wavelengths, fluxes, errors, header=table.header, facts=facts_of(table.header))
    return finished(raw, "Angstrom", options)


def _record(given: SpectrumUpload, parsed: ParsedSpectrum, place: int | None) -> Spectrum:
    where = "" if place is None else f"spectrum {place}"
    notes = list(parsed.notes)
    said = {name: value for name in _SAID if (value := getattr(given, name)) is not None}
    facts = {name: value for name, value in parsed.facts.items() if name not in ("object_name", "observed_at")}
    medium = {"medium": parsed.medium} if parsed.medium else {}
    when, exact = _when(given, parsed, notes)
    named = {**facts, **medium, **said}
    fields = {
        **named,
        "object_id": _object(given, parsed),
        "observed_at": when,
        "label": _label(given, None if place is None else parsed.label, exact and bool(named.get("instrument"))),
        "wavelengths": parsed.wavelengths.tolist(),
        "fluxes": parsed.fluxes.tolist(),
        "errors": None if parsed.errors is None else [e if np.isfinite(e) else None for e in parsed.errors.tolist()],
        "flux_unit": parsed.flux_unit,
        "frame": parsed.frame,
        "header": json_value(dict(parsed.header)),
        "notes": notes,
        "original_file": given.name or None,
    }  # fmt: skip
    record: Spectrum = check(Spectrum, fields, where)
    return record


def _object(given: SpectrumUpload, parsed: ParsedSpectrum) -> str:
    found = given.object_id or parsed.facts.get("object_name")
    if not found:
        raise InvalidInput("the file names no object: say object_id.", "object_id")
    return str(found)


def _label(given: SpectrumUpload, part: str | None, exact: bool) -> str | None:
    """What tells a spectrum from others: where neither instrument nor hour is known, also the name of its file."""
    own = given.label or (None if exact else Path(given.name).stem)
    return ", ".join(label for label in (own, part) if label) or None


def _when(given: SpectrumUpload, parsed: ParsedSpectrum, notes: list[str]) -> tuple[datetime, bool]:
    """The time, and whether it names one exposure."""
    if given.observed_at is not None:
        return given.observed_at, True
    when: datetime | None = parsed.facts.get("observed_at")
    if when is None:
        when = date_of_name(given.name)
        if when is None:
            raise InvalidInput(
                "neither the file's header nor its name tells when it was observed: say observed_at (UTC).",
                "observed_at",
            )
        notes.append("The time is that of the file's name, which may be the date of the evening.")
        return when, False
    exact = when.astimezone(UTC).timestamp() % 86400 != 0
    if not exact:
        notes.append("The header tells the day and no time.")
    return when, exact


_Identity = tuple[str, str | None, datetime, str]


def _identity(record: Spectrum) -> _Identity:
    return record.object_id, record.instrument, record.observed_at, record.digest


def _known(db: Database, viewer: Viewer, records: Sequence[Spectrum]) -> dict[_Identity, int]:
    """Spectra that the viewer sees of the same objects with the same arrays, by identity."""
    rows = db.reader.rows(
        viewer,
        "SELECT spectrum_id, object_id, instrument, observed_at, digest FROM @spectra "
        "WHERE list_contains(?, object_id) AND list_contains(?, digest)",
        [sorted({r.object_id for r in records}), sorted({r.digest for r in records})],
    )
    return {
        (r["object_id"], r["instrument"], r["observed_at"].replace(tzinfo=UTC), r["digest"]): r["spectrum_id"]
        for r in rows
    }


def _store(
    db: Database, viewer: Viewer, given: SpectrumUpload, records: Sequence[Spectrum], content: bytes | None
) -> dict[str, Any]:
    place = Place(given.ra, given.dec)
    places = {record.object_id: place for record in records}
    if given.dry_run and None not in place and unseen_objects(db, viewer, places):
        return {"added": len(records), "revised": 0, "records": []}
    if not given.dry_run:
        ensure_objects(db, viewer, places, given.groups)
        if content is not None:
            digest = keep_file(db, viewer, content)
            records = [record.model_copy(update={"file_digest": digest}) for record in records]
    try:
        return add(db, viewer, SPECTRA, records, given.groups, revise=True, dry_run=given.dry_run)
    except PermissionRefused as error:
        if "may not change" not in error.message:
            raise
        raise PermissionRefused(f"{error.message} Say a label to keep yours beside that one.", error.where) from error


def _preview(parsed: ParsedSpectrum) -> dict[str, Any]:
    shown: dict[str, Any] = json_value(
        {
            "form": parsed.form,
            "columns": parsed.columns,
            "n_points": len(parsed.wavelengths),
            "wavelengths": [parsed.wavelengths[0], parsed.wavelengths[-1]],
            "fluxes": [parsed.fluxes.min(), parsed.fluxes.max()],
            "has_errors": parsed.errors is not None,
            "flux_unit": parsed.flux_unit,
            "medium": parsed.medium,
            "frame": parsed.frame,
            "facts": parsed.facts,
            "label": parsed.label,
            "header": parsed.header,
            "notes": parsed.notes,
            "curve": _curve(parsed),
        }
    )
    return shown


def _curve(parsed: ParsedSpectrum) -> dict[str, list[float]]:
    """Some of the points, evenly chosen, to draw."""
    part = slice(None, None, -(-len(parsed.wavelengths) // _MOST_DRAWN))
    columns = {"wavelengths": parsed.wavelengths, "fluxes": parsed.fluxes, "errors": parsed.errors}
    return {name: values[part].tolist() for name, values in columns.items() if values is not None}
