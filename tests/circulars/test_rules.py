"""Each rule finds what it says and nothing else; on real circulars none finds more than its documentation explains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from skyhub.circulars import RULES, Circular, circulars_per_rule, lint, read_circular_file

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "reference" / "circulars.md"

SUBJECT = "GRB 230812B: optical observations with a 1-m telescope"
CLEAN = """A. Author (Institute) and B. Author (Institute) report:

We observed the field of GRB 230812B (A. Other et al., GCN Circ. 34386) with a
1-m telescope. Observations began at 04:26:55 UT on 2023-08-13, with an
exposure time of 300 s. At RA = 249.1313, Dec = 47.8590 deg (J2000), with an
uncertainty of 0.5 arcsec, we measure r = 19.64 +/- 0.05 mag (AB), and a
3-sigma upper limit of z > 20.1 mag. Magnitudes are not corrected for Galactic
extinction.
"""


def rules_of(subject: str = SUBJECT, body: str = CLEAN, number: int | None = None) -> dict[str, int]:
    return {found.rule: found.line for found in lint(Circular(subject, body, number))}


def test_a_clear_circular_breaks_no_rule() -> None:
    assert rules_of() == {}


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        (" ", "subject-missing"),
        ("A supernova in the north", "subject-keyword"),
        ("Re: GRB 230812B: afterglow", "subject-reply"),
        ("Automatic reply: GRB 230812B", "subject-reply"),
        ("Swift observations of a burst", "subject-unnamed"),
        ("GRB 230812B and GRB 230814A: limits", "subject-events"),
        ("S230807f and S230806ak: limits with Swift", "subject-events"),
        ("GRB 230812B: " + "long " * 30, "subject-long"),
        ("GRB  230812B: limits", "subject-spaces"),
    ],
)
def test_subjects(subject: str, rule: str) -> None:
    assert rule in rules_of(subject)


def test_two_names_of_one_event_are_one() -> None:
    assert "subject-events" not in rules_of("EP240315a / GRB 240315C: optical counterpart")
    assert "subject-events" not in rules_of("GRB 230812B (trigger 713559497) = AT 2023abc: limits")


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        (CLEAN, " \n", "body-empty", 1),
        ("extinction.\n", "extinction.\n" + "More.\n" * 60, "body-long", 1),
        ("1-m telescope. Obs", "1-m telescope" + " of ours" * 10 + ". Obs", "line-long", 4),
        ("with a\n", "with\ta\n", "tabulator", 3),
        ("+/-", r"$\pm$", "latex", 6),
        ("arcsec,", "arcsec&nbsp;,", "markup", 6),
        ("arcsec", "arc\ufffdsec", "damaged", 6),
        ("arcsec", "arc\x07sec", "control-character", 6),
        ("+/-", "±", "not-ascii", 6),
        ("extinction.\n", "extinction.\n\nBest regards,\n", "signature", 10),
        ("extinction.\n", "extinction.\n\nmail a@example.org\n", "signature", 10),
        ("extinction.\n", "extinction.\n\n> We observed it\n", "quoted-mail", 10),
        ("A. Author (I", "Subject: x\nA. Author (I", "header-in-text", 1),
        (" report:", ":", "authors-verb", 1),
        ("A. Author (Institute) and B. Author (Institute) report:", "We observed it.", "authors-missing", 1),
        (" UT on", " on", "time-scale", 4),
        ("r = 19.64", "a magnitude of 19.64", "band-missing", 5),
        ("mag (AB)", "mag", "magnitude-system", 5),
        ("3-sigma ", "", "limit-significance", 5),
        ("not corrected for Galactic\nextinction", "AB", "extinction-unsaid", 5),
        (" (J2000)", "", "position-frame", 5),
        ("0.5 arcsec", "0.5", "unit-missing", 5),
        ("300 s.", "300.", "unit-missing", 4),
        ("A. Other et al., ", "", "reference-authors", 3),
    ],
)
def test_texts(old: str, new: str, rule: str, line: int) -> None:
    assert old in CLEAN
    body = CLEAN.replace(old, new, 1)
    if rule == "band-missing":
        body = body.replace("z > 20.1", "20.1")
    found = rules_of(body=body)
    assert rule in found, found
    assert found[rule] == line


def test_a_circular_that_is_not_older_is_cited() -> None:
    assert "reference-later" in rules_of(number=34386)
    assert rules_of(number=34387) == {}


def test_lines_are_those_of_the_file() -> None:
    draft = Circular("Re: " + SUBJECT, CLEAN.replace(" UT on", " on"), subject_line=2, first_line=5)
    assert [(found.rule, found.line) for found in lint(draft)] == [("subject-reply", 2), ("time-scale", 8)]


def test_no_rule_finds_more_in_real_circulars_than_its_documentation_explains(shared: Path) -> None:
    circulars = [read_circular_file(path) for path in sorted((shared / "gcn" / "circulars").glob("*.json"))]
    assert len(circulars) == 403
    told = dict(
        re.findall(r"^\| `([a-z-]+)` \| (?:error|warning|info) \| .* \| (\d+) \|$", DOCS.read_text(), re.MULTILINE)
    )
    assert list(told) == [rule.name for rule in RULES]
    assert {name: str(count) for name, count in circulars_per_rule(circulars).items()} == told


@pytest.mark.parametrize(
    "body",
    [
        "(possible OT) with coordinates (Epoch = 2000.0): R.A. = 13:50:58.2, Dec. = +31:11:28.6",
        "There is optical counterpart at\nR.A.,Dec.2000= 16 36 31.48 +47 51 35.14",
        "this corresponds to an X-ray luminosity of ~5e37 to 2e38 erg/s, which suggests",
    ],
)
def test_what_real_authors_wrote_and_could_defend(body: str) -> None:
    assert not {"position-frame", "unit-missing"} & set(rules_of(body=f"A. Author (Institute) reports:\n\n{body}."))


@pytest.mark.parametrize(
    ("beginning", "rule"),
    [
        ("V. Lipunov, V.Kornilov (Lomonosov MSU)", "authors-verb"),
        ("Tilak Katoch, H. M. Antia and Parag Shah TIFR", "authors-verb"),
        ("Ts. Ivanova (Rozhen)", "authors-verb"),
        ("I observed the field", "authors-missing"),
        ("Over the last several weeks, the team", "authors-missing"),
        ("Following the detection (Page, GCN Circ. 34387)", "authors-missing"),
    ],
)
def test_names_at_the_beginning_are_authors(beginning: str, rule: str) -> None:
    found = rules_of(body=f"{beginning}\n\nwe took images.")
    assert {"authors-verb", "authors-missing"} & set(found) == {rule}


def test_severities_are_documented() -> None:
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning|info) \|", DOCS.read_text(), re.MULTILINE))
    assert told == {rule.name: rule.severity for rule in RULES}
