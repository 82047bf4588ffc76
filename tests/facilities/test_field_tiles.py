"""Fields as ranges of HEALPix indices: areas by closed form, membership by geometry, nothing lost at cell borders."""

from __future__ import annotations

import csv
from pathlib import Path

import healpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mocpy import MOC
from skyhub.science.cells import cells_touched
from skyhub.science.coordinates import hpx_index
from skyhub.science.field_tiles import FieldRanges, field_ranges, tile_order
from skyhub.science.footprints import offsets_of, parse_footprint, rectangle, to_sky
from support.strategies import dec, ra


def _grid(shared: Path, step: int) -> tuple[list[int], list[float], list[float]]:
    with open(shared / "survey" / "skyportal" / "ZTF_Fields.csv") as file:
        rows = list(csv.DictReader(file))[::step]
    return [int(float(r["ID"])) for r in rows], [float(r["RA"]) for r in rows], [float(r["Dec"]) for r in rows]


def test_no_fields_cover_nothing() -> None:
    ranges = field_ranges(rectangle(1, 1), [], [], [])
    assert len(ranges) == 0
    assert len(ranges.low) == 0


@given(ra, dec, st.floats(1e-4, 60), st.integers(0, 12))
def test_no_cell_that_a_cone_touches_is_missed(a: float, d: float, radius: float, order: int) -> None:
    order = min(order, int(np.log2(2000 / radius)))
    random = np.random.default_rng(0)
    turn, distance = random.uniform(0, 2 * np.pi, 200), radius * np.sqrt(random.uniform(0, 1, 200))
    x = np.degrees(np.arctan(np.tan(np.radians(distance)) * np.sin(turn)))
    y = np.degrees(np.arcsin(np.sin(np.radians(distance)) * np.cos(turn)))
    at = to_sky(x, y, a, d)
    needed = set(healpy.ang2pix(2**order, *at, nest=True, lonlat=True).tolist())
    assert needed <= set(cells_touched(a, d, radius, order)[0].tolist())


@given(ra, dec, st.integers(0, 2**32))
def test_positions_are_in_a_field_iff_the_footprint_says_so(a: float, d: float, seed: int) -> None:
    footprint = parse_footprint("polygon(-2,-2,2,-2,2,0,0,0,0,2,-2,2); circle(1.2,1.2,0.6)")
    ranges = field_ranges(footprint, [1], [a], [d])
    pixel = 58.6 / 2 ** tile_order(footprint)
    random = np.random.default_rng(seed)
    x, y = random.uniform(-3, 3, (2, 300))
    sure = np.all([footprint.contains(x + dx, y + dy) == footprint.contains(x, y) for dx, dy in
                   pixel * np.array([(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (0, 1), (-1, 0), (0, -1)])], axis=0)  # fmt: skip
    index = hpx_index(*to_sky(x, y, a, d))
    place = np.searchsorted(ranges.low, index, side="right") - 1
    inside = (place >= 0) & (index < ranges.high[np.maximum(place, 0)])
    assert (inside == footprint.contains(x, y))[sure].all()


def test_fields_have_the_area_of_the_footprint(shared: Path) -> None:
    footprint = parse_footprint((shared / "survey" / "skyportal" / "ZTF_Region.reg").read_text())
    ranges = field_ranges(footprint, *_grid(shared, 12))
    assert ranges.areas.mean() == pytest.approx(footprint.areas.sum(), rel=3e-3)
    assert ranges.areas == pytest.approx(np.full(len(ranges), footprint.areas.sum()), rel=0.015)
    _require_sorted(ranges)


def test_a_field_lies_within_the_cells_that_mocpy_finds_touched() -> None:
    footprint, (a, d) = rectangle(6.8, 6.8), (120.0, 65.0)
    ours = MOC.from_depth29_ranges(29, field_ranges(footprint, [1], [a], [d]).of(0).astype(np.uint64))
    [corners] = footprint.corners(a, d)
    theirs = MOC.from_polygon(corners[:, 0] * 1.0 * _deg(), corners[:, 1] * _deg(), max_depth=10)
    assert ours.difference(theirs).empty()
    assert theirs.sky_fraction < 1.04 * ours.sky_fraction


def _deg() -> object:
    from astropy import units as u

    return u.deg


def test_fields_at_the_poles_and_small_cameras() -> None:
    ranges = field_ranges(rectangle(2, 2), [7, 8], [0, 123], [90, -90])
    assert ranges.field_ids.tolist() == [7, 8]
    assert ranges.areas == pytest.approx([4, 4], rel=0.01)
    small = rectangle(0.05, 0.05)
    assert field_ranges(small, [1], [10], [-5]).areas[0] == pytest.approx(0.0025, rel=0.05)


def test_neighbouring_fields_share_nothing() -> None:
    _, y = offsets_of(0.0, 2.0, 0.0, 0.0)
    assert float(y) == pytest.approx(2.0)
    ranges = field_ranges(rectangle(2, 2), [1, 2], [10, 10], [0, 2])
    one, two = (MOC.from_depth29_ranges(29, ranges.of(n).astype(np.uint64)) for n in (0, 1))
    shared_part = one.intersection(two).sky_fraction
    assert shared_part < 0.02 * one.sky_fraction


def _require_sorted(ranges: FieldRanges) -> None:
    for n in range(0, len(ranges), 10):
        part = ranges.of(n)
        assert (part[:, 0] < part[:, 1]).all()
        assert (part[1:, 0] > part[:-1, 1]).all()
