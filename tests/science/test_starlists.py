"""Starlists: what is refused, the documented forms, names that the telescopes can tell apart."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.starlists import FORMATS, StarlistEntry, starlist

TARGET = StarlistEntry("ZTF26abcdefg", 10.0, 20.0, comment="priority 1", priority=1)
STAR = StarlistEntry("ZTF26abcdefg", 10.01, -0.005, 14.2, (-30.204, 40.114), "Gaia 1, 50.2 arcsec", suffix="_o1")
KECK = re.compile(
    r"(?P<name>.{15}) (?P<ra>\d\d \d\d \d\d\.\d+) (?P<dec>[+-]\d\d \d\d \d\d\.\d+) 2000\.0"
    r"(?P<keys>( [a-z]+=\S+)*)(?P<comment> # .*)?"
)


def test_a_format_must_be_known() -> None:
    with pytest.raises(InvalidInput, match="keck, p200, p200-ngps, shane"):
        starlist([TARGET], "gemini")  # type: ignore[arg-type]


def test_keck() -> None:
    target, star = (KECK.fullmatch(line) for line in starlist([TARGET, STAR], "keck").splitlines())
    assert target
    assert star
    assert (target["name"].strip(), target["ra"], target["dec"]) == ("ZTF26abcdefg", "00 40 00.000", "+20 00 00.00")
    assert (target["keys"], target["comment"]) == ("", " # priority 1")
    assert star["name"].strip() == "ZTF26abcdefg_o1"
    assert star["dec"] == "-00 00 18.00"
    assert star["keys"].split() == ["raoffset=-30.20", "decoffset=40.11", "vmag=14.20"]


def test_shane_begins_with_its_columns() -> None:
    head, _, star = starlist([TARGET, STAR], "shane").splitlines()
    assert head.startswith("!Data {name %16} ra_h ra_m ra_s dec_d dec_m dec_s equinox keyval {comment *}")
    assert "raoffset=-30.20 decoffset=40.11 # Gaia 1" in star


def test_palomar_takes_no_offsets_but_is_told_of_them() -> None:
    target, star = starlist([TARGET, STAR], "p200").splitlines()
    assert target == "ZTF26abcdefg       00:40:00.000 +20:00:00.00 2000.0 ! priority 1"
    assert star.split(" ! ")[1] == "offset -30.20 E 40.11 N arcsec, mag 14.20, Gaia 1, 50.2 arcsec"


def test_ngps_is_a_table() -> None:
    target, star = csv.DictReader(io.StringIO(starlist([TARGET, STAR], "p200-ngps")))
    assert (target["RA"], target["DECL"], target["PRIORITY"], target["OFFSET_RA"]) == (
        "00:40:00.000", "+20:00:00.00", "1", "",
    )  # fmt: skip
    assert (star["OFFSET_RA"], star["OFFSET_DEC"], star["MAGNITUDE"]) == ("-30.20", "40.11", "14.20")
    keys = "BINSPAT BINSPECT SLITANGLE SLITWIDTH AIRMASS_MAX WRANGE_LOW WRANGE_HIGH CHANNEL MAGNITUDE MAGFILTER EXPTIME NEXP"
    assert ",".join(target[k] for k in keys.split()) == "2,3,PA,1.5,2.5,650,680,R,18.50,R,SNR 5,1"


@given(
    names=st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=12),
    suffix=st.sampled_from(["", "_o1"]),
    format=st.sampled_from(FORMATS),
)
def test_names_fit_and_differ(names: list[str], suffix: str, format: str) -> None:
    entries = [StarlistEntry(name, 1.0, 2.0, suffix=suffix) for name in names]
    text = starlist(entries, format)  # type: ignore[arg-type]
    lines = text.splitlines()[1 if format in ("shane", "p200-ngps") else 0 :]
    length = 15 if format in ("keck", "shane") else 18
    found = [(line.split(",")[0] if format == "p200-ngps" else line[:length]).strip() for line in lines]
    assert len(found) == len(set(found)) == len(names)
    assert all(name.isascii() and 0 < len(name) <= length for name in found)
