"""Positions against astropy, HEALPix against healpy, sexagesimal text there and back."""

from __future__ import annotations

import math
from itertools import pairwise

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, angular_separation
from hypothesis import assume, example, given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import (
    Position,
    galactic,
    hpx_index,
    hpx_ranges,
    parse_position,
    separation,
    sexagesimal,
)
from support.strategies import dec, positions, ra

_OUTSIDE = [
    "361 0", "-1 0", "10 91", "10 -90.5", "24:00:01 +00:00:00", "10:00:00 +90:00:01", "99:00:00 +00:00:00",
    "10:60:00 +02:00:00", "10:00:60 +02:00:00", "10:00:00 +02:61:00", "10:00:00 -02:00:75.5",
]  # fmt: skip
_NAMES = [
    "",
    " ",
    "ZTF26abc",
    "M31",
    "10",
    "10:00:24",
    "10 20 30",
    "1e2 5",
    "nan nan",
    "inf 0",
    "10,20,30",
    "a b",
    "10:00:24 02:12",
]

_FORMS = [
    "150.1 2.2", "150.1,2.2", "150.1, 2.2", "150.1d 2.2d", "+150.1 +2.2", " 150.1\t2.2 ",
    "10:00:24 +02:12:00", "10:00:24 02:12:00", "10 00 24 +02 12 00", "10h00m24s +02d12m00s", "10h00m24.00s 2°12′00″",
    "10:00:24+02:12:00", "10h00m24s02d12m00s", "10:00:24, +2:12:00", "10h 00m 24s, +02° 12' 00\"",
]  # fmt: skip


@pytest.mark.parametrize("text", _OUTSIDE)
def test_positions_outside_of_the_sky_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_position(text)


@pytest.mark.parametrize("text", _NAMES)
def test_names_are_no_positions(text: str) -> None:
    assert parse_position(text) is None


@pytest.mark.parametrize("text", _FORMS)
def test_forms_of_a_position(text: str) -> None:
    assert parse_position(text) == pytest.approx((150.1, 2.2), abs=1e-9)


@pytest.mark.parametrize("minus", ["-", "−"])
def test_the_sign_of_a_declination_near_zero(minus: str) -> None:
    found = parse_position(f"00:00:01 {minus}00:00:30")
    assert found == pytest.approx((15 / 3600, -30 / 3600), abs=1e-12)
    assert parse_position(f"0.5 {minus}0.25") == (0.5, -0.25)


def test_the_ends_of_the_sky_are_on_it() -> None:
    assert parse_position("360 -90") == (360, -90)
    assert parse_position("24:00:00 +90:00:00") == (360, 90)


def test_a_published_position() -> None:
    """SkyPortal's own test of these quantities."""
    at = Position(231.413765, 17.680664)
    assert sexagesimal(*at) == ("15:25:39.304", "+17:40:50.39")
    assert galactic(*at) == pytest.approx((26.261747, 53.283117), abs=1e-4)
    ring = healpy.nest2ring(2**29, int(hpx_index([at.ra], [at.dec])[0]))
    assert ring == 1204148902702861198
    assert separation([30.0], [45.0], Position(31.0, 44.0))[0] == pytest.approx(1.228279093463769, rel=1e-12)


@given(positions)
def test_galactic_coordinates_agree_with_astropy(at: tuple[float, float]) -> None:
    """Within 0.03″: astropy turns by the definition of B1950, Hipparcos by its own matrix."""
    expected = SkyCoord(*at, unit="deg").galactic
    lon, lat = galactic(*at)
    assert 0 <= lon < 360
    assert angular_separation(*np.radians([lon, lat, expected.l.deg, expected.b.deg])) < math.radians(0.03 / 3600)


@given(st.lists(positions, min_size=1, max_size=5), positions)
@example([(0.0, -89.999999)], (96.0, 89.999999))
def test_separations_agree_with_astropy(points: list[tuple[float, float]], at: tuple[float, float]) -> None:
    lon, lat = np.array(points).T
    expected = np.degrees(angular_separation(*np.radians([lon, lat]), *np.radians(at)))
    off = np.abs(separation(lon, lat, Position(*at)) - expected)
    assert (off <= np.where(expected < 179.9, 1e-9, 5e-6)).all()


def test_separations_near_and_far() -> None:
    assert separation([10.0], [20.0], Position(10.0, 20.0))[0] == 0
    assert separation([10.0 + 1e-7], [0.0], Position(10.0, 0.0))[0] == pytest.approx(1e-7, rel=1e-6)
    assert separation([190.0], [-20.0], Position(10.0, 20.0))[0] == pytest.approx(180, abs=1e-5)
    assert separation([359.9999], [0.0], Position(0.0001, 0.0))[0] == pytest.approx(2e-4, rel=1e-6)


@given(positions)
def test_sexagesimal_text_comes_back(at: tuple[float, float]) -> None:
    text = " ".join(sexagesimal(*at))
    back = parse_position(text)
    assert back is not None
    away = separation([back.ra % 360], [back.dec], Position(*at))[0] * 3600
    assert away <= math.hypot(0.0075, 0.005) + 1e-6
    assert "60" not in {part[:2] for word in text.split() for part in word.split(":")[1:]}


@given(positions)
def test_sexagesimal_text_agrees_with_astropy(at: tuple[float, float]) -> None:
    ours = SkyCoord(*sexagesimal(*at), unit=("hourangle", "deg"))
    assert ours.separation(SkyCoord(*at, unit="deg")).arcsec < 0.01


@given(positions)
def test_the_index_is_healpix(at: tuple[float, float]) -> None:
    ours = int(hpx_index([at[0]], [at[1]])[0])
    theirs = int(healpy.ang2pix(2**29, *at, nest=True, lonlat=True))
    if ours != theirs:  # on the edge of two pixels; each is 0.4 mas wide
        centres = np.radians([healpy.pix2ang(2**29, pixel, nest=True, lonlat=True) for pixel in (ours, theirs)])
        assert math.degrees(angular_separation(*centres[0], *centres[1])) * 3600 < 2e-3


@given(
    positions,
    st.one_of(st.floats(0.1 / 3600, 5), st.sampled_from([1 / 3600, 60 / 3600, 1.0, 5.0])),
    st.floats(0, 1),
    st.floats(0, 360),
)
def test_ranges_cover_every_point_of_the_cone(
    at: tuple[float, float], radius: float, fraction: float, angle: float
) -> None:
    point = SkyCoord(*at, unit="deg").directional_offset_by(angle * u.deg, radius * fraction * u.deg)
    lon, lat = point.ra.deg % 360, point.dec.deg
    assume(separation([lon], [lat], Position(*at))[0] <= radius)
    index = int(hpx_index([lon], [lat])[0])
    assert any(low <= index < high for low, high in hpx_ranges(Position(*at), radius))


@given(ra, dec, st.floats(1e-6, 5))
def test_ranges_are_few_sorted_and_apart(lon: float, lat: float, radius: float) -> None:
    ranges = hpx_ranges(Position(lon, lat), radius)
    assert 1 <= len(ranges) <= 64
    assert all(low < high for low, high in ranges)
    assert all(a[1] <= b[0] for a, b in pairwise(ranges))
    assert ranges[0][0] >= 0
    assert ranges[-1][1] <= 12 * 4**29
