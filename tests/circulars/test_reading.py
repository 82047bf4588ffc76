"""Circulars are read from JSON and text; what is none is refused whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.circulars import MOST_BYTES, Circular, lint, names_in, read_circular, read_circular_file, sentences_of
from skyhub.errors import InvalidInput

TEXT = b"""TITLE:   GCN CIRCULAR
NUMBER:  34395
SUBJECT: GRB 230812B: KAIT Optical
 Afterglow Candidate
DATE:    23/08/13 05:26:44 GMT
FROM:    A. Author at Somewhere <a@example.org>

A. Author reports:

It was seen.
"""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\xff\xfe\x00\x01", "no text in UTF-8"),
        (b"SUBJECT: a\x00b\n\nc", "binary"),
        (b"{" * 5000, "begins as JSON"),
        (b'{"subject": "GRB 230812B"}', "no subject and body"),
        (b'{"subject": 3, "body": "x"}', "no subject and body"),
        (b'{"subject": "GRB", "body": "x", "circularId": "34395"}', "whole number"),
        (b'{"subject": "GRB", "body": "x", "createdOn": 1e3}', "whole number"),
        (b'{"subject": "GRB", "body": "x", "createdOn": 99999999999999999}', "milliseconds"),
        (b'{"subject": "GRB", "body": "x", "eventId": ["GRB"]}', "a text is needed"),
        (b"x" * (MOST_BYTES + 1), "more than"),
    ],
)
def test_what_is_no_circular_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_circular(content)


def test_a_file_that_is_huge_or_absent_is_refused(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(MOST_BYTES * 1000)
    with pytest.raises(InvalidInput, match="more than"):
        read_circular_file(huge)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_circular_file(tmp_path / "absent.txt")


def test_text_and_json_say_the_same() -> None:
    text = read_circular(TEXT)
    assert text.number == 34395
    assert text.subject == "GRB 230812B: KAIT Optical Afterglow Candidate"
    assert (text.subject_line, text.first_line) == (3, 8)
    assert text.created_at == datetime(2023, 8, 13, 5, 26, 44, tzinfo=UTC)
    document = {
        "circularId": 34395,
        "subject": text.subject,
        "body": text.body,
        "createdOn": 1691904404000,
        "submitter": text.submitter,
    }
    other = read_circular(json.dumps(document).encode())
    assert (other.number, other.body, other.created_at) == (text.number, text.body, text.created_at)


def test_headers_alone_have_an_empty_body() -> None:
    assert read_circular(b"SUBJECT: GRB 230812B: seen").body == ""
    assert read_circular(b"It was seen.").subject == ""


@given(st.text(max_size=300), st.text(max_size=800))
def test_any_text_can_be_checked(subject: str, body: str) -> None:
    for found in lint(Circular(subject, body)):
        assert 0 <= found.line <= max(1, len(body.splitlines()))


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=400))
def test_sentences_keep_every_word(text: str) -> None:
    kept = "".join("".join(s.text.split()) for s in sentences_of(text))
    told = "".join("".join(text.split()))
    assert sum(c.isalnum() for c in kept) == sum(c.isalnum() for c in told)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Swift GRB230728.12: MASTER", ["GRB 230728.12"]),
        ("GRB  230805B : upper limit", ["GRB 230805B"]),
        ("LIGO/Virgo/KAGRA S230917af: ZTF", ["S230917af"]),
        ("IceCube-230914A - a track", ["IceCube-230914A"]),
        ("SGR 1935+2154: detection", ["SGR 1935+2154"]),
        ("ZTF23aaoohpy/AT2023lcr: JWST", ["ZTF23aaoohpy", "AT 2023lcr"]),
        ("Fermi  trigger No 712306969: MASTER", ["trigger 712306969"]),
        ("EP240315a: WXT detection", ["EP240315a"]),
        ("Grabbing 230812 photons in S3 and at 2023", []),
    ],
)
def test_names_are_written_in_one_way(text: str, names: list[str]) -> None:
    assert [name.name for name in names_in(text)] == names
