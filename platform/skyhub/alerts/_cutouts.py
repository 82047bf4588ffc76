"""Cutouts: FITS images of alerts, read straight from their bytes and drawn as PNG.

The first image of a FITS file [1]_ is found by its header's 80-character cards; no table of extensions is needed.

References
----------
.. [1] Pence et al. 2010, A&A 524, A42. doi:10.1051/0004-6361/201015362
.. [2] Calabretta & Greisen 2002, A&A 395, 1077. doi:10.1051/0004-6361:20021327
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
    """The first image of a FITS file, gzipped or plain: the primary array, or that of the first extension with one.

    Raises
    ------
    InvalidInput
        If the bytes are no FITS file that begins with a two-dimensional array.
    """
    return _first_image(data)[1]


def _first_image(data: bytes) -> tuple[dict[str, str], NDArray[np.float64]]:
    """The header of the first image and its pixels."""
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(data)
    header, begin = _header(data, 0)
    if header.get("NAXIS") == "0":
        header, begin = _header(data, begin)
    return header, _pixels(data, header, begin)


def _pixels(data: bytes, header: dict[str, str], begin: int) -> NDArray[np.float64]:
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

    An image with a celestial coordinate system [2]_ in its header is flipped and turned by right angles until its top
    is as near to the north as can be, and its left to the east. ZTF's cutouts have none: their first row is the
    northern one and their first column the eastern one, so that they come out like that as they are.
    """
    header, image = _first_image(data)
    return png_of_image(_stretch(_north_up(image, header)))


def _north_up(image: NDArray[np.float64], header: dict[str, str]) -> NDArray[np.float64]:
    """The image with rows towards the south and columns towards the west, if the header says where these are."""
    axes = _axes(header)
    if axes is None:
        return image
    (east_of_x, east_of_y), (north_of_x, north_of_y) = axes
    if abs(north_of_x) > abs(north_of_y):
        image = image.T
        east_of_x, north_of_y = east_of_y, north_of_x
    if north_of_y > 0:
        image = image[::-1]
    return image[:, ::-1] if east_of_x > 0 else image


def _axes(header: dict[str, str]) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Steps to the east and to the north along x and y, on the same scale; None if the header has no such matrix."""
    if "RA--" not in header.get("CTYPE1", ""):
        return None
    try:
        if any(name in header for name in ("CD1_1", "CD1_2")):
            (a, b), (c, d) = ([float(header.get(f"CD{i}_{j}", 0)) for j in (1, 2)] for i in (1, 2))
        else:
            steps = [float(header.get(f"CDELT{i}", 1)) for i in (1, 2)]
            (a, b), (c, d) = (
                [steps[i - 1] * float(header.get(f"PC{i}_{j}", float(i == j))) for j in (1, 2)] for i in (1, 2)
            )
    except ValueError:
        return None
    return ((a, b), (c, d)) if a * d != b * c else None


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


def _header(data: bytes, begin: int) -> tuple[dict[str, str], int]:
    """The cards of the header that begins at a byte, and where it ends."""
    cards: dict[str, str] = {}
    for at in range(begin, min(len(data), begin + 36 * _BLOCK), _CARD):
        card = data[at : at + _CARD].decode("latin-1")
        name = card[:8].strip()
        if name == "END":
            return cards, -(-(at + _CARD) // _BLOCK) * _BLOCK
        if card[8:10] == "= ":
            cards[name] = card[10:].split("/")[0].strip()
    raise InvalidInput("the cutout is no FITS file: its header has no END", "cutout")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
