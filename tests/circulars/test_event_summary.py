"""The summary of an event has the sections of which there is something, in their order, and the linter finds no error."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import (
    Candidate,
    Circular,
    Galaxy,
    Point,
    SummaryFacts,
    SummarySource,
    event_summary,
    lint,
    read_circular,
)
from skyhub.errors import InvalidInput

T0 = datetime(2023, 5, 18, 12, 59, 8, tzinfo=UTC)
POINTS = [Point(T0 + timedelta(days=1), "ztfr", 19.6432, 0.052), Point(T0, "ztfg", 20.5)]
KEPT = SummarySource(Candidate("ZTF23aa", 150.12345, -2.5, 0.423, 0.03, POINTS), "confirmed", "2023abc", "blue | hot")
REJECTED = SummarySource(Candidate("ZTF23bb", 151.0, -2.0, 0.5), "rejected", None, "moves")
FACTS = SummaryFacts(
    event="LIGO/Virgo/KAGRA S230518h", t0=T0, written_at=T0 + timedelta(days=3), localization="bayestar.fits,1",
    area_deg2=1002.33, level=0.9, authors=["L. Kovács (Ondřejov)", "A. Author (Institute)"],
)  # fmt: skip
EVERYTHING = replace(
    FACTS, sources=[KEPT, REJECTED], galaxies=[Galaxy("NGC 1", 10.0, 20.0, 0.25, 40.0)], acknowledgements=["We thank."]
)


def _read(facts: SummaryFacts) -> Circular:
    circular = read_circular(event_summary(facts).text().encode())
    assert [found for found in lint(circular) if found.severity == "error"] == []
    return circular


def test_without_authors_nothing_is_written() -> None:
    with pytest.raises(InvalidInput, match="no author"):
        event_summary(replace(FACTS, authors=[]))


@pytest.mark.parametrize(
    ("changes", "subject", "sentence"),
    [
        ({}, "summary of no sources", "We found no sources in the 90% credible region (1002 deg2)"),
        ({"sources": [KEPT]}, "summary of one source", "We found one source in the 90% credible region"),
        ({"sources": [KEPT, REJECTED]}, "two sources", "bayestar.fits,1, 1 of which has been rejected."),
        ({"sources": [REJECTED] * 2}, "two sources", "bayestar.fits,1, 2 of which have been rejected."),
        ({"retracted": True}, "S230518h (retracted): summary", "It has since been retracted."),
        ({"references": [("A. Author", 33816)]}, "summary", "S230518h (A. Author, GCN Circ. 33816) was at 2023-05-18"),
    ],
)
def test_sentences_follow_from_the_facts(changes: dict[str, object], subject: str, sentence: str) -> None:
    circular = _read(replace(FACTS, **changes))  # type: ignore[arg-type]
    assert subject in circular.subject
    assert sentence in " ".join(circular.body.split())


def test_sections_stand_in_their_order_with_the_numbers_of_the_facts() -> None:
    circular = _read(EVERYTHING)
    assert (circular.submitter, circular.created_at) == ("L. Kovacs (Ondrejov)", T0 + timedelta(days=3))
    lines = circular.body.splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "### Sources",
        "### Rejected sources",
        "### Photometry of ZTF23aa",
        "### Galaxies",
    ]
    assert r"| ZTF23aa | 2023abc | 150.12345 | -2.50000 | 0.03 | 42.3% | confirmed | blue \| hot |" in lines
    assert "| ZTF23bb |  | 151.00000 | -2.00000 |  | 50.0% | rejected | moves |" in lines
    assert "| 2023-05-19 12:59:08 | 1.00 | 19.64 +/- 0.05 | ztfr |" in lines
    assert "| 2023-05-18 12:59:08 | 0.000 | > 20.50 | ztfg |" in lines
    assert "| NGC 1 | 10.00000 | +20.00000 | 40.0 | 25.00% |" in lines
    assert lines[-1] == "We thank."
    assert "###" not in _read(FACTS).body


@given(st.lists(st.sampled_from([KEPT, REJECTED]), max_size=4), st.floats(0.01, 0.99), st.booleans())
def test_whatever_there_is_the_linter_finds_no_error(
    sources: list[SummarySource], level: float, retracted: bool
) -> None:
    _read(replace(FACTS, sources=sources, level=level, retracted=retracted))
