"""What is written follows from the facts, is plain text of 80 columns, and our own linter finds nothing in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import (
    Candidate,
    Draft,
    Point,
    SearchFacts,
    chosen,
    lint,
    parse_columns,
    parse_span,
    read_circular,
    search_draft,
)
from skyhub.errors import InvalidInput

T0 = datetime(2023, 5, 18, 12, 59, 8, tzinfo=UTC)
ONE = Candidate(
    "AT 2023abc",
    150.12345,
    -2.5,
    0.423,
    0.03,
    [Point(T0 + timedelta(days=1), "ztfr", 19.6432, 0.052), Point(T0, "ztfg", 20.5)],
)
FACTS = SearchFacts(
    event="LIGO/Virgo/KAGRA S230518h", t0=T0, localization="bayestar.multiorder.fits,1", area_deg2=1002.33, level=0.9,
    until=T0 + timedelta(days=3), authors=["L. Kovács (Ondřejov)", "A. Author (Institute)"],
    collaboration="skyhub collaboration", references=[("LIGO/Virgo/KAGRA Collaborations", 33816)],
)  # fmt: skip


def _checked(draft: Draft) -> str:
    text = draft.text()
    assert lint(read_circular(text.encode())) == []
    assert text.isascii()
    assert max(map(len, draft.body.splitlines())) <= 80
    return text


def test_without_authors_or_with_a_table_too_wide_nothing_is_written() -> None:
    with pytest.raises(InvalidInput, match="no author"):
        search_draft(replace(FACTS, authors=[]))
    with pytest.raises(InvalidInput, match="columns wide"):
        search_draft(replace(FACTS, candidates=[replace(ONE, name="x" * 60)]))


@pytest.mark.parametrize(
    ("changes", "subject", "sentence"),
    [
        ({}, "no candidate counterparts", "No candidate counterpart was found."),
        ({"candidates": [ONE]}, "one candidate counterpart", "We find one candidate counterpart:"),
        ({"candidates": [ONE] * 12}, "12 candidate counterparts", "We find 12 candidate counterparts:"),
        ({"limits": [Point(T0, "ztfr", 20.5)]}, "upper limits", "The 5-sigma upper limits are:"),
        ({"n_rejected": 1}, "no candidate", "one object was rejected."),
        ({"retracted": True}, "retracted event", "S230518h has since been retracted. No candidate"),
        (
            {"retracted": True, "candidates": [ONE]},
            "retracted",
            "had found one object, no longer considered a candidate counterpart:",
        ),
        (
            {"candidates": [ONE] * 2, "n_found": 3},
            "two cand",
            "three candidate counterparts, of which two are reported here:",
        ),
        (
            {
                "n_rejected": 3,
                "reasons": [("AT 2023x", "AGN."), ("AT 2023y", "dwarf nova; S. Author et al., GCN Circ. 33820")],
            },
            "no candidate",
            "were rejected: AT 2023x (AGN), AT 2023y (dwarf nova; S. Author et al., GCN Circ. 33820) and one other.",
        ),
        (
            {"n_rejected": 1, "reasons": [("AT 2023x", "AGN")]},
            "no candidate",
            "one object was rejected: AT 2023x (AGN).",
        ),
        (
            {"candidates": [ONE], "n_found": 3},
            "one cand",
            "We find three candidate counterparts, of which one is reported here:",
        ),
        (
            {"candidates": [ONE], "instruments": ["ZTF", "LT"]},
            "one cand",
            "The photometry by ZTF and LT in the filters",
        ),
        (
            {"since": T0 - timedelta(hours=1)},
            "no candidate",
            "between 2023-05-18 11:59:08 UTC and 2023-05-21 12:59:08 UTC.",
        ),
    ],
)
def test_sentences_follow_from_the_facts(changes: dict[str, object], subject: str, sentence: str) -> None:
    draft = search_draft(replace(FACTS, **changes))  # type: ignore[arg-type]
    _checked(draft)
    assert subject in draft.subject
    assert sentence in " ".join(draft.body.split())


def test_numbers_are_those_of_the_facts() -> None:
    lines = _checked(search_draft(replace(FACTS, candidates=[ONE], acknowledgements=["We thank all."]))).splitlines()
    assert lines[0] == "SUBJECT: LIGO/Virgo/KAGRA S230518h: one candidate counterpart"
    assert lines[2] == "L. Kovacs (Ondrejov) and A. Author (Institute) report on behalf of the skyhub"
    assert "AT 2023abc | 150.12345       | -2.50000         | 42.3% | 0.03" in lines
    assert "AT 2023abc | 2023-05-19 12:59:08 | 1.00     | ztfr   | 19.64 +/- 0.05" in lines
    assert "AT 2023abc | 2023-05-18 12:59:08 | 0.000    | ztfg   | > 20.50" in lines
    assert "(1002 deg2)" in " ".join(lines)
    assert "(LIGO/Virgo/KAGRA Collaborations, GCN Circ. 33816)" in " ".join(lines)
    assert lines[-1] == "We thank all."


@pytest.mark.parametrize("text", ["", "time, filter", "magnitude, colour"])
def test_columns_that_tell_no_magnitude_or_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="name, time, mjd, days, filter, magnitude, instrument are permitted"):
        parse_columns(text)


def test_columns_are_those_that_were_chosen() -> None:
    ours = replace(ONE, points=[replace(ONE.points[0], instrument="ZTF")])
    facts = replace(FACTS, candidates=[ours], columns=parse_columns("mjd, magnitude, instrument,filter"))
    lines = _checked(search_draft(facts)).splitlines()
    assert "MJD (UTC)   | Magnitude (AB) | Instrument | Filter" in lines
    assert "60083.54106 | 19.64 +/- 0.05 | ZTF        | ztfr" in lines


def test_names_that_were_not_found_are_refused_and_the_others_come_in_their_order() -> None:
    found = [{"object_id": name, "n": n} for n, name in enumerate("abca")]
    with pytest.raises(InvalidInput, match="d is none of what was found: a, b, c"):
        chosen(found, "a, d")
    assert [record["n"] for record in chosen(found, "c,a")] == [2, 0, 3]
    assert chosen(found, " ") == found


@pytest.mark.parametrize(
    ("begin", "end"), [("yesterday", ""), ("", "2023-05-18T12:59:08"), ("2023-05-20", "2023-05-19")]
)
def test_spans_that_are_none_are_refused(begin: str, end: str) -> None:
    with pytest.raises(InvalidInput, match="is permitted"):
        parse_span(begin, end, T0, 3)


def test_a_span_begins_at_the_event_and_times_are_utc() -> None:
    assert parse_span("", "", T0, 3) == (T0, T0 + timedelta(days=3))
    assert parse_span("2023-05-20T02:00:00+02:00", "", T0, 1)[1] == datetime(2023, 5, 21, tzinfo=UTC)


@given(
    st.lists(st.floats(10, 25), max_size=5),
    st.floats(0.01, 0.99),
    st.integers(0, 200),
    st.booleans(),
    st.integers(0, 4),
)
def test_whatever_is_found_the_linter_finds_nothing(
    mags: list[float], level: float, n_rejected: int, retracted: bool, n_candidates: int
) -> None:
    points = [Point(T0 + timedelta(hours=i), "ztfr", mag, None if i % 2 else 0.1) for i, mag in enumerate(mags)]
    found = [replace(ONE, name=f"ZTF23abcd{chr(97 + i)}", points=points) for i in range(n_candidates)]
    facts = replace(FACTS, level=level, n_rejected=n_rejected, retracted=retracted, candidates=found)
    draft = search_draft(facts)
    assert [f for f in lint(read_circular(draft.text().encode())) if f.rule != "body-long"] == []


def test_beside_a_real_circular_it_says_the_same(shared: Path) -> None:
    """GCN Circ. 34681 found one candidate, GOTO23akf, with L = 19.22 +/- 0.10 at 1.17 h."""
    real = read_circular((shared / "gcn" / "circulars" / "34681.json").read_bytes())
    assert "GOTO23akf | 03:50:00.51 | -29:49:30.66 | L | 19.22 +/- 0.10 | 1.17" in real.body
    point = Point(T0 + timedelta(hours=1.17), "L", 19.22, 0.10)
    candidate = Candidate("GOTO23akf", 57.502125, -29.825183, 0.9, None, [point])
    text = _checked(search_draft(replace(FACTS, event="GRB 230911A", candidates=[candidate])))
    assert "GOTO23akf | 57.5021" in text
    assert "19.22 +/- 0.10" in text
