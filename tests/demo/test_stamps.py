"""Cutouts: their FITS form, and that the difference holds the flux that the packet states."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from numpy.typing import NDArray
from skyhub.demo.profiles import SIDE, moffat, sersic, smooth
from skyhub.demo.stamps import fits_gz
from skyhub.demo.survey import effective_pixels
from skyhub.demo.target import Galaxy

Stamp = Callable[[dict[str, Any], str], NDArray[np.float64]]


def _counts(candidate: dict[str, Any]) -> float:
    return float(10 ** (0.4 * (candidate["magzpsci"] - candidate["magpsf"])))


def _centre(candidate: dict[str, Any]) -> tuple[float, float]:
    x, y = candidate["xpos"], candidate["ypos"]
    return 31 + x - round(x), 31 + y - round(y)


def _whole(night: Any, stamp: Stamp) -> list[tuple[dict[str, Any], NDArray[np.float64]]]:
    """Packets whose difference is complete, with that difference."""
    pairs = [(packet, stamp(packet, "Difference")) for packet in night.packets.values()]
    return [(p, d) for p, d in pairs if d.shape == (SIDE, SIDE) and np.isfinite(d).all()]


def _seeing(packet: dict[str, Any], night: Any) -> float | None:
    """FWHM of the exposure (pixels) as another packet's forced photometry states it."""
    key = packet["candidate"]["field"], packet["candidate"]["jd"]
    for other in night.packets.values():
        for row in other["fp_hists"] or []:
            if (row["field"], row["jd"]) == key:
                return float(row["sciinpseeing"])
    return None


def test_stamps_are_fits_files_that_astropy_reads(night: Any, stamp: Stamp) -> None:
    for packet in list(night.packets.values())[:20]:
        for kind in ("Science", "Template", "Difference"):
            data = gzip.decompress(packet[f"cutout{kind}"]["stampData"])
            assert len(data) % 2880 == 0
            with fits.open(io.BytesIO(data)) as hdus:
                hdus.verify("exception")
                assert hdus[0].header["BITPIX"] == -32
                np.testing.assert_array_equal(hdus[0].data, stamp(packet, kind))


def test_same_image_gives_the_same_bytes() -> None:
    image = np.arange(63.0 * 63).reshape(63, 63)
    assert fits_gz(image) == fits_gz(image.copy())


def test_profile_fit_of_the_difference_is_the_stated_magnitude(night: Any, stamp: Stamp) -> None:
    fitted = 0
    for packet, difference in _whole(night, stamp):
        seeing, (x, y) = _seeing(packet, night), _centre(packet["candidate"])
        if seeing is None:
            continue
        profile = moffat([x], [y], seeing)[0]
        flux = np.vdot(profile, difference) / np.vdot(profile, profile)
        np.testing.assert_allclose(flux, _counts(packet["candidate"]), rtol=2e-3)
        fitted += 1
    assert fitted > 40


def test_aperture_sum_of_the_difference_is_the_stated_magnitude(night: Any, stamp: Stamp) -> None:
    deviations = []
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for packet, difference in _whole(night, stamp):
        if night.truth[packet["objectId"]]["class"] == "bogus" or packet["candidate"]["sigmapsf"] > 0.1:
            continue
        x, y = _centre(packet["candidate"])
        away = np.hypot(columns - x, rows - y)
        noise = 1.4826 * np.median(np.abs(difference[away > 12])) * np.sqrt(np.sum(away < 7))
        flux = _counts(packet["candidate"])
        deviations.append((difference[away < 7].sum() - 0.96 * flux) / np.hypot(noise, 0.06 * flux))
    assert len(deviations) > 60
    assert abs(np.mean(deviations)) < 0.5
    assert np.percentile(np.abs(deviations), 95) < 4


def test_science_is_brighter_than_template_where_the_sign_is_positive(night: Any, stamp: Stamp) -> None:
    for kind in ("CV", "nova", "asteroid"):
        for packet in night.of(kind):
            science, template = stamp(packet, "Science"), stamp(packet, "Template")
            if science.shape != (SIDE, SIDE) or packet["candidate"]["sigmapsf"] > 0.1:
                continue
            core = (slice(29, 34), slice(29, 34))
            assert packet["candidate"]["isdiffpos"] == "t"
            assert science[core].sum() - 25 * np.nanmedian(science) > template[core].sum() - 25 * np.nanmedian(template)


