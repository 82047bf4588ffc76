"""Navigation bar, cards and table: the Python side."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from skyhub.errors import InvalidInput, Unavailable
from skyhub_widgets import Cards, NavBar, RecordTable
from traitlets import TraitError


class Recorded(NavBar):
    """A bar that keeps what it would send."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.posted: list[dict[str, Any]] = []
        super().__init__(*args, **kwargs)

    def _post(self, message: dict[str, Any]) -> None:
        self.posted.append(message)


PIXEL = "data:image/png;base64,iVBORw0KGgo="


def find(text: str) -> Sequence[dict[str, Any]]:
    if text == "down":
        raise Unavailable("The data service does not answer.")
    return [{"object_id": "ZTF21abc", "ra": 1.0, "dec": 2.0, "separation_arcsec": None}] if text == "ZTF21abc" else []


def answer(bar: Recorded, text: str) -> dict[str, Any]:
    bar._received(bar, {"type": "find", "text": text}, [])
    end = time.monotonic() + 20
    while not bar.posted and time.monotonic() < end:
        time.sleep(0.01)
    return bar.posted.pop()


@pytest.mark.parametrize("bad", [{}, {"view": 3}, {"view": "scan", "params": ["x"]}])
def test_a_location_without_view_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(TraitError, match="'view'"):
        NavBar(location=bad)


def test_searches_that_fail_say_why() -> None:
    bar = Recorded(find)
    assert answer(bar, "down")["message"] == "The data service does not answer."
    assert answer(bar, "nothing")["message"] == "Nothing is known as 'nothing'."
    assert answer(Recorded(), "x")["message"] == "This page has no search."


def test_a_search_answers_with_records() -> None:
    found = answer(Recorded(find), "ZTF21abc")
    assert (found["type"], found["text"], found["results"][0]["object_id"]) == ("found", "ZTF21abc", "ZTF21abc")


def test_parameters_of_a_location_are_texts() -> None:
    bar = NavBar()
    bar.go("source", object_id="ZTF21abc", page=2, empty="")
    assert bar.location == {"view": "source", "params": {"object_id": "ZTF21abc", "page": "2"}}
    bar.keep("source", object_id="ZTF21abc", lc_period=0.5)
    assert bar.location["params"] == {"object_id": "ZTF21abc", "lc_period": "0.5"}
    assert bar.location["kept"] == {"view": "source", "params": {"object_id": "ZTF21abc", "page": "2"}}
    bar.location = {"view": "home", "params": {"kept": "no", "view": "scan"}}
    assert bar.location == {"view": "home", "params": {"kept": "no", "view": "scan"}}


def test_choosing_calls_back() -> None:
    bar, chosen = NavBar(), []
    bar.on_choose(chosen.append)
    bar._received(bar, {"type": "choose", "object_id": "ZTF21abc"}, [])
    assert chosen == ["ZTF21abc"]


def test_the_static_bar_has_only_real_addresses() -> None:
    bar = NavBar(
        links=[{"id": "scan", "label": "Scan"}, {"id": "lab", "label": "Lab <x>", "href": "/user/a/lab?a=1&b=2"}]
    )
    tree = ElementTree.fromstring(bar.static().html)
    assert [(a.text, a.attrib["href"]) for a in tree.iter("a")] == [("Lab <x>", "/user/a/lab?a=1&b=2")]


@pytest.mark.parametrize("bad", [{"text": "x"}, {"title": "x"}, {"title": "x", "view": "a", "colour": "red"}])
def test_a_card_that_leads_nowhere_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="one of href, view and disabled"):
        Cards([bad])


def test_cards_call_back_and_render() -> None:
    cards = Cards(
        [{"title": "Scan & save", "text": "t", "badge": "12 new", "view": "scan"}, {"title": "Lab", "href": "/lab"}]
    )
    opened: list[str] = []
    cards.on_open(opened.append)
    cards._received(cards, {"type": "open", "view": "scan"}, [])
    assert opened == ["scan"]
    items = ElementTree.fromstring(cards.static().html).findall("li")
    assert ["".join(item.itertext()) for item in items] == ["Scan & save (12 new)t", "Lab"]


@pytest.mark.parametrize("bad", [{"title": "x"}, {"field": "x", "kind": "float"}, {"field": "x", "width": 3}])
def test_a_bad_column_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="permitted are"):
        RecordTable([], columns=[bad])


def test_rows_are_safe_for_json() -> None:
    row = {
        "id": 2**53,
        "mag": math.nan,
        "n": np.int64(3),
        "x": np.float64(1.5),
        "flag": True,
        "none": None,
        "far": -math.inf,
    }
    table = RecordTable([row])
    assert table.rows == [
        {"id": "9007199254740992", "mag": None, "n": 3, "x": 1.5, "flag": True, "none": None, "far": None}
    ]


def test_columns_come_from_the_records() -> None:
    table = RecordTable([{"id": "a", "n": 1, "mag": 19.5, "ok": True}, {"id": "b", "n": 2, "mag": 20, "extra": None}])
    kinds = {column["field"]: column["kind"] for column in table.columns}
    assert kinds == {"id": "text", "n": "integer", "mag": "number", "ok": "boolean", "extra": "text"}
    assert table.id_field == "id"


def test_the_static_table_shows_units_digits_and_missing_values() -> None:
    columns = [
        {"field": "id"},
        {"field": "mag", "title": "Mag", "unit": "AB", "kind": "number", "digits": 2},
        {"field": "secret", "hidden": True},
    ]
    table = RecordTable([{"id": "<a>", "mag": 19.256, "secret": 1}, {"id": "b", "mag": None}], columns, title="Night")
    tree = ElementTree.fromstring(table.static().html)
    assert [cell.text for cell in tree.iter("th")] == ["id", "Mag (AB)"]
    assert [cell.text for cell in tree.iter("td")] == ["<a>", "19.26", "b", "—"]


def test_clicks_give_the_id_as_text() -> None:
    table, clicked = RecordTable([{"id": 1}]), []
    table.on_click(clicked.append)
    table._received(table, {"type": "clicked", "id": 1}, [])
    assert clicked == ["1"]


def test_images_of_rows_are_given_when_they_come_into_sight() -> None:
    table = RecordTable([{"id": "a"}], [{"field": "id"}, {"field": "images", "kind": "images"}])
    asked, sent = [], []
    table._post = sent.append  # type: ignore[method-assign]
    ask = {"type": "images", "ids": ["a", "b"]}
    table._received(table, ask, [])
    assert sent == [], "nobody gives images yet"
    table.on_images(lambda ids: asked.append(list(ids)) or {"a": [PIXEL, None]})
    table._received(table, ask, [])
    assert asked == [["a", "b"]]
    assert sent == [{"type": "images", "images": {"a": [PIXEL], "b": []}}]
    assert "images" not in str(table.static())
    table.on_images(lambda ids: {"a": ["javascript:alert(1)"]})
    with pytest.raises(InvalidInput, match="data URL"):
        table._received(table, ask, [])
