"""The scanner's desk and its grid in a browser, by keyboard: groups, comments, classes, what surrounds a card, marks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets import CandidateScanner
from widget_support import MemorySource, card

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

DETAILS = {
    "about": {
        "annotations": [{"origin": "Gaia <b>", "data": {"plx": 1.5}}],
        "classifications": [{"classification": "SN Ia", "probability": 0.9, "author": "vera"}],
        "redshift": {"redshift": 0.031},
        "duplicates": [{"object_id": "LSST123", "separation_arcsec": 0.71}],
        "n_comments": 3,
    },
    "comments": [{"author": "ben", "known_at": "2026-11-22T03:00:00Z", "text": "<img src=x onerror=alert(1)> rising"}],
    "centroid": {
        "scatter": 0.12,
        "points": [{"mjd": 61366.0, "filter": "ztfr", "east": 0.1, "north": -0.1}] * 3,
        "reference": {"east": 0.4, "north": 0.3, "separation": 0.5, "mag": 20.1},
    },
    "why": [
        {
            "filter": {"name": "Young transients", "group": "ztf-transients"},
            "at_alert": {"version": 2, "cuts": [{"cut": "drb > 0.5", "verdict": True, "value": 0.99, "error": None}]},
        }
    ],
    "distributions": [{"origin": "ZTF", "key": "drb", "low": 0.0, "high": 1.0, "counts": [1, 2, 3, 4]}],
}

KERNEL = """(message) => {
  const reply = (answer) => setTimeout(() => globalThis.w.model.receive(answer), 5);
  const { type, id } = message;
  if (type === "need") reply({type: "cards", cards: message.ids.map((i) => globalThis.cards[i]), absent: []});
  const image = type === "image" && globalThis.deep[id];
  if (image?.why) reply({type: "desk_failed", to: type, id, message: "it is down"});
  else if (image) reply({type, id, image});
  if (type === "details") reply({type: "details", id, details: globalThis.details});
  if (type === "classes") reply({type: "classes", classes: ["SN Ia", "Kilonova"]});
  if (type === "comment") reply({type: "desk_done", to: type, id, message: "Commented."});
  if (type === "classify") reply({type: "desk_failed", to: type, id, message: "no such class"});
  if (type === "decide") reply({type: "accepted", key: message.key});
}"""


@pytest.fixture
def page(open_widget: Open) -> Page:
    changes = {
        2: {"context": {"tns": {"name": "2026abc", "class": "SN Ia", "redshift": 0.03, "separation": 0.4}}},
        3: {"saved": [{"group": "stars", "saved_by": "ben"}], "context": {"tns": None, "searched": ["tns", "star"]}},
        4: {"context": {"tns": None, "searched": ["star"]}},
    }
    cards = [card(n, **changes.get(n, {})) for n in range(1, 61)]
    for key, value in (("sso_name", "433"), ("sso_distance", 1.5)):
        cards[0]["annotations"].append({"origin": "ZTF", "key": key, "label": key, "value": value, "verdict": None})
    widget = CandidateScanner(MemorySource(cards), user="ana", groups=["bursts", "stars", "ztf-transients"])
    widget.has_desk = widget.has_notebook = True
    by_id = json.dumps({c["candidate_id"]: c for c in cards})
    png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    deep = {
        cards[0]["candidate_id"]: {"survey": "Legacy <b>", "width_arcsec": 60, "image": png, "why": None},
        cards[1]["candidate_id"]: {"why": "down"},
        cards[2]["candidate_id"]: {"survey": None, "width_arcsec": None, "image": None, "why": None},
    }
    given = f"globalThis.deep = {json.dumps(deep)}, globalThis.details = {json.dumps(DETAILS)}"
    kernel = f"({given}, globalThis.cards = {by_id}, {KERNEL})"
    return open_widget("scanner", widget, on_send=kernel)


def sent(page: Page, kind: str) -> list[dict[str, Any]]:
    return [m for m in page.evaluate("globalThis.w.model.sent") if m["type"] == kind]


def on_card(page: Page, number: int) -> None:
    expect(page.locator(".skyhub-name").first).to_have_text(f"ZTF26aa{number:05d}")


def test_the_deep_image_comes_when_it_comes(page: Page) -> None:
    """Shown with its survey; why there is none; nothing where no service is set up, nor while it is on its way."""
    deep = page.locator(".skyhub-survey")
    expect(deep.get_by_role("img", name="Legacy <b>, 60″ wide, north up, east left")).to_be_visible()
    page.keyboard.press("j")
    on_card(page, 2)
    expect(deep).to_have_text("Deep imageNot available: it is down")
    for number in (3, 4):
        page.keyboard.press("j")
        on_card(page, number)
        expect(page.get_by_role("heading", name="Why it is here")).to_be_visible()
        expect(deep).to_have_count(0)
    for number in (3, 2, 1):
        page.keyboard.press("k")
        on_card(page, number)
    expect(deep.get_by_role("img")).to_be_visible()
    assert [m["id"] for m in sent(page, "image")].count(sent(page, "image")[0]["id"]) == 1


def test_saving_asks_for_groups_and_remembers_them(page: Page) -> None:
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Save ZTF26aa00001 for")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("ztf-transients")).to_be_checked()
    page.keyboard.press("x")  # nothing is decided behind the dialog
    page.keyboard.press("3")  # the passed one off
    page.keyboard.press("Enter")
    assert sent(page, "decide") == []
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    on_card(page, 2)
    page.keyboard.press("s")
    on_card(page, 3)
    assert [(m["candidate_id"], m["groups"]) for m in sent(page, "decide")] == [
        ("1", ["bursts", "stars"]),
        ("2", ["bursts", "stars"]),
    ]
    page.keyboard.press("Shift+s")
    expect(page.get_by_role("dialog", name="Save ZTF26aa00003 for")).to_be_visible()
    page.keyboard.press("Escape")
    assert len(sent(page, "decide")) == 2
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Groups of").get_by_label("stars")).to_be_checked()
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    assert [(m["groups"], m["others"]) for m in sent(page, "keep")] == [(["bursts"], ["stars"])]


def test_what_is_known_is_shown_and_the_rest_when_the_card_stays(page: Page) -> None:
    expect(page.locator(".skyhub-known")).to_have_text("minor planet 433 1.5″")
    page.evaluate(
        "for (const key of 'jjj') document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))"
    )
    on_card(page, 4)
    asked = {m["id"] for m in sent(page, "details")}
    assert not asked & {"2", "3"}  # flown over
    closer = page.locator(".skyhub-closer")
    for text in ("drb > 0.5", "version 2", "LSST123", "0.71″", "SN Ia", "z = 0.031", "scatter 0.12″", "and 2 older"):
        expect(closer).to_contain_text(text)
    expect(closer.locator("svg circle[fill]")).to_have_count(3)
    expect(closer.locator("img")).to_have_count(0)
    expect(page.locator(".skyhub-spark")).to_have_count(1)
    expect(page.locator(".skyhub-side summary")).to_contain_text("Gaia <b>")
    expect(page.locator('.skyhub-known[data-kind="tns"]')).to_have_count(0)  # no catalogue of the TNS was there
    page.keyboard.press("k")
    expect(page.locator('.skyhub-known[data-kind="saved"]')).to_have_text("source of stars")
    expect(page.locator('.skyhub-known[data-kind="tns"]')).to_have_text("no match in the TNS")
    page.keyboard.press("k")
    expect(page.locator('.skyhub-known[data-kind="tns"]')).to_have_text("TNS 2026abc · SN Ia · z 0.03 0.4″")


def test_comments_and_classes(page: Page) -> None:
    page.keyboard.press("m")
    page.get_by_label("Comment", exact=True).locator("visible=true").last.fill("sx rising")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Commented.")).to_be_visible()
    assert [(m["object_id"], m["text"]) for m in sent(page, "comment")] == [("ZTF26aa00001", "sx rising")]
    page.keyboard.press("t")
    field = page.get_by_label("Class", exact=True).locator("visible=true").last
    field.fill("SN Ia")
    page.get_by_label("Probability").fill("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A probability is between 0 and 1.")).to_be_visible()
    page.get_by_label("Probability").fill("0.5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("no such class")).to_be_visible()
    assert [(m["classification"], m["probability"]) for m in sent(page, "classify")] == [("SN Ia", 0.5)]
    assert sent(page, "decide") == []


def test_several_are_decided_at_once_and_undone_together(page: Page) -> None:
    page.keyboard.press("v")
    expect(page.locator(".skyhub-cell")).to_have_count(24)
    expect(page.locator(".skyhub-cell img")).to_have_count(48)
    page.keyboard.press(" ")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("b")
    expect(page.locator('.skyhub-cell[data-marked="true"]')).to_have_count(2)
    expect(page.get_by_role("button", name="Reject")).to_contain_text("Reject 2")
    page.keyboard.press("x")
    expect(page.locator('.skyhub-cell[data-verdict="reject"]')).to_have_count(2)
    decided = [m["candidate_id"] for m in sent(page, "decide")]
    assert (len(decided), decided[0]) == (2, "1")
    page.keyboard.press("u")
    expect(page.locator('.skyhub-cell[data-verdict="reject"]')).to_have_count(0)
    assert [m["verdict"] for m in sent(page, "decide")] == ["reject", "reject", "undo", "undo"]
    page.keyboard.press("a")
    expect(page.locator('.skyhub-cell[data-marked="true"]')).to_have_count(24)
    page.keyboard.press("Escape")
    expect(page.locator('.skyhub-cell[data-marked="true"]')).to_have_count(0)
    page.keyboard.press("]")
    expect(page.locator(".skyhub-cell b").first).to_have_text("ZTF26aa00025")
    page.keyboard.press("v")
    on_card(page, 25)


def test_every_action_has_a_key_and_a_narrow_window_shows_all_of_it(page: Page) -> None:
    page.keyboard.press("?")
    listed = page.locator(".skyhub-help-panel kbd").all_inner_texts()
    assert {"s", "S", "x", "u", "n", "t", "m", "g", "w", "o", "c", "v", "b", "a", "l", "?"} <= set(listed)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    for button in page.locator(".skyhub-actions button").all():
        expect(button).to_be_in_viewport(ratio=1)
        assert button.evaluate("b => b.scrollWidth <= b.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("v")
    expect(page.locator(".skyhub-cell").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
