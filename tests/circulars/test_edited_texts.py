"""Texts that people edit: carried over to a new run, compared line by line, their numbers beside the facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import (
    CONFLICT_MARKS,
    HandNumber,
    compare_texts,
    lint,
    merge_texts,
    numbers_by_hand,
    read_circular,
)

BASE = """\
A. Author (Institute) reports:

We searched the 90% credible region (666 deg2) of the bayestar map for candidate
counterparts. Two candidates were found, and one object was rejected by eye.

Name         | Filter | Magnitude
----------------------------------
ZTF26aaaaaaa | r      | 19.62+/-0.05
"""
NEW = BASE.replace("Two candidates were found", "Three candidates were found").replace("19.62", "19.58")

_line = st.sampled_from(
    ["a", "b", "c", "", "A long line that is full of words and is at last folded, as prose is.", "x | 1 | 2"]
)
_text = st.lists(_line, max_size=7).map("\n".join)


def test_a_sentence_that_was_added_stays_in_a_paragraph_that_has_changed() -> None:
    edited = BASE.replace("by eye.\n", "by eye. Spectra are\nencouraged.\n")
    merged = merge_texts(BASE, edited, NEW)
    assert merged.conflicts == ()
    assert " ".join(merged.text.split()) == " ".join(NEW.replace("by eye.", "by eye. Spectra are encouraged.").split())
    assert max(map(len, merged.text.splitlines())) <= 80


def test_what_both_have_changed_is_for_a_person_to_choose_and_blocks_the_linter() -> None:
    edited = BASE.replace("19.62+/-0.05", "19.60+/-0.05")
    merged = merge_texts(BASE, edited, NEW)
    [(mine, theirs)] = merged.conflicts
    assert ("19.60" in mine, "19.58" in theirs) == (True, True)
    assert [line for line in merged.text.splitlines() if line in CONFLICT_MARKS] == list(CONFLICT_MARKS)
    assert "Three candidates" in merged.text
    findings = lint(read_circular(f"SUBJECT: GRB 230812B: limits\n\n{merged.text}".encode()))
    assert [f.severity for f in findings if f.rule == "conflict"] == ["error"] * 3


@given(_text, _text)
def test_one_side_alone_never_clashes(base: str, other: str) -> None:
    words = other.split()
    for merged in (merge_texts(base, other, base), merge_texts(base, base, other), merge_texts(base, other, other)):
        assert (merged.conflicts, merged.text.split()) == ((), words)


@given(_text, _text, _text)
def test_nothing_that_one_side_wrote_is_lost(base: str, edited: str, new: str) -> None:
    merged = merge_texts(base, edited, new)
    written = set(merged.text.split())
    for side, other in ((edited, new), (new, edited)):
        assert set(side.split()) - set(base.split()) - set(other.split()) <= written


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("19.62+/-0.05", "19.52+/-0.05", ("19.62+/-0.05", "19.52+/-0.05", False)),
        ("19.62+/-0.05", "19.58+/-0.04", ("19.62+/-0.05", "19.58+/-0.04", True)),
        ("(666 deg2)", "(700 deg2)", ("666", "700", False)),
        ("(666 deg2)", "(665.97 deg2)", ("666", "665.97", True)),
        ("90% credible", "95% credible", ("90%", "95%", True)),
        ("rejected by eye.", "rejected by 2 scanners.", (None, "2", True)),
        ("90% credible", "credible", ("90%", None, False)),
    ],
)
def test_a_number_that_was_changed_by_hand_is_marked(
    was: str, now: str, expected: tuple[str | None, str | None, bool]
) -> None:
    facts = {
        "photometry": [{"mag": 19.5834, "magerr": 0.041}],
        "area": 665.97,
        "level": 0.95,
        "scanners": 2,
        "queries": {"n": 700},
    }
    [found] = numbers_by_hand(BASE, BASE.replace(was, now), facts)
    assert (found.was, found.now, found.in_facts) == expected


def test_names_are_no_numbers_and_an_unchanged_text_has_none_by_hand() -> None:
    assert numbers_by_hand(BASE, BASE, {}) == []
    assert numbers_by_hand(BASE, BASE.replace("ZTF26aaaaaaa", "ZTF26aaaaaab"), {}) == []
    assert numbers_by_hand("", "2026-11-22T03:00:00 UT", {"t0": "2026-11-22T03:00:00.123"}) == [
        HandNumber(1, None, "2026-11-22T03:00:00", True)
    ]


@given(_text, _text)
def test_the_lines_of_a_comparison_are_both_texts(was: str, now: str) -> None:
    lines = compare_texts(was, now)
    assert [line.text for line in lines if line.change != "added"] == was.splitlines()
    assert [line.text for line in lines if line.change != "removed"] == now.splitlines()
