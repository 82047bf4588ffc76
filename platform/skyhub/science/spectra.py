"""Spectra: read from the bytes of files, with wavelengths in Å, and converted between units.

Read are text in columns (two or more, with or without names, header in comments, CSV, ECSV, WISeREP, Keck, P60), SNID
templates, FITS images with a linear or logarithmic scale (IRAF, LCO, SDSS), FITS tables (SDSS, ESO, HST, JWST) and
DESI's parts; also packed by gzip. Nothing in a file is executed.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from skyhub.errors import InvalidInput
from skyhub.science._spectrum_columns import choose
from skyhub.science._spectrum_fits import read_fits
from skyhub.science._spectrum_header import date_of_name, facts_of
from skyhub.science._spectrum_snid import is_snid, read_snid
from skyhub.science._spectrum_text import read_text
from skyhub.science._spectrum_types import ParsedSpectrum, ReadOptions, finished
from skyhub.science._spectrum_units import constant_scale, flux_densities, parsed_unit

__all__ = [
    "LARGEST_FILE",
    "ParsedSpectrum",
    "ReadOptions",
    "constant_scale",
    "date_of_name",
    "facts_of",
    "finished",
    "flux_densities",
    "parsed_unit",
    "read_spectra",
    "table_columns",
]

LARGEST_FILE = 20_000_000
"""Bytes; also of what a packed file holds."""

_GZIP = b"\x1f\x8b"
_FITS = b"SIMPLE  ="
_BINARY = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"\x89HDF": "HDF5, which is not read: write columns of text or FITS",
    b"%PDF": "a PDF document: take the table out of it first",
    b"\x89PNG": "an image",
    b"BZh": "packed by bzip2: unpack it first",
    b"\x80": "a Python pickle, which is never opened: write columns of text or FITS",
}


def read_spectra(content: bytes, options: ReadOptions | None = None) -> list[ParsedSpectrum]:
    """All spectra of a file.

    Parameters
    ----------
    content
        The bytes of the file, at most 20 MB.
    options
        Columns and units, where the file's own words do not suffice.

    Raises
    ------
    InvalidInput
        If it cannot be read whole: what is wrong, and what to do.

    Examples
    --------
    >>> spectrum, = read_spectra(b"# wave (nm) flux\\n500 1e-15\\n501 2e-15\\n")
    >>> spectrum.wavelengths.tolist()
    [5000.0, 5010.0]
    """
    options = options or ReadOptions()
    if len(content) > LARGEST_FILE:
        raise InvalidInput(f"the file has {len(content)} bytes: at most {LARGEST_FILE} are read.", "file")
    if content.startswith(_GZIP):
        content = _unpacked(content)
    if content.startswith(_FITS):
        return read_fits(content, options)
    text = _text(content)
    return read_snid(text, options) if is_snid(text) else read_text(text, options)


def table_columns(names: Sequence[str]) -> dict[str, str]:
    """Which of the columns of a table hold ``wavelengths``, ``fluxes`` and ``errors``, by their names.

    Raises
    ------
    InvalidInput
        If the names do not tell.
    """
    chosen = choose(names, len(names), ReadOptions())
    found = {"wavelengths": names[chosen.wave], "fluxes": names[chosen.flux]}
    return found if chosen.error is None or chosen.form != "error" else {**found, "errors": names[chosen.error]}


def _unpacked(content: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(content, LARGEST_FILE + 1)
    except zlib.error as error:
        raise InvalidInput(f"the packed file is damaged: {error}.", "file") from None
    if len(plain) > LARGEST_FILE:
        raise InvalidInput(f"the unpacked file has more than {LARGEST_FILE} bytes.", "file")
    if not inflate.eof:
        raise InvalidInput("the packed file ends too early: copy it again.", "file")
    return plain


def _text(content: bytes) -> str:
    for begin, what in _BINARY.items():
        if content.startswith(begin):
            raise InvalidInput(f"the file is {what}.", "file")
    if b"\0" in content:
        raise InvalidInput("the file is neither text nor FITS: write columns of text or FITS.", "file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
