"""A circular of a classification says what spectra show: sentences follow from the facts, and the linter finds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import (
    ClassificationFacts,
    ClassifiedAs,
    Host,
    Line,
    MeasuredRedshift,
    TakenSpectrum,
    classification_draft,
    lint,
    parse_lines,
    read_circular,
)
from skyhub.errors import InvalidInput

T0 = datetime(2023, 5, 18, 12, 59, 8, tzinfo=UTC)
FIRST = TakenSpectrum(T0 + timedelta(hours=12), "DBSP", "P200", 900.0, (3400.0, 10500.0))
LATER = TakenSpectrum(T0 + timedelta(days=1), "KAST")
FACTS = ClassificationFacts(
    event="LIGO/Virgo/KAGRA S230518h", t0=T0, name="ZTF23abcdefg", ra_deg=150.12345, dec_deg=-2.5,
    authors=["L. Kovács (Ondřejov)"], spectra=[FIRST], classified=ClassifiedAs("SN Ia", 0.95, origin="SNID"),
    redshift=MeasuredRedshift(0.11, 0.001, "spectroscopic"), lines=[Line("Ca II K", 3933.66)],
)  # fmt: skip
HOST = Host("NGC 1", 3.25, "NED", 0.1102)


@pytest.mark.parametrize("text", ["H-alpha", "6562.8", "H-alpha red", "H-alpha -3", "H-alpha 0"])
def test_lines_without_a_name_or_wavelength_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no line"):
        parse_lines(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"authors": []}, "no author"),
        ({"spectra": []}, "no spectrum of ZTF23abcdefg"),
        ({"redshift": None}, "no redshift of a spectrum"),
        ({"redshift": MeasuredRedshift(0.1, None, "photometric")}, "no redshift of a spectrum"),
        (
            {"redshift": MeasuredRedshift(2.0, None, "host")},
            "Ca II K would be at 11801 Angstrom, where no spectrum reaches",
        ),
    ],
)
def test_nothing_is_written_of_what_spectra_do_not_show(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        classification_draft(replace(FACTS, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "we took one spectrum with DBSP on P200 of ZTF23abcdefg (RA = 150.12345, Dec = -2.50000 deg, J2000). The time"),
        ({}, "The exposure began at 2023-05-19 00:59:08 UTC, 0.500 d after T0, with an exposure time of 900 s. It covers 3400 to"),
        ({"spectra": [FIRST, LATER]}, "After LIGO/Virgo/KAGRA S230518h we took two spectra with"),
        ({"spectra": [FIRST, LATER]}, "with DBSP on P200 and KAST of ZTF23abcdefg"),
        ({}, "We classify ZTF23abcdefg as an SN Ia, with a probability of 95% (by SNID)."),
        ({"classified": ClassifiedAs("Kilonova", None, True)}, "ZTF23abcdefg is classified by a program as a Kilonova."),
        ({"classified": None}, "We give no classification of ZTF23abcdefg."),
        ({"matches": ["SN 2011fe at 3 days"]}, "The best match is SN 2011fe at 3 days."),
        ({"matches": ["SN 2011fe", "SN 1994D"]}, "The best match is SN 2011fe, followed by SN 1994D."),
        ({}, "The redshift is z = 0.11 +/- 0.001. It rests on the line Ca II K at 4366 Angstrom (observed wavelengths)."),
        ({"lines": [Line("Ca II K", 3933.66), Line("Ca II H", 3968.47)]}, "the lines Ca II K at 4366 Angstrom and Ca II H at 4405"),
        ({"redshift": MeasuredRedshift(0.05, None, "host")}, "The redshift of its host is z = 0.05. It rests"),
        ({"lines": [], "redshift": MeasuredRedshift(0.05, 0.0, "photometric")}, "The photometric redshift is z = 0.05."),
        ({"lines": [], "redshift": None}, "No redshift was measured."),
        ({"host": HOST}, "Its host is probably NGC 1 (NED), 3.2 arcsec away, which has z = 0.1102 there."),
        ({"host": replace(HOST, redshift=None)}, "NGC 1 (NED), 3.2 arcsec away."),
        ({"level": 0.423}, "J2000), which is at the 42.3% credible level of the event's localization. The"),
        ({"retracted": True}, "S230518h has since been retracted."),
        ({"references": [("A. Author et al.", 33816)]}, "S230518h (A. Author et al., GCN Circ. 33816) we took"),
    ],
)  # fmt: skip
def test_sentences_follow_from_the_facts(changes: dict[str, object], sentence: str) -> None:
    draft = classification_draft(replace(FACTS, **changes))  # type: ignore[arg-type]
    assert lint(read_circular(draft.text().encode())) == []
    assert sentence in " ".join(draft.body.split())


def test_the_subject_tells_the_class_if_there_is_one() -> None:
    assert (
        classification_draft(FACTS).subject == "LIGO/Virgo/KAGRA S230518h: classification of ZTF23abcdefg as an SN Ia"
    )
    none = classification_draft(replace(FACTS, classified=None, retracted=True))
    assert none.subject == "LIGO/Virgo/KAGRA S230518h (retracted): spectroscopy of ZTF23abcdefg"


def test_several_spectra_are_listed_in_order_of_time() -> None:
    draft = classification_draft(replace(FACTS, spectra=[LATER, FIRST]))
    rows = [[cell.strip() for cell in line.split("|")] for line in draft.body.splitlines() if " | " in line]
    assert rows[1:] == [
        ["2023-05-19 00:59:08", "0.500", "DBSP", "900", "3400 - 10500"],
        ["2023-05-19 12:59:08", "1.00", "KAST", "-", "-"],
    ]


@given(
    st.lists(st.sampled_from([FIRST, LATER, TakenSpectrum(T0)]), min_size=1, max_size=4),
    st.none() | st.builds(ClassifiedAs, st.sampled_from(["SN IIb", "AGN"]), st.none() | st.floats(0, 1), st.booleans()),
    st.none()
    | st.builds(
        MeasuredRedshift, st.floats(-0.1, 20), st.none() | st.floats(0, 1), st.sampled_from(["host", "photometric"])
    ),
    st.none() | st.builds(Host, st.just("NGC 1"), st.floats(0, 1000), st.just("NED"), st.none() | st.floats(0, 6)),
    st.none() | st.floats(0, 1),
)
def test_whatever_was_found_the_linter_finds_nothing(
    spectra: list[TakenSpectrum],
    classified: ClassifiedAs | None,
    redshift: MeasuredRedshift | None,
    host: Host | None,
    level: float | None,
) -> None:
    facts = replace(
        FACTS, spectra=spectra, classified=classified, redshift=redshift, host=host, level=level, lines=[]
    )  # fmt: skip
    assert lint(read_circular(classification_draft(facts).text().encode())) == []
