"""The scanner in a browser: keyboard, decisions, prefetch, live events."""

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

# The kernel's side of the messages: cards on request, decisions accepted and stored.
KERNEL = """(message) => {
  const reply = (answer) => setTimeout(() => globalThis.w.model.receive(answer), 5);
  if (message.type === "need") {
    const here = message.ids.filter((id) => globalThis.cards[id]);
    const absent = message.ids.filter((id) => !globalThis.cards[id]);
    reply({type: "cards", cards: here.map((id) => globalThis.cards[id]), absent});
  }
  if (message.type !== "decide" || globalThis.away) return;
  const about = {key: message.key, candidate_id: message.candidate_id};
  reply({type: "accepted", key: message.key});
  if (globalThis.refuse) return reply({type: "refused", ...about, message: globalThis.refuse});
  const decided_at = new Date().toISOString();
  const groups = message.groups ?? globalThis.cards[message.candidate_id].filters.map((filter) => filter.group);
  const decision = {decision_id: "1", user: "ana", verdict: message.verdict, groups, decided_at};
  reply({type: "decided", ...about, decision});
}"""


def scanner(open_widget: Open, cards: list[dict[str, Any]], **options: Any) -> Page:
    """A page with the scanner of ``cards``; the first card is there, the others come on request."""
    traits = options.pop("traits", {})
    widget = CandidateScanner(MemorySource(cards), user="ana", **traits)
    cards_by_id = json.dumps({c["candidate_id"]: c for c in cards})
    kernel = f"(globalThis.cards = {cards_by_id}, {KERNEL})"
    return open_widget("scanner", widget, on_send=kernel, **options)


def shown(page: Page) -> str:
    return str(page.locator(".skyhub-name").first.inner_text())


def sent(page: Page, kind: str) -> list[dict[str, Any]]:
    return [m for m in page.evaluate("globalThis.w.model.sent") if m["type"] == kind]


def wait_for(page: Page, object_id: str) -> None:
    expect(page.locator(".skyhub-name").first).to_have_text(object_id)


def name(number: int) -> str:
    return f"ZTF26aa{number:05d}"


def test_an_empty_queue_says_what_to_do(open_widget: Open) -> None:
    page = scanner(open_widget, [])
    expect(page.get_by_text("Nothing to scan")).to_be_visible()
    page.keyboard.press("s")
    page.get_by_role("button", name="Look again").click()
    assert [m["type"] for m in page.evaluate("globalThis.w.model.sent")] == ["refresh"]


