"""What is written of three real events stands in the documentation as it is written, and what is quoted there was published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from skyhub.circulars import Draft, lint, magnitudes_in, positions_in, read_circular, read_circular_file, redshifts_in
from support.real_circulars import DRAFTS, NEUTRINO, WRONG_PLACE, level_at

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "explanation" / "circulars.md").read_text()
NUMBERS = pytest.mark.parametrize("number", DRAFTS)


def _blocks(number: int) -> tuple[str, str]:
    """What the page quotes of a circular, and what it shows as ours."""
    section = PAGE.split(f"circulars/{number})")[1].split("\n## ")[0]
    quoted, ours = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    return quoted, ours


@NUMBERS
def test_the_page_shows_what_is_written(number: int) -> None:
    assert _blocks(number)[1] == DRAFTS[number]().text()


@NUMBERS
def test_the_page_quotes_what_was_published(shared: Path, number: int) -> None:
    real = read_circular_file(shared / "gcn" / "circulars" / f"{number}.json")
    body = " ".join(f"SUBJECT: {real.subject} {real.body}".split())
    parts = [" ".join(part.split()) for part in _blocks(number)[0].split("[...]")]
    assert parts
    assert [part for part in parts if part not in body] == []


@NUMBERS
def test_the_linter_finds_nothing_in_ours(number: int) -> None:
    assert lint(read_circular(DRAFTS[number]().text().encode())) == []


@NUMBERS
def test_the_reader_finds_the_same_numbers_in_ours_and_in_the_published_one(shared: Path, number: int) -> None:
    real, ours = read_circular_file(shared / "gcn" / "circulars" / f"{number}.json").body, DRAFTS[number]().body
    told = {(one.values["mag"], one.values["magerr"], one.values["is_limit"]) for one in magnitudes_in(ours)}
    assert told <= {(one.values["mag"], one.values["magerr"], one.values["is_limit"]) for one in magnitudes_in(real)}
    assert (number == 34753) == (told == set())
    redshifts = {one.values["redshift"] for one in redshifts_in(ours)}
    assert redshifts <= {one.values["redshift"] for one in redshifts_in(real)}
    assert len(positions_in(ours)) == (0 if number == 34688 else 1)


def test_the_place_that_was_published_wrongly_is_outside_of_the_localization() -> None:
    draft: Draft = DRAFTS[34688]()
    assert level_at(NEUTRINO, WRONG_PLACE) > 0.9999
    assert "| 349.82240 " in draft.body
