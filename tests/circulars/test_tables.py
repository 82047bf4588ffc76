"""Magnitudes in tables are those below heads that say so, whatever stands between the columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import magnitudes_in

ROWS = (("60171.97", "i", "20.50", "0.05"), ("60171.99", "z", "17.90", "0.10"))
SEPARATORS = pytest.mark.parametrize("between", ["   ", "\t", " | ", " , ", " "])


def values(body: str) -> list[tuple[str | None, float, float | None, bool]]:
    found = [reading.values for reading in magnitudes_in(body)]
    return [(one["filter"], one["mag"], one["magerr"], one["is_limit"]) for one in found]


@pytest.mark.parametrize(
    "body",
    [
        "MJD  Filter  Exposure\n60171.97  i  20.5",
        "Mag  Err",
        "The magnitude of the source  20.5  is not told",
        "MJD  Mag\n\n\nWe thank all of the staff.\n60171.97  20.5",
        "MJD  Mag\n60171.97  99.0\n60171.97  n/d",
        "ID  z  Host\n7  20.5  none",
    ],
)
def test_nothing_is_read_where_no_head_says_what_it_is(body: str) -> None:
    assert values(body) == []


@SEPARATORS
def test_columns_are_those_of_the_head(between: str) -> None:
    body = "\n".join(between.join(row) for row in (("MJD", "Filter", "Mag", "Err"), *ROWS))
    assert values(body) == [("i", 20.5, 0.05, False), ("z", 17.9, 0.1, False)]


@SEPARATORS
def test_limits_are_told_by_the_head_or_by_the_value(between: str) -> None:
    rows = (("MJD", "Filter", "Maglimit"), *(row[:3] for row in ROWS))
    assert values("\n".join(map(between.join, rows))) == [("i", 20.5, None, True), ("z", 17.9, None, True)]
    assert values("\n".join(map(between.join, (("MJD", "Filter", "Mag"), ("60171.97", "i", ">20.5"))))) == [
        ("i", 20.5, None, True)
    ]


@pytest.mark.parametrize(
    ("head", "row", "found"),
    [
        ("UT  r'(AB-mag)  i'(AB-mag)", "19:41  20.47 (0.10)  >21.45", [("r'", 20.47, 0.1, False), ("i'", 21.45, None, True)]),
        ("Start T0+   End T0+   R lim", "1660 min   1735 min   20", [("R", 20.0, None, True)]),
        ("UT_start   exp, s   Rmag +/- err", "23:32:18   60   17.79 +/- 0.06", [("R", 17.79, 0.06, False)]),
        ("Tmid-T0 | Site |Filt.| Expt. | Limit| Comment", "42 | SAAO | P| | 10 | 16.3 |", [("P", 16.3, None, True)]),
        ("t-T0  Filter  OT  Err.  UL(3sigma)", "1.038  R  20.25  0.05  23.3", [("R", 20.25, 0.05, False), ("R", 23.3, None, True)]),
        ("T-T0 | Filter | Mag | Mag.Lim. (5sig AB)", "1.425 | Ic | -- | 18.6", [("Ic", 18.6, None, True)]),
        ("JD Mag Filter", "2460181.317 13.69 V", [("V", 13.69, None, False)]),
    ],
)  # fmt: skip
def test_heads_of_all_sorts(head: str, row: str, found: list[tuple[str, float, float | None, bool]]) -> None:
    assert values(f"Photometry follows.\n\n{head}\n\n{row}\n\nIt is calibrated.") == found


@given(st.floats(8, 29.99), st.floats(0.01, 0.99), st.sampled_from(["g", "r'", "Ic", "white"]))
def test_a_row_is_read_as_it_is_written(mag: float, error: float, name: str) -> None:
    body = f"JD | Filter | Magnitude (AB)\n2460181.3 | {name} | {mag:.2f} +/- {error:.2f}"
    assert values(body) == [(name, round(mag, 2), round(error, 2), False)]


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    for reading in magnitudes_in(f"MJD  Filter  Mag\n{text}"):
        assert 8 <= reading.values["mag"] <= 30
        assert 1 <= reading.line <= len(text.splitlines()) + 1
