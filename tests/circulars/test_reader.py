"""What is read of real circulars beside labels made by hand: how much of it is right, and how much is found."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import magnitudes_in, positions_in, read_circular_file, read_numbers, redshifts_in, time_in
from support.commands import skyhub

SAMPLES = {"tuned": "labels.json", "held out": "held_out_labels.json"}
"""Circulars at which one looked while the patterns were made, and others that were labelled afterwards."""
Counts = dict[str, tuple[int, int, int]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We observed on 2023-08-13 from 20:13:25--21:49:22 UT and 18:11:41-18:45:30 UT.",
        "At RA = 400.5, Dec = 10.5 deg and 25:10:10.0 +95:00:00 nothing is.",
        "A. Author et al., GCN 34386; the flux is 7.13e-10 erg cm^-2 s^-1; E(B-V) = 0.079, A_i=1.25 mag.",
        "The list of sources is typically complete to about 18 mag.",
        "The list fades by 20 magnitudes per day, and 12 mag over 3 hours.",
        "The circle (trigger No 1186294, R=28.7) errorbox and R = 12.5 arcmin.",
        "With 10 x 300 s, 0.76-m telescope, index of 0.61 +/- 0.07.",
    ],
)
def test_nothing_is_read_where_nothing_is_told(text: str) -> None:
    assert (positions_in(text), redshifts_in(text), magnitudes_in(text)) == ([], [], [])


def _position(text: str) -> tuple[float, float]:
    place = SkyCoord(text, unit=(u.hourangle if ":" in text else u.deg, u.deg))
    return place.ra.deg, place.dec.deg


def _counts(shared: Path, labels: dict[str, Any]) -> Counts:
    """Numbers read and labelled, read, and labelled, of each kind that was labelled in a circular."""
    counts: dict[str, tuple[int, int, int]] = {}
    for number, label in labels.items():
        found = read_numbers(read_circular_file(shared / "gcn" / "circulars" / f"{number}.json"))
        positions = [(one["ra_deg"], one["dec_deg"]) for one in found["positions"]]
        magnitudes = [(one["filter"], one["mag"], one["is_limit"]) for one in found["magnitudes"]]
        redshifts = [one["redshift"] for one in found["redshifts"]]
        alike = {
            "positions": _n_near(positions, [_position(text) for text in label.get("positions", ())]),
            "redshifts": (Counter(redshifts) & Counter(label.get("redshifts", ()))).total(),
            "magnitudes": (Counter(magnitudes) & Counter(map(tuple, label.get("magnitudes", ())))).total(),
        }
        for kind, n_alike in ((kind, alike[kind]) for kind in label):
            both, read, told = counts.get(kind, (0, 0, 0))
            counts[kind] = (both + n_alike, read + len(found[kind]), told + len(label[kind]))
    return counts


def _n_near(ours: list[tuple[float, float]], theirs: list[tuple[float, float]]) -> int:
    """How many positions of one list are within 1e-5 deg of one of the other, each taken once."""
    left = list(ours)
    for place in theirs:
        near = [one for one in left if one == pytest.approx(place, abs=1e-5)]
        if near:
            left.remove(near[0])
    return len(ours) - len(left)


@pytest.mark.parametrize(("sample", "file"), SAMPLES.items())
def test_precision_and_recall_are_those_that_are_documented(shared: Path, sample: str, file: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "circulars.md").read_text()
    labels = json.loads((Path(__file__).parent / file).read_text())
    for kind, (both, read, told) in _counts(shared, labels).items():
        row = f"| {kind} | {sample} | {told} | {read} | {both} | {both / read:.2f} | {both / told:.2f} |"
        assert row in page, row


@given(st.floats(0, 359.99), st.floats(-89.9, 89.9), st.booleans())
def test_positions_are_read_as_they_are_written(ra: float, dec: float, sexagesimal: bool) -> None:
    place = SkyCoord(ra, dec, unit="deg")
    hours = place.ra.to_string(u.hourangle, sep=":", precision=2, pad=True)
    degrees = place.dec.to_string(u.deg, sep=":", precision=2, pad=True, alwayssign=True)
    text = f"{hours} {degrees}" if sexagesimal else f"RA, Dec = {ra:.5f}, {dec:+.5f}"
    [reading] = positions_in(f"The source is at {text} (J2000).")
    assert reading.values["dec_deg"] == pytest.approx(dec, abs=1e-5)
    assert (reading.values["ra_deg"] - ra + 180) % 360 - 180 == pytest.approx(0, abs=5e-5)


def test_errors_of_a_position_are_no_part_of_it() -> None:
    [reading] = positions_in("RA: 163.83 (+2.60 / -2.02 deg, 90%) J2000\nDec: +31.83 (+1.79 / - 2.13 deg) J2000")
    assert reading.values == {"ra_deg": 163.83, "dec_deg": 31.83}


def test_a_magnitude_may_end_a_sentence() -> None:
    assert [one.values["mag"] for one in magnitudes_in("We see i ~ 20.5. Later it has r = 21.25.")] == [20.5, 21.25]


def test_magnitudes_are_read_in_a_list_with_their_errors() -> None:
    text = "The L-band AB magnitudes are 20.34 +/- 0.16, 20.18 +/- 0.11, and 20.03 +/- 0.10, rising by 3.3 +/- 2.0 mag/day."
    assert [(one.values["filter"], one.values["mag"], one.values["magerr"]) for one in magnitudes_in(text)] == [
        ("L", 20.34, 0.16), ("L", 20.18, 0.11), ("L", 20.03, 0.1)
    ]  # fmt: skip


def test_the_command_tells_numbers_with_their_sentences(shared: Path) -> None:
    [found] = skyhub("circular", "read", shared / "gcn" / "circulars" / "34285.json")["circulars"]
    assert found["names"][0] == "GRB 230728A"
    first = found["magnitudes"][0]
    assert (first["filter"], first["mag"], first["is_limit"]) == ("r", 24.2, True)
    assert "down to upper limits of r > 24.2 mag (5-sigma)" in first["sentence"]
    assert first["line"] == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "r = 19.64",
        "2023-13-45 25:61:00",
        "at 04:26:55 UT",
        "from 60170.1234 to 60170.2345",
        "SDSS 157072858562487290.5",
    ],
)
def test_a_sentence_without_one_time_tells_none(text: str) -> None:
    assert time_in(text) is None


@given(st.integers(45_000 * 86_400, 61_999 * 86_400))
def test_a_time_is_the_same_however_it_is_written(seconds: int) -> None:
    mjd = seconds / 86_400
    iso = Time(mjd, format="mjd", scale="utc").isot[:19]
    for text in (f"{mjd:.6f}", f"JD {mjd + 2_400_000.5:.6f}", iso, iso.replace("T", " ")):
        assert time_in(f"| {text} | r | 20.25 |") == pytest.approx(mjd, abs=1.2e-5)
