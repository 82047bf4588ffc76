"""Cutouts: what is no image is refused, pixels agree with astropy, PNGs decode to the pixels drawn."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from skyhub.alerts import CUTOUT_KINDS, fits_image, png_of_cutout, png_of_image
from skyhub.errors import InvalidInput
from support.packets import fits_bytes, stamp

IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4)
PLAIN = fits_bytes(IMAGE, gzipped=False)


def _with_card(old: str, new: str) -> bytes:
    assert old.encode() in PLAIN
    return PLAIN.replace(f"{old:<80}".encode(), f"{new:<80}".encode())


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "text": b"this is no image",
    "truncated gzip": stamp()[:-100],
    "damaged gzip": stamp()[:50] + b"\x00" * 40 + stamp()[90:],
    "gzip of text": gzip.compress(b"this is no image"),
    "truncated pixels": PLAIN[:2900],
    "header without end": PLAIN[:160],
    "no axis": _with_card(f"NAXIS2  = {3:>20}", "COMMENT"),
    "an axis that is no number": _with_card(f"NAXIS2  = {3:>20}", "NAXIS2  = 'three'"),
    "a negative axis": _with_card(f"NAXIS2  = {3:>20}", f"NAXIS2  = {-3:>20}"),
    "an enormous axis": _with_card(f"NAXIS2  = {3:>20}", f"NAXIS2  = {10**12:>20}"),
    "a number of digits that Python refuses": _with_card(f"NAXIS2  = {3:>20}", "NAXIS2  = " + "9" * 70),
    "pixels of 12 bits": _with_card("BITPIX  =                  -32", f"BITPIX  = {12:>20}"),
    "a gzip bomb": gzip.compress(bytes(300_000_000), 1),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="cutout"):
        fits_image(data)
    with pytest.raises(InvalidInput, match="cutout"):
        png_of_cutout(data)


@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=8))
def test_spoilt_bytes_give_an_image_or_a_refusal(at: int, spoilt: bytes) -> None:
    data = PLAIN[:at] + spoilt + PLAIN[at + len(spoilt) :]
    try:
        image = fits_image(data)
    except InvalidInput:
        return
    assert image.ndim == 2


@pytest.mark.parametrize("bitpix", [8, 16, 32, 64, -32, -64])
@pytest.mark.parametrize("scaled", [False, True])
def test_all_kinds_of_pixels_agree_with_astropy(bitpix: int, scaled: bool) -> None:
    kinds: dict[int, Any] = {8: np.uint8, 16: np.int16, 32: np.int32, 64: np.int64, -32: np.float32, -64: np.float64}
    pixels = np.random.default_rng(1).integers(0, 100, (5, 7)).astype(kinds[bitpix])
    hdu = fits.PrimaryHDU(pixels)
    if scaled:
        hdu.header["BSCALE"], hdu.header["BZERO"] = 0.5, 10.0
        if bitpix > 0:
            hdu.header["BLANK"] = int(pixels[0, 0])
    file = io.BytesIO()
    hdu.writeto(file)
    with fits.open(io.BytesIO(file.getvalue())) as opened:
        expected = np.asarray(opened[0].data, dtype=float)
    np.testing.assert_allclose(fits_image(file.getvalue()), expected, rtol=1e-7)
    np.testing.assert_allclose(fits_image(gzip.compress(file.getvalue())), expected, rtol=1e-7)


@pytest.mark.filterwarnings("ignore:Found a SIMPLE card")
def test_real_cutouts_agree_with_astropy_pixel_by_pixel(ztf_files: list[Path]) -> None:
    compared = 0
    for path in ztf_files[::12]:
        with path.open("rb") as f:
            (record,) = list(fastavro.reader(f))
        for kind in CUTOUT_KINDS:
            cutout = record.get(f"cutout{kind.capitalize()}")
            if not cutout:
                continue
            data = cutout["stampData"]
            with fits.open(io.BytesIO(gzip.decompress(data))) as opened:
                np.testing.assert_array_equal(fits_image(data), opened[0].data.astype(float))
            assert Image.open(io.BytesIO(png_of_cutout(data))).size == fits_image(data).shape[::-1]
            compared += 1
    assert compared > 60


@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_a_png_decodes_to_its_pixels(grey: np.ndarray[Any, Any]) -> None:
    decoded = Image.open(io.BytesIO(png_of_image(grey)))
    assert decoded.mode == "L"
    np.testing.assert_array_equal(np.asarray(decoded), grey)


@given(
    npst.arrays(
        np.float32, (8, 9), elements=st.floats(-1000, 65535, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])
    )
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_brighter_pixel_is_never_drawn_darker(image: np.ndarray[Any, Any]) -> None:
    drawn = np.asarray(Image.open(io.BytesIO(png_of_cutout(fits_bytes(image)))))
    assert drawn.shape == image.shape
    finite = np.isfinite(image)
    order = np.argsort(image[finite], kind="stable")
    assert (np.diff(drawn[finite][order].astype(int)) >= 0).all()


def test_the_first_row_is_on_top() -> None:
    image = np.zeros((20, 30), np.float32)
    image[0, 5] = 1000
    drawn = np.asarray(Image.open(io.BytesIO(png_of_cutout(fits_bytes(image)))))
    assert np.unravel_index(drawn.argmax(), drawn.shape) == (0, 5)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_an_image_without_contrast_is_drawn(value: float) -> None:
    drawn = np.asarray(Image.open(io.BytesIO(png_of_cutout(fits_bytes(np.full((4, 4), value, np.float32))))))
    assert len(np.unique(drawn)) == 1


def test_the_first_extension_with_an_image_is_taken_if_the_primary_array_is_empty() -> None:
    file = io.BytesIO()
    extensions = [fits.ImageHDU(IMAGE), fits.ImageHDU(IMAGE + 1)]
    fits.HDUList([fits.PrimaryHDU(), *extensions]).writeto(file)
    np.testing.assert_array_equal(fits_image(file.getvalue()), IMAGE)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("north", [-1, 1])
@pytest.mark.parametrize("east", [-1, 1])
@pytest.mark.parametrize("matrix", ["CD", "PC"])
def test_images_with_coordinates_are_drawn_north_up_and_east_left(
    transposed: bool, north: int, east: int, matrix: str
) -> None:
    """Two stars in the north-east, by astropy's coordinates, are drawn in the upper left whatever way x and y go."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [150.0, 2.0], [15.5, 15.5]
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    axes = turn @ np.diag([east * 1e-4, north * 1e-4])
    wcs.wcs.cd = axes[:, ::-1] if transposed else axes
    header = wcs.to_header()
    if matrix == "CD":
        for i in (1, 2):
            for j in (1, 2):
                header[f"CD{i}_{j}"] = wcs.wcs.cd[i - 1, j - 1]
                header.remove(f"PC{i}_{j}", ignore_missing=True)
            header.remove(f"CDELT{i}", ignore_missing=True)
    image = np.random.default_rng(2).normal(0, 1, (30, 30)).astype(np.float32)
    x, y = wcs.world_to_pixel_values(150.0 + 8e-4 / np.cos(np.radians(2.0)), 2.0008)
    image[int(np.rint(y)), int(np.rint(x))] = 1000.0
    file = io.BytesIO()
    fits.PrimaryHDU(image, header).writeto(file)
    drawn = np.asarray(Image.open(io.BytesIO(png_of_cutout(file.getvalue()))))
    row, column = np.unravel_index(int(np.argmax(drawn)), drawn.shape)
    assert row < 15
    assert column < 15


def test_images_whose_coordinates_say_nothing_stay_as_they_are() -> None:
    for cards in ([], ["CTYPE1  = 'RA---TAN'", "CD1_1   = 'x'"], ["CTYPE1  = 'RA---TAN'", "CDELT1  = 0"]):
        block = "".join(f"{card:<80}" for card in cards)
        data = PLAIN.replace(b"END" + b" " * 77, block.encode() + b"END" + b" " * 77, 1)
        data = data[:2880] + data[len(data) - len(PLAIN) + 2880 :]
        assert png_of_cutout(data) == png_of_cutout(PLAIN)
