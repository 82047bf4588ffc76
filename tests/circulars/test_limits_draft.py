"""A circular of upper limits says what was measured: sentences and numbers follow from the facts, and the linter finds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import Limit, LimitFacts, Point, limits_draft, lint, read_circular
from skyhub.errors import InvalidInput

T0 = datetime(2023, 5, 18, 12, 59, 8, tzinfo=UTC)
LIMITS = [
    Limit(T0 + timedelta(days=1), "ztfr", 20.5, 5.0),
    Limit(T0 + timedelta(hours=12), "ztfg", 21.25, 3.0),
]
FACTS = LimitFacts(
    event="LIGO/Virgo/KAGRA S230518h", t0=T0, name="ZTF23abcdefg", ra_deg=150.12345, dec_deg=-2.5,
    until=T0 + timedelta(days=3), authors=["L. Kovács (Ondřejov)"], limits=LIMITS, n_limits=2,
)  # fmt: skip
SEEN = [Point(T0 + timedelta(days=2), "ztfr", 19.5, 0.1), Point(T0 + timedelta(days=1.5), "ztfg", 20.25, 0.2)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"authors": []}, "no author"),
        ({"limits": [], "n_limits": 0}, "one at least is needed"),
        ({"n_limits": 1}, "no more than there are"),
    ],
)
def test_nothing_is_written_without_authors_or_limits(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        limits_draft(replace(FACTS, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "subject", "sentence"),
    [
        ({}, ": upper limits of ZTF23abcdefg", "No source was detected. We have two upper limits in the filters ztfr and ztfg."),
        ({"limits": LIMITS[:1], "n_limits": 1}, ": upper limits", "We have one upper limit in the filter ztfr."),
        ({"n_limits": 12}, ": upper limits", "We have 12 upper limits"),
        ({"n_limits": 12}, ": upper limits", "Of each filter and UTC day the deepest is listed:"),
        ({"detections": SEEN}, "detections and upper limits", "two times, first at ztfg = 20.25 +/- 0.20 mag (AB), 1.50 d"),
        ({"level": 0.423}, ": upper limits", "which is at the 42.3% credible level of the event's localization"),
        ({"retracted": True}, "S230518h (retracted): ", "S230518h has since been retracted."),
        ({"references": [("A. Author et al.", 33816)]}, ": upper", "(A. Author et al., GCN Circ. 33816)"),
    ],
)  # fmt: skip
def test_sentences_follow_from_the_facts(changes: dict[str, object], subject: str, sentence: str) -> None:
    draft = limits_draft(replace(FACTS, **changes))  # type: ignore[arg-type]
    assert lint(read_circular(draft.text().encode())) == []
    assert subject in draft.subject
    assert sentence in " ".join(draft.body.split())


def test_the_table_is_in_order_of_time_and_the_deepest_is_told() -> None:
    draft = limits_draft(FACTS)
    rows = [line for line in draft.body.splitlines() if " | > " in line]
    assert [[cell.strip() for cell in row.split("|")] for row in rows] == [
        ["2023-05-19 00:59:08", "0.500", "ztfg", "> 21.25", "3"],
        ["2023-05-19 12:59:08", "1.00", "ztfr", "> 20.50", "5"],
    ]
    assert "The deepest is ztfg > 21.25 mag (AB, 3 sigma), 0.500 d after T0." in " ".join(draft.body.split())


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(10, 28), st.sampled_from([3.0, 5.0])), min_size=1, max_size=8),
    st.integers(0, 90),
    st.booleans(),
    st.none() | st.floats(0, 1),
)
def test_whatever_was_measured_the_linter_finds_nothing(
    measured: list[tuple[float, float, float]], more: int, seen: bool, level: float | None
) -> None:
    limits = [Limit(T0 + timedelta(days=days), "ztfi", mag, nsigma) for days, mag, nsigma in measured]
    n_limits = len(limits) + more
    facts = replace(FACTS, limits=limits, n_limits=n_limits, detections=SEEN if seen else [], level=level)
    assert lint(read_circular(limits_draft(facts).text().encode())) == []