def test_nothing_is_decided_before_the_card_is_there(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("globalThis.w.model.onSend = null")
    for _ in range(12):
        page.keyboard.press("j")
    expect(page.get_by_text("loading the card")).to_be_visible()
    page.keyboard.press("s")
    assert sent(page, "decide") == []
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def test_a_candidate_of_others_cannot_be_decided(open_widget: Open) -> None:
    page = scanner(open_widget, [card(1, can_decide=False), card(2)])
    expect(page.get_by_role("button", name="Reject")).to_be_disabled()
    assert "None of your groups" in str(page.get_by_role("button", name="Reject").get_attribute("title"))
    page.keyboard.press("x")
    assert sent(page, "decide") == []
    assert shown(page) == name(1)


def test_keys_work_without_a_click(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    for key, expected in [("ArrowRight", 2), ("j", 3), (" ", 4), ("ArrowLeft", 3), ("k", 2)]:
        page.keyboard.press(key)
        wait_for(page, name(expected))
    assert page.evaluate("globalThis.w.model.get('current_id')") == "2"


def test_keys_leave_text_fields_and_shortcuts_alone(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("document.body.prepend(Object.assign(document.createElement('input'), {id: 'field'}))")
    page.locator("#field").fill("")
    page.locator("#field").press_sequentially("sxj ")
    assert page.locator("#field").input_value() == "sxj "
    page.locator("#field").blur()
    page.keyboard.press("Control+s")
    assert sent(page, "decide") == []
    assert shown(page) == name(1)


def test_decisions_advance_and_are_stored(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.keyboard.press("s")
    wait_for(page, name(2))
    page.keyboard.press("x")
    wait_for(page, name(3))
    decisions = sent(page, "decide")
    assert [(d["candidate_id"], d["verdict"], d["groups"]) for d in decisions] == [
        ("1", "save", None),
        ("2", "reject", None),
    ]
    assert len({d["key"] for d in decisions}) == 2
    expect(page.locator(".skyhub-counts")).to_contain_text("1 saved")
    expect(page.locator(".skyhub-counts")).to_contain_text("1 rejected")
    expect(page.locator(".skyhub-status")).to_have_text("all stored")
    assert page.evaluate("localStorage.getItem('skyhub-decisions:ana')") is None


def test_key_repeat_decides_nothing(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("""for (const key of ["s", "x", "u"])
      document.body.dispatchEvent(new KeyboardEvent("keydown", {key, repeat: true, bubbles: true}))""")
    assert sent(page, "decide") == []
    assert shown(page) == name(1)


def test_undo_goes_back_to_the_decision(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.keyboard.press("x")
    page.keyboard.press("j")
    wait_for(page, name(3))
    page.keyboard.press("u")
    wait_for(page, name(1))
    assert [d["verdict"] for d in sent(page, "decide")] == ["reject", "undo"]
    expect(page.locator(".skyhub-badge")).to_have_text("undecided")
    page.keyboard.press("u")
    expect(page.get_by_text("no decision of yours to undo")).to_be_visible()


def test_skip_leaves_undecided_and_advance_passes_decided(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    cards[2]["mine"] = "save"
    page = scanner(open_widget, cards)
    page.keyboard.press("n")
    wait_for(page, name(2))
    page.keyboard.press("s")
    wait_for(page, name(4))
    assert [d["candidate_id"] for d in sent(page, "decide")] == ["2"]
    expect(page.locator(".skyhub-counts")).to_contain_text("1 skipped")


def test_the_end_of_the_queue_is_said(open_widget: Open) -> None:
    page = scanner(open_widget, [card(1), card(2)])
    page.keyboard.press("s")
    page.keyboard.press("s")
    expect(page.get_by_text("All 2 candidates of this queue are decided.")).to_be_visible()


def test_without_advance_the_card_stays(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards, traits={"advance": False})
    page.keyboard.press("s")
    expect(page.locator(".skyhub-badge")).to_have_text("saved")
    assert shown(page) == name(1)
    expect(page.get_by_text("you saved")).to_be_visible()


def test_cards_ahead_are_prefetched(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards, traits={"candidate_id": "10"})
    asked = {i for message in sent(page, "need") for i in message["ids"]}
    assert {"8", "9", "16", "17", "18"} <= asked
    page.wait_for_timeout(100)
    page.evaluate("globalThis.w.model.onSend = null")
    for expected in range(11, 17):
        page.keyboard.press("j")
        assert shown(page) == name(expected)
        assert page.locator(".skyhub-cutout-frame img").count() == 3


def test_cards_that_are_not_near_are_asked_for_several_at_a_time(
    open_widget: Open, cards: list[dict[str, Any]]
) -> None:
    page = scanner(open_widget, cards, traits={"candidate_id": "3"})
    page.wait_for_timeout(100)
    before = sent(page, "need")
    assert max(int(i) for message in before for i in message["ids"]) == 13
    for _ in range(3):
        page.keyboard.press("j")
    assert sent(page, "need") == before
    page.keyboard.press("j")
    assert [message["ids"] for message in sent(page, "need")[len(before) :]] == [["14", "15", "16", "17"]]


def test_cards_that_are_not_looked_at_are_asked_for_anew_together(
    open_widget: Open, cards: list[dict[str, Any]]
) -> None:
    page = scanner(open_widget, cards, traits={"candidate_id": "3"})
    page.wait_for_timeout(100)
    before = len(sent(page, "need"))
    told = """([id, pause]) => new Promise((done) => {
      const event = {kind: "decision", candidate_id: id, user: "bo", verdict: "save", groups: [], object_id: "x"};
      globalThis.w.model.receive({type: "event", event: {...event, decided_at: new Date().toISOString()}});
      setTimeout(done, pause);
    })"""
    page.evaluate(told, ["5", 60])
    page.evaluate(told, ["6", 0])
    page.wait_for_function(f"globalThis.w.model.sent.filter((m) => m.type === 'need').length > {before}")
    assert [message["ids"] for message in sent(page, "need")[before:]] == [["5", "6"]]


def test_a_failed_fetch_is_tried_again(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.wait_for_timeout(60)
    page.evaluate("""() => {
      const answer = globalThis.w.model.onSend;
      globalThis.w.model.onSend = (message) => {
        globalThis.w.model.onSend = answer;
        setTimeout(() => globalThis.w.model.receive({type: "cards_failed", ids: message.ids, message: "away"}), 5);
      };
      globalThis.w.model.set("current_id", "25");
    }""")
    wait_for(page, name(25))
    expect(page.locator(".skyhub-cutout-frame img")).to_have_count(3)


def test_a_card_that_is_no_longer_visible_is_said(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("delete globalThis.cards['20']")
    page.evaluate("globalThis.w.model.set('current_id', '20')")
    expect(page.get_by_text("no longer visible to you")).to_be_visible()


def test_a_refused_decision_is_taken_back_visibly(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("globalThis.refuse = 'Your group has closed this night.'")
    page.keyboard.press("s")
    expect(page.get_by_text("Your group has closed this night.")).to_be_visible()
    page.keyboard.press("k")
    wait_for(page, name(1))
    expect(page.locator(".skyhub-badge")).to_have_text("undecided")


def test_waiting_decisions_are_shown_and_sent_after_a_reload(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("globalThis.away = true")
    page.keyboard.press("s")
    page.evaluate(
        """globalThis.w.model.set("status", {state: "down", waiting: 1, message: "data service not answering"})"""
    )
    expect(page.locator(".skyhub-status")).to_have_text("data service not answering – 1 decision waiting")
    key = sent(page, "decide")[0]["key"]
    again = page.evaluate("""async () => {
      await globalThis.w.close();
      globalThis.w = await mount("scanner", {...globalThis.w.model.state, status: {state: "ok"}});
      return globalThis.w.model.sent.filter((message) => message.type === "decide");
    }""")
    assert [(d["key"], d["verdict"]) for d in again] == [(key, "save")]
    expect(page.locator(".skyhub-neighbour").first).to_have_attribute("data-verdict", "save")


def test_decisions_of_others_appear_live(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    event = {"kind": "decision", "candidate_id": "1", "object_id": name(1), "user": "ben", "verdict": "reject",
             "groups": ["ztf-fast"], "decided_at": "2026-11-22T04:00:00Z"}  # fmt: skip
    page.evaluate("(event) => globalThis.w.model.receive({type: 'event', event})", event)
    expect(page.locator(".skyhub-toast")).to_contain_text(f"ben rejected {name(1)}")
    expect(page.locator(".skyhub-decisions")).to_contain_text("ben rejected")
    expect(page.locator(".skyhub-badge")).to_have_text("undecided")
    page.evaluate(
        "(event) => globalThis.w.model.receive({type: 'event', event})",
        {**event, "verdict": "undo", "decided_at": "2026-11-22T04:01:00Z"},
    )
    expect(page.get_by_text("Nobody has decided yet.")).to_be_visible()
    page.evaluate("(event) => globalThis.w.model.receive({type: 'event', event})", event)
    expect(page.get_by_text("Nobody has decided yet.")).to_be_visible()


def test_my_decision_in_another_tab_appears_here(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    event = {"kind": "decision", "candidate_id": "1", "object_id": name(1), "user": "ana", "verdict": "save",
             "groups": ["ztf-transients"], "decided_at": "2026-11-22T04:00:00Z"}  # fmt: skip
    page.evaluate("(event) => globalThis.w.model.receive({type: 'event', event})", event)
    expect(page.locator(".skyhub-badge")).to_have_text("saved")
    assert page.locator(".skyhub-toast").count() == 0


def test_groups_to_save_to_can_be_chosen(open_widget: Open) -> None:
    filters = [
        {"filter_id": "1", "name": "Young", "group": "ztf-transients"},
        {"filter_id": "2", "name": "Fast", "group": "ztf-fast"},
    ]
    page = scanner(open_widget, [card(1, filters=filters), card(2)])
    page.get_by_role("button", name="ztf-fast").click()
    page.keyboard.press("s")
    assert sent(page, "decide")[0]["groups"] == ["ztf-transients"]


def test_decisions_for_other_groups_stay(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    common = {"user": "ben", "decided_at": "2026-11-22T03:00:00Z"}
    cards[0]["decisions"] = [{**common, "verdict": "save", "groups": ["ztf-fast", "ztf-transients"]}]
    page = scanner(open_widget, cards)
    event = {"kind": "decision", "candidate_id": "1", "object_id": name(1), "user": "ben", "verdict": "reject",
             "groups": ["ztf-fast"], "decided_at": "2026-11-22T04:00:00Z"}  # fmt: skip
    page.evaluate("(event) => globalThis.w.model.receive({type: 'event', event})", event)
    rows = page.locator(".skyhub-decisions li")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("· ztf-transients")
    expect(rows.nth(1)).to_contain_text("ben rejected")
    undone = {**event, "verdict": "undo", "decided_at": "2026-11-22T04:01:00Z"}
    page.evaluate("(event) => globalThis.w.model.receive({type: 'event', event})", undone)
    expect(rows).to_have_count(1)
    expect(rows.nth(0)).to_contain_text("ztf-fast, ztf-transients")


def test_an_undo_shows_the_decision_before_it(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    cards[0]["mine"] = "save"
    page = scanner(open_widget, cards, traits={"advance": False, "candidate_id": "1"})
    page.keyboard.press("x")
    expect(page.locator(".skyhub-badge")).to_have_text("rejected")
    page.keyboard.press("u")
    expect(page.locator(".skyhub-badge")).to_have_text("saved")


def test_a_save_for_one_more_group_is_sent(open_widget: Open) -> None:
    filters = [{"filter_id": str(n), "name": group, "group": group} for n, group in enumerate(("ztf-fast", "ztf-slow"))]
    saved = {"user": "ana", "verdict": "save", "groups": ["ztf-fast"], "decided_at": "2026-11-22T03:00:00Z"}
    one = card(1, filters=filters, mine="save", decisions=[saved])
    page = scanner(open_widget, [one], traits={"advance": False})
    page.get_by_role("button", name="ztf-slow").click()
    page.keyboard.press("s")
    assert sent(page, "decide") == []
    page.get_by_role("button", name="ztf-slow").click()
    page.keyboard.press("s")
    page.keyboard.press("s")
    assert [(d["verdict"], d["groups"]) for d in sent(page, "decide")] == [("save", None)]


def test_help_opens_and_closes_by_keyboard(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("s")
    assert sent(page, "decide") == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("j")
    wait_for(page, name(2))


def test_buttons_do_what_keys_do(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards, size=(360, 740))
    page.get_by_role("button", name="Save", exact=True).click()
    wait_for(page, name(2))
    page.keyboard.press(" ")
    wait_for(page, name(3))
    page.get_by_role("button", name="Open the source").click()
    assert sent(page, "open") == [{"type": "open", "object_id": name(3), "candidate_id": "3"}]
    assert [d["verdict"] for d in sent(page, "decide")] == ["save"]


def test_two_views_share_the_state_and_one_reacts(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards, views=2)
    page.keyboard.press("j")
    expect(page.locator(".skyhub-name")).to_have_text([name(2), name(2)])
    page.keyboard.press("s")
    assert len(sent(page, "decide")) == 1


def test_only_the_visible_scanner_reacts(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("""async () => {
      globalThis.first = globalThis.w;
      globalThis.w = await mount("scanner", {...globalThis.w.model.state, current_id: "5"});
      globalThis.first.elements[0].style.display = "none";
    }""")
    page.keyboard.press("j")
    assert page.evaluate("[globalThis.first.model.get('current_id'), globalThis.w.model.get('current_id')]") == [
        "1",
        "6",
    ]


def test_in_jupyterlab_keys_need_the_focus(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("document.getElementById('main').classList.add('jp-NotebookPanel')")
    page.keyboard.press("x")
    assert sent(page, "decide") == []
    page.locator(".skyhub-scanner").focus()
    page.keyboard.press("x")
    assert len(sent(page, "decide")) == 1


def test_the_clean_up_ends_everything(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.evaluate("globalThis.w.close()")
    page.keyboard.press("s")
    assert sent(page, "decide") == []
    assert page.evaluate("globalThis.w.model.listeners.length") == 0
    assert page.locator(".skyhub-scanner").count() == 0


def test_the_time_to_the_painted_card_can_be_read(open_widget: Open, cards: list[dict[str, Any]]) -> None:
    page = scanner(open_widget, cards)
    page.keyboard.press("j")
    expect(page.locator(".skyhub-scanner")).to_have_attribute("data-drawn-id", "2")
    assert float(str(page.locator(".skyhub-scanner").get_attribute("data-drawn-ms"))) > 0
    assert page.evaluate("performance.getEntriesByName('skyhub:drawn').length") == 1


def test_a_card_without_cutouts_and_photometry_is_drawn(open_widget: Open) -> None:
    nothing = {"science": None, "template": None, "difference": None}
    empty = {key: [] for key in card(1)["photometry"]}
    page = scanner(open_widget, [card(1, cutouts=nothing, photometry=empty, annotations=[])])
    expect(page.get_by_text("Template image not in this alert")).to_be_visible()
    expect(page.get_by_text("No photometry for this object yet.")).to_be_visible()


def test_a_list_gives_the_keys_back_after_a_choice_by_mouse(open_widget: Open) -> None:
    page = scanner(open_widget, [card(n) for n in range(3)], traits={"key_scope": "page"})
    wait_for(page, name(0))
    page.evaluate("document.body.insertAdjacentHTML('afterbegin', '<select id=night><option>one<option>two</select>')")
    page.locator("#night").dispatch_event("pointerdown")
    page.locator("#night").focus()
    page.locator("#night").select_option("two")
    page.keyboard.press("j")
    wait_for(page, name(1))
    page.locator("#night").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("j")
    wait_for(page, name(1))