def test_fading_sources_are_positive_in_their_reversed_difference(night: Any, stamp: Stamp) -> None:
    fading = [(p, d) for p, d in _whole(night, stamp) if p["candidate"]["isdiffpos"] == "f"]
    fading = [(p, d) for p, d in fading if night.truth[p["objectId"]]["class"] != "bogus"]
    assert len(fading) > 5
    for packet, difference in fading:
        assert difference[29:34, 29:34].sum() > 0
        assert "refmsci" in packet["cutoutDifference"]["fileName"]
        assert str(packet["candid"])[-6:-3] == "010"


def test_some_stamps_are_cut_or_blank_and_all_three_alike(night: Any, stamp: Stamp) -> None:
    cut = blank = 0
    for packet in night.packets.values():
        images = [stamp(packet, kind) for kind in ("Science", "Template", "Difference")]
        missing = [np.isnan(image) for image in images]
        np.testing.assert_array_equal(missing[0], missing[1])
        np.testing.assert_array_equal(missing[0], missing[2])
        cut += images[0].shape != (SIDE, SIDE)
        blank += bool(missing[0].any())
        assert np.isfinite(images[2]).mean() > 0.3
    assert 0 < cut < 0.15 * len(night.packets)
    assert 0 < blank < 0.2 * len(night.packets)


@pytest.mark.parametrize("fwhm", [1.5, 2.0, 3.0, 4.5])
def test_star_profile_has_unit_flux_its_width_and_its_noise_area(fwhm: float) -> None:
    profile = moffat([31.0], [31.0], fwhm)[0]
    assert profile.sum() == pytest.approx(1, abs=0.02)
    fine = moffat([310.0], [310.0], 10 * fwhm, 621)[0]
    assert np.sum(fine[310] > fine[310, 310] / 2) == pytest.approx(10 * fwhm, abs=1.5)
    assert 1 / np.sum(fine**2) / 100 == pytest.approx(float(effective_pixels(np.array(fwhm))), rel=0.02)


@pytest.mark.parametrize("index", [1.0, 2.0, 4.0])
def test_galaxy_profile_has_unit_flux_and_half_of_it_within_its_radius(index: float) -> None:
    galaxy = Galaxy(0, 0, np.zeros(4), radius=5.0, index=index, ratio=1.0, angle=0.0)
    image = sersic(galaxy, 31.0, 31.0)
    rows, columns = np.indices(image.shape) - len(image) // 2
    inside = np.hypot(rows, columns) * 1.01 < 5.0
    assert image[inside].sum() == pytest.approx(0.5, abs=0.04)
    assert image.sum() == pytest.approx(1.0, abs=0.13 if index == 4 else 0.04)


def test_seeing_keeps_flux_and_place() -> None:
    galaxy = Galaxy(6.0, -4.0, np.zeros(4), radius=1.5, index=1.0, ratio=0.6, angle=0.7)
    x, y = 31 - 6.0 / 1.01, 31 + 4.0 / 1.01
    image = smooth(sersic(galaxy, x, y), 2.2)
    assert image.shape == (SIDE, SIDE)
    assert image.sum() == pytest.approx(1, abs=0.03)
    rows, columns = np.indices(image.shape)
    assert (np.sum(columns * image) / image.sum(), np.sum(rows * image) / image.sum()) == pytest.approx(
        (x, y), abs=0.15
    )


def test_rows_grow_to_the_south_and_columns_to_the_west(night: Any, stamp: Stamp) -> None:
    """The nearest reference source is bright where the orientation puts it, and not at the mirrored places."""
    seen = 0
    for packet in night.packets.values():
        candidate, template = packet["candidate"], stamp(packet, "Template")
        east = (candidate["ranr"] - candidate["ra"]) * np.cos(np.radians(candidate["dec"])) * 3600 / 1.01
        north = (candidate["decnr"] - candidate["dec"]) * 3600 / 1.01
        if template.shape != (SIDE, SIDE) or min(abs(east), abs(north)) < 4 or candidate["magnr"] > 19:
            continue
        x, y = _centre(candidate)
        if max(abs(east), abs(north)) > 27 or not np.isfinite(template).all():
            continue
        light = {(sx, sy): template[round(y + sy * north), round(x + sx * east)] for sx in (-1, 1) for sy in (-1, 1)}
        assert max(light, key=lambda place: light[place]) == (-1, -1)
        seen += 1
    assert seen >= 5
