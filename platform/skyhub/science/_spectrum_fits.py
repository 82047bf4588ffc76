"""Spectra in FITS: which part of a file holds them, and binary tables of wavelengths and fluxes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from skyhub.errors import InvalidInput
from skyhub.science._spectrum_columns import choose, errors_of
from skyhub.science._spectrum_header import facts_of
from skyhub.science._spectrum_image import arms, image_spectra
from skyhub.science._spectrum_types import ParsedSpectrum, ReadOptions, finished

__all__ = ["read_fits"]

_MOST_NUMBERS = 5_000_000
_MOST_ROWS = 64
_MEDIA = {"vac": "vacuum", "vacuum": "vacuum", "air": "air", "t": "vacuum", "true": "vacuum", "1": "vacuum"}
_VACUUM_TELESCOPES = ("JWST", "SDSS 2.5-M", "DESI")


def read_fits(content: bytes, options: ReadOptions) -> list[ParsedSpectrum]:
    """The spectra of a FITS file: of its first table with wavelengths and fluxes, else of its first image with a scale.

    Raises
    ------
    InvalidInput
        If it is damaged, or no part of it is a spectrum.
    """
    from astropy.io import fits

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(io.BytesIO(content), memmap=False, disable_image_compression=True) as parts:
                return _spectra(list(parts), options)
    except InvalidInput:
        raise
    except Exception as error:  # the decoder raises many kinds of errors on damaged bytes
        raise InvalidInput(f"the FITS file cannot be read: {type(error).__name__}: {error}", "file") from None


def _spectra(parts: Sequence[Any], options: ReadOptions) -> list[ParsedSpectrum]:
    reasons: list[str] = []
    shared = header_document(parts[0].header)
    for part in parts:
        if part.header.get("XTENSION", "").strip() == "BINTABLE" and part.header.get("TFIELDS", 0) >= 2:
            try:
                return _table(part, shared, options)
            except InvalidInput as error:
                reasons.append(f"table {part.name or '?'}: {error.message}")
    if found := arms(parts):
        facts = facts_of(shared)
        return [finished(_with(arm, shared, facts), arm_unit, options) for arm, arm_unit in found]
    for part in parts:
        if part.header.get("NAXIS", 0) and part.header.get("XTENSION", "IMAGE").strip() == "IMAGE":
            _require_small(part.header)
            header = {**shared, **header_document(part.header)}
            try:
                found_here = image_spectra(part, header)
                return [finished(_with(s, header, facts_of(header)), unit, options) for s, unit in found_here]
            except InvalidInput as error:
                reasons.append(f"image {part.name or '?'}: {error.message}")
    raise InvalidInput(
        "no part of the FITS file is a spectrum: " + ("; ".join(reasons) or "it has no data") + ".", "file"
    )


def _with(raw: ParsedSpectrum, header: dict[str, Any], facts: dict[str, Any]) -> ParsedSpectrum:
    medium = raw.medium or _medium(header)
    return ParsedSpectrum(**{**raw.__dict__, "header": header, "facts": facts, "medium": medium})


def header_document(header: Any) -> dict[str, Any]:
    """A FITS header as JSON; free text is left to the file itself."""
    found: dict[str, Any] = {}
    for card in header.cards:
        if card.keyword in ("", "COMMENT", "HISTORY", "END"):
            continue
        value = card.value
        plain = value if isinstance(value, str | bool | int) else None
        found[card.keyword] = float(value) if isinstance(value, float) and np.isfinite(value) else plain
    return found


def _require_small(header: Any) -> None:
    size = 1
    for axis in range(1, header.get("NAXIS", 0) + 1):
        size *= max(int(header.get(f"NAXIS{axis}", 1)), 1)
    if size > _MOST_NUMBERS:
        raise InvalidInput(f"it has {size} numbers: at most {_MOST_NUMBERS} are read.", "file")


def _medium(header: dict[str, Any]) -> str | None:
    for key in ("AIRORVAC", "WAVEMED", "VACUUM"):
        if key in header:
            return _MEDIA.get(str(header[key]).strip().lower())
    telescope = str(header.get("TELESCOP", "")).upper()
    return "vacuum" if telescope.startswith(_VACUUM_TELESCOPES) else None


def _table(part: Any, shared: dict[str, Any], options: ReadOptions) -> list[ParsedSpectrum]:
    _require_small(part.header)
    names = list(part.columns.names)
    chosen = choose(names, len(names), options)
    header = {**shared, **header_document(part.header)}
    notes: list[str] = []
    wave, flux = (_values(part, names[at]) for at in (chosen.wave, chosen.flux))
    error = errors_of(None if chosen.error is None else _values(part, names[chosen.error]), chosen, notes)
    if names[chosen.wave].lower() == "loglam":
        wave = 10.0**wave
    units = [str(part.columns[at].unit or "") for at in (chosen.wave, chosen.flux)]
    described = chosen.described(names)
    ucd = str(part.header.get(f"TUCD{chosen.wave + 1}", ""))
    medium = "air" if "obs.atmos" in ucd or "air" in names[chosen.wave].lower() else _medium(header)
    wave_unit = units[0] or ("Angstrom" if names[chosen.wave].lower() == "loglam" else None)
    flux_unit = units[1] or str(header.get("BUNIT") or "") or None
    made = []
    for label, at in _rows(wave, notes):
        errors = None if error is None else np.ravel(error[at])
        found: dict[str, Any] = {
            "medium": medium,
            "columns": described,
            "header": header,
            "facts": facts_of(header),
            "label": label,
        }
        raw = ParsedSpectrum(
            "FITS table", np.ravel(wave[at]), np.ravel(flux[at]), errors, flux_unit, notes=tuple(notes), **found
        )
        made.append(finished(raw, wave_unit, options))
    return made


def _values(part: Any, name: str) -> Any:
    values = np.asarray(part.data[name])
    if values.dtype == object:
        values = np.array([np.asarray(row, dtype=float) for row in values])
    if not np.issubdtype(values.dtype, np.number):
        raise InvalidInput(f"column {name} has no numbers: choose another one.", "wave_column")
    return values.astype(float)


def _rows(wave: Any, notes: list[str]) -> list[tuple[str | None, Any]]:
    """Which entries make a spectrum: all of a plain column; of rows with arrays each, or all orders together."""
    if wave.ndim == 1 or len(wave) == 1:
        return [(None, slice(None))]
    if len(wave) > _MOST_ROWS:
        raise InvalidInput(f"the table holds {len(wave)} spectra: cut out those of one object.", "file")
    if np.ptp(wave[:, 0]) == 0:
        return [(f"row {at}", at) for at in range(len(wave))]
    notes.append(f"{len(wave)} rows (orders or segments) were joined.")
    return [(None, slice(None))]
