"""A circular of observations says what was covered: sentences and numbers follow from the facts, and the linter finds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import ObservationFacts, ObservedBand, lint, observations_draft, read_circular
from skyhub.errors import InvalidInput

T0 = datetime(2023, 5, 18, 12, 59, 8, tzinfo=UTC)
BANDS = [
    ObservedBand("ZTF", "ztfr", 2, 60.0, 94.0, 0.25, 20.5),
    ObservedBand("ZTF", "ztfg", 1, 30.0, 47.0, 0.125, 21.25),
]
FACTS = ObservationFacts(
    event="LIGO/Virgo/KAGRA S230518h", t0=T0, localization="bayestar.fits", level=0.9, region_area_deg2=460.0,
    until=T0 + timedelta(days=3), authors=["L. Kovács (Ondřejov)"], bands=BANDS, instruments=["ZTF"], n_images=3,
    n_pointings=2, first=T0 + timedelta(hours=12), last=T0 + timedelta(days=1), exposure_s=90.0, area_deg2=94.0,
    area_inside_deg2=80.5, probability=0.25, probability_twice=0.125,
)  # fmt: skip
ONE = {"bands": BANDS[1:], "n_images": 1, "n_pointings": 1, "exposure_s": 30.0, "last": FACTS.first}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"authors": []}, "no author"),
        ({"bands": [], "n_images": 0, "first": None, "last": None}, "one at least is needed. Bring a log in"),
        ({"bands": [], "n_images": 0, "first": None, "unmapped": ["DBSP"]}, "footprints of DBSP are not known"),
        ({"n_images": 2}, "3 images and 2 are there"),
        ({"bands": [replace(BANDS[0], instrument="a very long name of a telescope and a camera")]}, "columns wide"),
    ],
)
def test_nothing_is_written_without_authors_or_images(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        observations_draft(replace(FACTS, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "we took three images with ZTF at two pointings, with a total exposure time of 90 s, between 2023-05-18 12:59:08 UTC"),
        ({}, "The first began 0.500 d after T0, at 2023-05-19 00:59:08 UTC, and the last 1.00 d after T0"),
        ({}, "cover 25.0% of the probability of the localization bayestar.fits, and 80.5 of the 460 deg2 of its 90% credible"),
        ({}, "12.5% of the probability was covered at least twice."),
        ({"area_inside_deg2": 4145.2, "region_area_deg2": 10183.4}, "4145 of the 10183 deg2"),
        (ONE, "we took one image with ZTF at one pointing, with"),
        (ONE, "It began 0.500 d after T0"),
        (ONE, "The footprint has an area of 94 deg2, in which gaps between detectors are not counted. It covers 25.0% of"),
        ({"probability": 0.0, "probability_twice": 0.0}, "None of the probability of the localization bayestar.fits was covered."),
        ({"probability": 0.0004, "probability_twice": 0.0}, "They cover less than 0.1% of"),
        ({"probability_twice": 0.0}, "No part was covered twice."),
        ({"n_images": 5}, "Of two images the filter is not known."),
        ({"unmapped": ["DBSP", "KAST"]}, "Images of DBSP and KAST are left out, as it is not known what they cover."),
        ({"bands": [replace(BANDS[0], depth=None, n_images=3)]}, "How deep the images are is not known."),
        ({"retracted": True}, "S230518h has since been retracted."),
        ({"references": [("A. Author et al.", 33816)]}, "S230518h (A. Author et al., GCN Circ. 33816) we took"),
    ],
)  # fmt: skip
def test_sentences_follow_from_the_facts(changes: dict[str, object], sentence: str) -> None:
    draft = observations_draft(replace(FACTS, **changes))  # type: ignore[arg-type]
    assert lint(read_circular(draft.text().encode())) == []
    assert sentence in " ".join(draft.body.split())


def test_the_subject_names_few_instruments_and_counts_many() -> None:
    assert observations_draft(FACTS).subject == "LIGO/Virgo/KAGRA S230518h: observations with ZTF"
    many = observations_draft(replace(FACTS, instruments=["ZTF", "DECam", "KAIT", "WINTER"], retracted=True))
    assert many.subject == "LIGO/Virgo/KAGRA S230518h (retracted): observations with four instruments"


def test_the_table_has_a_row_of_each_instrument_and_filter() -> None:
    bands = [*BANDS, ObservedBand("DECam", "i", 4, 0.0, 10.04, 0.01)]
    draft = observations_draft(replace(FACTS, bands=bands, n_images=7))
    rows = [[cell.strip() for cell in line.split("|")] for line in draft.body.splitlines() if " | " in line]
    assert rows[1:] == [
        ["DECam", "i", "4", "-", "10.04", "1.0%", "-"],
        ["ZTF", "ztfg", "1", "30", "47", "12.5%", "> 21.25"],
        ["ZTF", "ztfr", "2", "60", "94", "25.0%", "> 20.50"],
    ]
    assert "Depths are 5-sigma limiting magnitudes in the AB system" in " ".join(draft.body.split())


@given(
    st.lists(st.tuples(st.integers(1, 10**5), st.floats(0, 1e7), st.none() | st.floats(10, 28)), max_size=6),
    st.integers(1, 90),
    st.floats(0, 1),
    st.floats(0, 41253),
    st.lists(st.sampled_from(["DBSP", "KAST"]), unique=True),
)
def test_whatever_was_observed_the_linter_finds_nothing(
    measured: list[tuple[int, float, float | None]], more: int, probability: float, area: float, unmapped: list[str]
) -> None:
    bands = [ObservedBand("ZTF", "ztfi", n, seconds, area, probability, depth) for n, seconds, depth in measured]
    facts = replace(
        FACTS, bands=bands, n_images=sum(band.n_images for band in bands) + more, probability=probability,
        probability_twice=probability / 2, area_deg2=area, unmapped=unmapped,
    )  # fmt: skip
    assert lint(read_circular(observations_draft(facts).text().encode())) == []
