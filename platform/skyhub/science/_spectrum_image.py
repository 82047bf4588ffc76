"""Spectra in FITS images: wavelengths from the header's scale, errors from a row or a part of its own.

References
----------
Greisen et al. 2006, A&A 446, 747 (spectral coordinates), https://doi.org/10.1051/0004-6361:20053818
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from skyhub.errors import InvalidInput
from skyhub.science._spectrum_types import ParsedSpectrum, Values

__all__ = ["arms", "image_spectra"]

_MOST_ROWS = 64
_OTHER_AXES = ("FREQ", "ENER", "WAVN", "VRAD", "VOPT", "VELO", "ZOPT", "BETA", "RA--", "DEC-", "PIXEL")
_ARM = re.compile(r"([A-Z]{1,3})_WAVELENGTH$")


def image_spectra(part: Any, header: dict[str, Any]) -> list[tuple[ParsedSpectrum, str | None]]:
    """The spectra of an image and the unit of their wavelengths.

    The rows of an image are the spectrum, its error and other things as ``BANDIDn`` or ``ROWn`` say; without such words
    the first is the spectrum. Rows that IRAF numbers as apertures are spectra of their own.

    Raises
    ------
    InvalidInput
        If the header has no scale of wavelengths that is read.
    """
    data = np.asarray(part.data, dtype=float)
    cube = data.reshape((-1, data.shape[-2], data.shape[-1])) if data.ndim > 1 else data.reshape((1, 1, -1))
    if cube.shape[0] == 1 and not header.get("CTYPE1", "").startswith("MULTISPE") and cube.shape[1] <= _MOST_ROWS:
        cube = cube.transpose(1, 0, 2)
    n_bands, n_apertures, n_pixels = cube.shape
    if n_apertures > _MOST_ROWS or n_bands > _MOST_ROWS:
        raise InvalidInput(f"it is an image of {n_bands * n_apertures} rows: extract the spectrum first.", "file")
    sigma = _sigma_band(header, n_bands)
    unit = _unit(header)
    flux_unit = str(header.get("BUNIT") or "") or None
    medium = {"AWAV": "air", "WAVE": "vacuum"}.get(str(header.get("CTYPE1", ""))[:4])
    notes = (f"Of {n_bands} bands the first was taken.",) if n_bands > 1 else ()
    found = []
    for aperture in range(n_apertures):
        label = f"aperture {aperture + 1}" if n_apertures > 1 else None
        columns = {"fluxes": "row 0"} | ({"errors": f"row {sigma}"} if sigma is not None else {})
        raw = ParsedSpectrum(
            "FITS image",
            _wavelengths(header, n_pixels, aperture),
            cube[0, aperture],
            None if sigma is None else cube[sigma, aperture],
            flux_unit,
            medium,
            columns=columns,
            label=label,
            notes=notes,
        )
        found.append((raw, unit))
    return found


def _sigma_band(header: dict[str, Any], n_bands: int) -> int | None:
    for band in range(1, n_bands):
        said = " ".join(str(header.get(f"{key}{band + 1}", "")) for key in ("BANDID", "ARRAY", "ROW")).lower()
        if "sigma" in said or "error" in said or "uncertainty" in said:
            return band
    return None


def _unit(header: dict[str, Any]) -> str | None:
    said = " ".join(str(header.get(key, "")) for key in ("WAT1_001", "WAT1_002"))
    if in_iraf := re.search(r"units=\s*(\w+)", said):
        return in_iraf[1]
    return str(header.get("CUNIT1") or "").strip() or ("Angstrom" if _logarithmic(header) else None)


def _logarithmic(header: dict[str, Any]) -> bool:
    """Whether the scale is the decimal logarithm of Å."""
    said = str(header.get("CTYPE1", "")).upper()
    small = 0 < float(header.get("CRVAL1") or header.get("COEFF0") or 0) < 10
    return header.get("DC-FLAG") == 1 or (small and ("LOG" in said or "COEFF0" in header))


def _wavelengths(header: dict[str, Any], n_pixels: int, aperture: int) -> Values:
    kind = str(header.get("CTYPE1", "")).upper()
    if kind.startswith("MULTISPE"):
        return _multispec(header, n_pixels, aperture)
    if kind.startswith(_OTHER_AXES):
        raise InvalidInput(f"its axis is {kind}: convert it to wavelengths before.", "file")
    start = header.get("CRVAL1", header.get("COEFF0"))
    step = header.get("CD1_1") or header.get("CDELT1") or header.get("COEFF1")
    if start is None or not step:
        raise InvalidInput("its header has no scale of wavelengths (CRVAL1 with CDELT1 or CD1_1).", "file")
    pixels = np.arange(1, n_pixels + 1) - float(header.get("CRPIX1", 1))
    if _logarithmic(header):
        return np.asarray(10.0 ** (start + step * pixels))
    if kind.endswith("-LOG"):
        return np.asarray(start * np.exp(step * pixels / start))
    return np.asarray(start + step * pixels, dtype=float)


def _multispec(header: dict[str, Any], n_pixels: int, aperture: int) -> Values:
    """IRAF's multispec: for each aperture number, beam, type, first wavelength, step, number of pixels, redshift."""
    keys = sorted(key for key in header if re.fullmatch(r"WAT2_\d{3}", key))
    text = "".join(str(header[key]).ljust(68) for key in keys)
    found = re.search(rf'spec{aperture + 1}\s*=\s*"([^"]*)"', text)
    words = found[1].split() if found else []
    if len(words) < 7 or words[2] not in ("0", "1"):
        raise InvalidInput(
            "its wavelengths follow a curve of IRAF that is not read: make them linear (dispcor), or give text.", "file"
        )
    scale = float(words[3]) + float(words[4]) * np.arange(n_pixels)
    wavelengths = (10.0**scale if words[2] == "1" else scale) / (1 + float(words[6]))
    return np.where(np.arange(n_pixels) < int(words[5]), wavelengths, np.nan)


