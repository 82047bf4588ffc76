"""FITS files for tests, as telescopes and surveys write them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray


def image(data: NDArray[Any], **cards: Any) -> bytes:
    """A file with one image; underscores before a digit or at the end of a name stand for hyphens."""
    hdu = fits.PrimaryHDU(np.asarray(data, dtype=np.float32))
    for name, value in cards.items():
        hdu.header[name.replace("__", "-")] = value
    return written(fits.HDUList([hdu]))


def table(columns: Mapping[str, tuple[str, Any, str]], primary: Mapping[str, Any] | None = None) -> bytes:
    """A file with one binary table: for each column its format, values and unit."""
    made = [fits.Column(name, form, unit=unit or None, array=array) for name, (form, array, unit) in columns.items()]
    first = fits.PrimaryHDU()
    first.header.update(primary or {})
    return written(fits.HDUList([first, fits.BinTableHDU.from_columns(made)]))


def parts(images: Mapping[str, Any], units: Mapping[str, str]) -> bytes:
    """A file with named images."""
    made = [fits.PrimaryHDU()]
    for name, data in images.items():
        hdu = fits.ImageHDU(np.asarray(data), name=name)
        if name in units:
            hdu.header["BUNIT"] = units[name]
        made.append(hdu)
    return written(fits.HDUList(made))


def written(parts: fits.HDUList) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    parts.writeto(buffer)
    return buffer.getvalue()
