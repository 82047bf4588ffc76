"""Typed parameters of reports: what does not fit is refused with what is permitted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from skyhub.errors import InvalidInput, NotFound
from skyhub.reports import Sidecar, last_night, report_template, report_templates

NOW = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)

SIDECAR: dict[str, Any] = {
    "title": "T",
    "description": "D",
    "parameters": {
        "text": {"type": "string", "description": "d", "default": "a"},
        "choice": {"type": "string", "description": "d", "default": "x", "enum": ["x", "y"]},
        "count": {"type": "integer", "description": "d", "default": 5, "minimum": 1, "maximum": 10},
        "ratio": {"type": "number", "description": "d", "default": 0.5, "minimum": 0.0},
        "flag": {"type": "boolean", "description": "d", "default": False},
        "day": {"type": "date", "description": "d", "default": "2026-01-01"},
        "night": {"type": "dayobs", "description": "d", "default": "last-night"},
    },
}


def _values(**given: Any) -> dict[str, Any]:
    return Sidecar.model_validate(SIDECAR).values(given, NOW)


REFUSED = [
    ("choice", "z", "one of x, y"),
    *[
        ("count", v, "a integer ≥ 1 ≤ 10")
        for v in (0, 11, "x", "", 1.5, "1.5", None, True, [], {}, "9" * 5000, float("nan"))
    ],
    *[("ratio", v, "a number ≥ 0") for v in (-0.1, "x", None, True, [], float("nan"), float("inf"), "nan", "-inf")],
    *[("flag", v, "a boolean") for v in ("maybe", 2, None, "", [], "yess")],
    *[
        ("day", v, "a date such as 2026-11-21")
        for v in ("x", "2026-13-01", None, 20260101.5, "last-night", "21.11.2026")
    ],
    *[("night", v, "a night such as 2026-11-21") for v in ("x", "2026-02-30", None, "yesterday", "LAST-NIGHT")],
    ("text", None, "a string"),
]


@pytest.mark.parametrize(("name", "value", "permitted"), REFUSED)
def test_values_that_do_not_fit_are_refused(name: str, value: Any, permitted: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _values(**{name: value})
    assert caught.value.where == name
    assert permitted in caught.value.message


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InvalidInput, match="colour is no parameter: text, choice"):
        _values(colour="red")


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("text", "b", "b"), ("text", "", ""), ("text", 5, "5"), ("choice", "y", "y"), ("count", "7", 7), ("count", 10, 10),
        ("ratio", "0.25", 0.25), ("ratio", 0, 0.0), ("ratio", 1e300, 1e300), ("flag", "yes", True), ("flag", True, True),
        ("flag", "FALSE", False), ("flag", 0, False), ("day", "2026-11-21", "2026-11-21"), ("night", "20261121", "2026-11-21"),
        ("night", "last-night", "2026-11-21"),
    ],
)  # fmt: skip
def test_values_are_typed(name: str, value: Any, typed: Any) -> None:
    found = _values(**{name: value})[name]
    assert found == typed
    assert type(found) is type(typed)


def test_defaults_hold_where_nothing_is_given() -> None:
    assert _values() == {
        "text": "a", "choice": "x", "count": 5, "ratio": 0.5, "flag": False, "day": "2026-01-01", "night": "2026-11-21"
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "colour"}, {"type": "string", "minimum": 1}, {"type": "dayobs", "maximum": 5}, {"type": "boolean", "minimum": 0},
        {"type": "integer", "enum": ["1"]}, {"type": "integer", "unit": "d"}, {"description": None},
    ],
)  # fmt: skip
def test_a_sidecar_that_means_nothing_is_refused(changes: dict[str, Any]) -> None:
    document = {**SIDECAR, "parameters": {"p": {"type": "string", "description": "d", **changes}}}
    with pytest.raises(ValidationError):
        Sidecar.model_validate(document)


@pytest.mark.parametrize(
    "text", [None, "", "title: [", "title: T", "- a list", "title: T\ndescription: D\nparameters: 5"]
)
def test_a_report_without_a_sidecar_is_refused_by_name(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "broken.ipynb").write_text("{}")
    if text is not None:
        (tmp_path / "broken.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=r"broken\.yaml"):
        report_template("broken", tmp_path)


def test_a_broken_report_does_not_hide_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "broken.ipynb").write_text("{}")
    (tmp_path / "good.ipynb").write_text("{}")
    (tmp_path / "good.yaml").write_text("title: T\ndescription: D\nparameters: {}\n")
    assert set(report_templates(tmp_path)) == {"good"}
    assert "broken.yaml" in caplog.text


def test_a_report_that_must_be_given_a_value_can_be_listed(tmp_path: Path) -> None:
    (tmp_path / "strict.ipynb").write_text("{}")
    (tmp_path / "strict.yaml").write_text(
        "title: T\ndescription: D\nparameters:\n  object_id: {type: string, description: d}\n"
        "  n: {type: integer, description: d, default: 3}\n"
    )
    template = report_template("strict", tmp_path)
    assert template.to_json(NOW)["parameters"]["n"]["default"] == 3
    with pytest.raises(InvalidInput, match="object_id"):
        template.sidecar.values({}, NOW)
    assert template.sidecar.values({"object_id": "x"}, NOW) == {"object_id": "x", "n": 3}


def test_an_unknown_report_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(NotFound, match="night_summary"):
        report_template("../night_summary")


def test_the_shipped_reports_can_be_run_as_they_are() -> None:
    for template in report_templates().values():
        assert template.sidecar.values({}, NOW).keys() == template.sidecar.parameters.keys()


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-11-22T11:59:59", "2026-11-20"),
        ("2026-11-22T12:00:00", "2026-11-21"),
        ("2026-11-23T11:59:59", "2026-11-21"),
    ],
)
def test_the_last_night_is_the_newest_that_has_ended(now: str, night: str) -> None:
    assert last_night(datetime.fromisoformat(now).replace(tzinfo=UTC)).isoformat() == night
