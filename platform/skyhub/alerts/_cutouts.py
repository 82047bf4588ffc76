"""Cutouts: FITS images of alerts, read straight from their bytes and drawn as PNG.

The primary array of a FITS file [1]_ is found by its header's 80-character cards; no table of extensions is needed.

References
----------
.. [1] Pence et al. 2010, A&A 524, A42. doi:10.1051/0004-6361/201015362
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput

__all__ = ["fits_image", "png_of_cutout", "png_of_image"]

_BLOCK = 2880
_CARD = 80
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_LARGEST = 4096
_LARGEST_FILE = 36 * _BLOCK + 8 * _LARGEST**2
_BELOW, _ABOVE, _BRIGHT_PERCENTILE = 1.5, 10.0, 99.7
_SIGMA_OF_MAD = 1.4826


def fits_image(data: bytes) -> NDArray[np.float64]:
    """The image of a FITS file, gzipped or plain.

    Raises
    ------
    InvalidInput
        If the bytes are no FITS file with a two-dimensional primary array.
    """
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(data)
    header, begin = _header(data)
    try:
        kind = _TYPES[int(header["BITPIX"])]
        width, height = int(header["NAXIS1"]), int(header["NAXIS2"])
        scale, zero = float(header.get("BSCALE", 1)), float(header.get("BZERO", 0))
        blank = int(header["BLANK"]) if "BLANK" in header and kind[1] != "f" else None
    except (KeyError, ValueError) as error:
        raise InvalidInput(f"the cutout's FITS header has no two-dimensional image: {error}", "cutout") from error
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        raise InvalidInput(f"the cutout has {width} × {height} pixels: 1 to {_LARGEST} a side are permitted", "cutout")
    size = width * height * np.dtype(kind).itemsize
    if len(data) < begin + size:
        raise InvalidInput(f"the cutout ends before its {width} × {height} pixels", "cutout")
    pixels = np.frombuffer(data, kind, width * height, begin).reshape(height, width)
    image = pixels.astype(np.float64) * scale + zero
    return image if blank is None else np.where(pixels == blank, np.nan, image)


def _gunzip(data: bytes) -> bytes:
    """Unpacked bytes, no more than the largest image has: a small file may stand for a very large one."""
    try:
        with gzip.open(io.BytesIO(data)) as f:
            return f.read(_LARGEST_FILE)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"the cutout's gzip data are damaged: {error}", "cutout") from error


def png_of_cutout(data: bytes) -> bytes:
    """A FITS cutout as greyscale PNG: from 1.5σ below the sky to its brightest pixels, asinh contrast, first row on top.

    ZTF writes its cutouts with the north in the first row and the east in the first column, so that they come out
    north up, east left.
    """
    return png_of_image(_stretch(fits_image(data)))


def png_of_image(grey: NDArray[np.uint8]) -> bytes:
    """An 8-bit grey image, shape ``(height, width)``, as PNG."""
    height, width = grey.shape
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = grey
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _stretch(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    finite = image[np.isfinite(image)]
    if not finite.size:
        return np.zeros(image.shape, np.uint8)
    sky = np.median(finite)
    noise = _SIGMA_OF_MAD * np.median(np.abs(finite - sky))
    low = sky - _BELOW * noise
    span = max(np.percentile(finite, _BRIGHT_PERCENTILE), sky + _ABOVE * noise) - low or 1.0
    unit = np.clip((np.nan_to_num(image, nan=low) - low) / span, 0, 1)
    return np.asarray(np.round(255 * np.arcsinh(4 * unit) / np.arcsinh(4)), np.uint8)


def _header(data: bytes) -> tuple[dict[str, str], int]:
    cards: dict[str, str] = {}
    for at in range(0, min(len(data), 36 * _BLOCK), _CARD):
        card = data[at : at + _CARD].decode("latin-1")
        name = card[:8].strip()
        if name == "END":
            return cards, -(-(at + _CARD) // _BLOCK) * _BLOCK
        if card[8:10] == "= ":
            cards[name] = card[10:].split("/")[0].strip()
    raise InvalidInput("the cutout is no FITS file: its header has no END", "cutout")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