def arms(parts: Sequence[Any]) -> list[tuple[ParsedSpectrum, str | None]]:
    """One target's spectrum in parts ``X_WAVELENGTH``, ``X_FLUX``, ``X_IVAR`` for each arm X (DESI), joined."""
    by_name = {part.name: part for part in parts}
    names = [match[1] for name in by_name if (match := _ARM.match(name)) and f"{match[1]}_FLUX" in by_name]
    if not names:
        return []
    fluxes = [np.atleast_2d(by_name[f"{arm}_FLUX"].data) for arm in names]
    if len(fluxes[0]) > _MOST_ROWS:
        raise InvalidInput(f"the file holds {len(fluxes[0])} targets: cut out one.", "file")
    waves = [np.asarray(by_name[f"{arm}_WAVELENGTH"].data, dtype=float) for arm in names]
    unit = by_name[f"{names[0]}_FLUX"].header.get("BUNIT")
    wave_unit = by_name[f"{names[0]}_WAVELENGTH"].header.get("BUNIT") or "Angstrom"
    made = []
    for row in range(len(fluxes[0])):
        raw = ParsedSpectrum(
            "FITS image",
            np.concatenate(waves),
            np.concatenate([np.asarray(flux[row], dtype=float) for flux in fluxes]),
            _arm_errors(by_name, names, row),
            unit,
            "vacuum",
            columns={"fluxes": ", ".join(f"{arm}_FLUX" for arm in names)},
            label=f"target {row}" if len(fluxes[0]) > 1 else None,
            notes=(f"{len(names)} arms ({', '.join(names)}) were joined.",) if len(names) > 1 else (),
        )
        made.append((raw, wave_unit))
    return made


def _arm_errors(by_name: dict[str, Any], names: Sequence[str], row: int) -> Values | None:
    if not all(f"{arm}_IVAR" in by_name for arm in names):
        return None
    inverse = np.concatenate([np.atleast_2d(by_name[f"{arm}_IVAR"].data)[row].astype(float) for arm in names])
    with np.errstate(divide="ignore"):
        return np.where(inverse > 0, 1 / np.sqrt(np.maximum(inverse, 1e-300)), np.nan)
