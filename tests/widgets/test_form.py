"""Forms from typed parameters: what is refused, what comes out, why the button is disabled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import ipywidgets
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub_widgets import Form, form_from_schema
from skyhub_widgets._parameters import last_night, parameter_from

SIDECAR: dict[str, dict[str, Any]] = {
    "dayobs": {"type": "dayobs", "default": "2026-11-21", "description": "The night"},
    "top": {"type": "integer", "default": 10, "minimum": 1, "maximum": 50},
    "limit": {"type": "number", "default": 20.5},
    "group": {"type": "string", "description": "Whose candidates"},
    "cutouts": {"type": "boolean", "default": True},
    "survey": {"type": "string", "enum": ["ZTF", "LSST"], "default": "LSST"},
    "since": {"type": "date", "default": None},
}


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "float"}, {}, {"type": "integer", "step": 1}, {"type": "integer", "default": "x"},
        {"type": "number", "default": 3, "maximum": 2}, {"type": "string", "enum": ["a"], "default": "b"},
        {"type": "dayobs", "default": "21.11.2026"},
    ],
)  # fmt: skip
def test_a_bad_sidecar_is_refused_at_once(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="p"):
        form_from_schema({"p": bad})


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("top", "0", "at least 1"), ("top", "51", "at most 50"), ("top", "3.5", "whole number"), ("top", "", None),
        ("limit", "bright", "a number"), ("limit", "inf", "finite"), ("group", "", "needed"),
    ],
)  # fmt: skip
def test_what_is_typed_wrongly_is_said(name: str, text: str, says: str | None) -> None:
    form = form_from_schema(SIDECAR)
    form.fill(group="ztf-transients")
    form._fields[name].control.value = text
    assert (says is None and form.errors == {}) or says in form.errors[name]
    assert form.button.disabled == (says is not None)
    assert (name in form.button.tooltip) == (says is not None)


def test_several_are_chosen_and_numbers_are_given_by_name() -> None:
    form = form_from_schema(
        {
            "roles": {"type": "list", "enum": ["mock", "test"]},
            "lowest": {"type": "numbers", "default": {"HasNS": 0.5}},
        }
    )
    assert "roles" in form.errors
    form.fill(roles=["test"])
    assert form.value == {"roles": ["test"], "lowest": {"HasNS": 0.5}}
    assert form._fields["lowest"].control.value == "HasNS=0.5"
    form._fields["lowest"].control.value = "HasNS=1e-3, BNS = 0.9,"
    assert form.value["lowest"] == {"HasNS": 0.001, "BNS": 0.9}
    for text, says in (("HasNS", "by name"), ("=1", "by name"), ("HasNS=high", "a number"), ("HasNS=inf", "finite")):
        form._fields["lowest"].control.value = text
        assert says in form.errors["lowest"]
    with pytest.raises(InvalidInput, match="of mock, test"):
        parameter_from("roles", {"type": "list", "enum": ["mock", "test"], "default": ["supper"]})


def messages(form: Form) -> list[str]:
    """What the fields themselves say is wrong."""
    return [field.message.value for field in form._fields.values() if field.message.value]


def test_nothing_is_said_to_be_wrong_before_anything_was_typed() -> None:
    form = form_from_schema(SIDECAR)
    assert (messages(form), form.button.disabled) == ([], True)
    assert form.button.tooltip == "Still needed: group."
    form.fill(group="x")
    form.fill(group="")
    assert ["group is needed." in text for text in messages(form)] == [True]
    assert form.button.tooltip == "Correct first: group."


def test_secrets_are_hidden_kept_replaced_removed_and_added() -> None:
    form = form_from_schema({"keys": {"type": "secrets", "default": {}, "stored": ["token", "user"]}})
    control = form._fields["keys"].control
    [token, remove_token, user, _, name, secret] = [c for row in control.children for c in row.children]
    assert {type(box) for box in (token, user, secret)} == {ipywidgets.Password}
    assert (token.value, token.placeholder) == ("", "stored: leave empty to keep")
    assert (form.value, form.errors) == ({"keys": {}}, {})
    user.value = "vera"
    remove_token.value = True
    assert form.value == {"keys": {"token": None, "user": "vera"}}
    for box, text in ((name, "password"), (secret, "palomar48")):
        assert token.disabled
        box.value = text
        assert bool(form.errors) == (box is name)
    assert form.value == {"keys": {"token": None, "user": "vera", "password": "palomar48"}}


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no 'night'; it has dayobs"):
        form_from_schema(SIDECAR).fill(night="x")


def test_the_value_is_typed() -> None:
    form = form_from_schema(SIDECAR)
    assert form.errors == {"group": "group is needed."}
    form.fill(group="ztf-transients", dayobs=date(2026, 11, 20), top=7, survey="ZTF", cutouts=False)
    assert form.value == {
        "dayobs": "2026-11-20", "top": 7, "limit": 20.5, "group": "ztf-transients", "cutouts": False, "survey": "ZTF",
        "since": None,
    }  # fmt: skip


def test_a_busy_form_cannot_be_submitted() -> None:
    heard: list[dict[str, Any]] = []
    form = Form({"n": {"type": "integer", "default": 1}}, submit="Run the report")
    form.on_submit(heard.append)
    form.busy = "the report is running"
    form.button.click()
    assert (heard, form.button.disabled, form.button.tooltip) == ([], True, "the report is running")
    form.busy = ""
    form.button.click()
    assert heard == [{"n": 1}]


def test_descriptions_are_escaped() -> None:
    form = form_from_schema({"n": {"type": "string", "default": "", "description": "<img src=x>"}})
    texts = [child.value for child in form.children[0].children if isinstance(child, ipywidgets.HTML)]
    assert "<img" not in "".join(texts)
    assert "<img" not in form.static().html


@pytest.mark.parametrize(("hour", "night"), [(11, 20), (13, 21)])
def test_the_last_night_ends_at_noon(hour: int, night: int) -> None:
    assert last_night(datetime(2026, 11, 22, hour, 59, tzinfo=UTC)) == date(2026, 11, night)


@given(st.integers(), st.integers(), st.integers())
def test_bounds_hold_for_all_integers(value: int, low: int, high: int) -> None:
    parameter = parameter_from("n", {"type": "integer", "minimum": min(low, high), "maximum": max(low, high)})
    if min(low, high) <= value <= max(low, high):
        assert parameter.read(str(value)) == value
    else:
        with pytest.raises(InvalidInput):
            parameter.read(str(value))


def test_what_is_rarely_needed_is_folded_until_it_is_wrong() -> None:
    form = form_from_schema(SIDECAR, folded=("top", "limit"))

    def is_folded() -> bool:
        return form._rare.layout.display == "none"

    assert is_folded()
    assert (form._fold.description, form._fold.tooltip) == ("▸ More (2)", "top, limit")
    assert form.value["top"] == 10
    form._fold.click()
    assert not is_folded()
    form._fold.click()
    assert is_folded()
    form.fill(top="99")
    assert not is_folded()
    assert "top" in form.errors
    other = form_from_schema(SIDECAR, folded=("top",))
    assert other.refuse("group", "not that one")
    assert other._rare.layout.display == "none"
    assert other.refuse("top", "too many")
    assert other._rare.layout.display is None
    plain = form_from_schema(SIDECAR)
    assert plain._fold not in plain.children


def test_changes_are_told_with_what_stands_in_the_fields() -> None:
    form = form_from_schema(SIDECAR)
    told: list[dict[str, str]] = []
    form.on_change(lambda: told.append(form.texts))
    form.fill(top="x", group="stars")
    assert [each["top"] for each in told] == ["x", "x"]
    assert told[-1] | {"group": "stars", "limit": "20.5", "since": ""} == told[-1]
