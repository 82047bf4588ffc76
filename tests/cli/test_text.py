"""What commands print for people: aligned tables, numbers with units, nothing that commands a terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.cli._output import answer
from skyhub.cli._text import cell_text

SKYHUB = Path(sys.executable).parent / "skyhub"
COLOUR = re.compile(r"\x1b\[[0-9;]*[34][0-9]")
DOCUMENT = {
    "dayobs": "2026-11-21",
    "counts": {"saved": 2},
    "rows": [
        {"object_id": "ZTF26a", "ra": 8.5, "dec": -7.25, "mag": 19.23456, "drb": None, "groups": ["a", "b"]},
        {"object_id": "ZTF26bcdef", "ra": 180.0, "dec": 0.0, "mag": None, "drb": None, "groups": []},
    ],
}


def printed(document: Any, capsys: pytest.CaptureFixture[str]) -> list[str]:
    answer(document, as_json=False)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_records_are_aligned_with_units_and_without_empty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(DOCUMENT, capsys) == [
        "dayobs  2026-11-21",
        "",
        "counts",
        "saved  2",
        "",
        "object_id     ra (deg)  dec (deg)  mag (AB)  groups",
        "ZTF26a        8.500000  -7.250000    19.235  a, b",
        "ZTF26bcdef  180.000000   0.000000         –  –",
    ]


def test_a_light_curve_by_columns_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    curve = {"mjd": [61366.25], "filter": ["ztfg"], "flux": [12.345], "mag": [None]}
    assert printed({"photometry": curve}, capsys)[1:] == [
        "        mjd  filter  flux (µJy)",
        "61366.25000  ztfg         12.35",
    ]


def test_wide_tables_are_neither_folded_nor_cut_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    [head, row] = printed({"columns": [f"c{n}" for n in range(40)], "rows": [["x" * 40] * 40]}, capsys)
    assert (len(head.split()), row.split()) == (40, ["x" * 40] * 40)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("candid", 2520123456789012345, "2520123456789012345"), ("mjd", 61366.2, "61366.20000"), ("saved", True, "yes"),
        ("n", 0, "0"), ("x", 1e-9, "1e-09"), ("distance", {"value": 40.0, "error": None}, "value 40"), ("note", "", "–"),
    ],
)  # fmt: skip
def test_values_are_written_as_people_read_them(name: str, value: Any, text: str) -> None:
    assert cell_text(name, value) == text


@given(st.text())
def test_no_text_commands_the_terminal(text: str) -> None:
    assert all(c.isprintable() or c == "\n" for c in cell_text("comment", f"\x1b[2J{text}"))


def test_json_is_the_document_alone(capsys: pytest.CaptureFixture[str]) -> None:
    answer(DOCUMENT, as_json=True)
    assert capsys.readouterr().out == json.dumps(DOCUMENT) + "\n"


def test_no_colour_is_printed_where_none_is_wanted(tmp_path: Path) -> None:
    environment = {**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "200"}
    words = [SKYHUB, "sql", "SELECT 1 AS one, 2.5 AS mag", "--data-dir", tmp_path]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert "one  mag (AB)" in re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert not COLOUR.search(done.stdout)
