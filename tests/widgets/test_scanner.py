"""The Python side of the scanner: queue, cards, decisions, outages, events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from skyhub.errors import InvalidInput
from skyhub_widgets import CandidateScanner, CandidateSource
from widget_support import MemorySource, card


class Recorded(CandidateScanner):
    """A scanner that keeps what it would send to its views."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.posted: list[dict[str, Any]] = []
        super().__init__(*args, **kwargs)

    def _post(self, message: dict[str, Any]) -> None:
        self.posted.append(message)
        super()._post(message)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in list(self.posted) if message["type"] == kind]

    def says(self, **message: Any) -> None:
        self._received(self, message, [])


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "the condition was not met in 20 s"
        time.sleep(0.01)


@pytest.fixture
def scanner(source: MemorySource) -> Iterator[Recorded]:
    scanner = Recorded(source, user="ana")
    yield scanner
    scanner.close()


def decide(scanner: Recorded, key: str, candidate_id: str, verdict: str, groups: list[str] | None = None) -> None:
    scanner.says(type="decide", key=key, candidate_id=candidate_id, verdict=verdict, groups=groups)


def test_a_candidate_outside_the_queue_is_refused(scanner: Recorded) -> None:
    with pytest.raises(InvalidInput, match="'99' is not among the 30 of the queue"):
        scanner.go_to("99")


def test_an_unknown_verdict_is_refused(scanner: Recorded, source: MemorySource) -> None:
    decide(scanner, "k", "1", "perhaps")
    assert "permitted are save, reject, undo" in scanner.of("refused")[0]["message"]
    assert source.decided == []


def test_a_decision_that_the_service_refuses_is_answered(scanner: Recorded, source: MemorySource) -> None:
    decide(scanner, "k", "404", "save")
    decide(scanner, "l", "2", "save")
    wait_until(lambda: len(scanner.of("refused") + scanner.of("decided")) == 2)
    assert scanner.of("refused")[0]["candidate_id"] == "404"
    assert source.decided == [("2", "save")]


def test_an_error_at_the_start_that_will_not_pass_is_raised(source: MemorySource) -> None:
    with pytest.raises(TypeError):
        CandidateScanner(source, selection={1: 2})  # type: ignore[dict-item]


def test_the_memory_source_is_a_candidate_source(source: MemorySource) -> None:
    assert isinstance(source, CandidateSource)


def test_the_queue_is_compact_and_the_first_cards_are_there(scanner: Recorded) -> None:
    assert set(scanner.queue) == {"ids", "object_ids", "mag", "filter", "drb", "mine", "saved"}
    assert scanner.queue["ids"] == [str(number) for number in range(1, 31)]
    assert [c["candidate_id"] for c in scanner.cards] == ["1", "2"]
    assert scanner.total == 30


def test_the_first_cards_are_those_of_the_wanted_candidate(source: MemorySource) -> None:
    assert CandidateScanner(source, candidate_id="12").cards[0]["candidate_id"] == "12"


def test_without_a_wanted_candidate_the_first_undecided_comes(cards: list[dict[str, Any]]) -> None:
    cards[0]["mine"] = cards[1]["mine"] = "reject"
    assert CandidateScanner(MemorySource(cards)).cards[0]["candidate_id"] == "3"


def test_cards_come_from_a_worker_thread(scanner: Recorded, source: MemorySource) -> None:
    scanner.says(type="need", ids=["7", "8", "404"])
    wait_until(lambda: bool(scanner.of("cards")))
    assert [c["candidate_id"] for c in scanner.of("cards")[0]["cards"]] == ["7", "8"]
    assert scanner.of("cards")[0]["absent"] == ["404"]
    assert any(name.startswith("skyhub-cards") for name in source.threads)


def test_in_the_queue_of_a_group_ones_verdict_for_that_group_counts(cards: list[dict[str, Any]]) -> None:
    common = {"user": "ana", "decided_at": "2026-11-22T03:00:00Z"}
    cards[0]["decisions"] = [
        {**common, "verdict": "save", "groups": ["transients"]},
        {**common, "verdict": "reject", "groups": ["bursts"]},
        {**common, "user": "ben", "verdict": "reject", "groups": ["transients"]},
    ]
    cards[0]["mine"] = "reject"
    source = MemorySource(cards)
    for selection, expected in (({}, "reject"), ({"group": "transients"}, "save"), ({"group": "stars"}, None)):
        scanner = CandidateScanner(source, user="ana", candidate_id="1")
        scanner.selection = selection
        [shown] = scanner._cards(["1"])
        assert shown["mine"] == expected
        scanner.close()


def test_a_card_that_is_asked_anew_corrects_the_queue(scanner: Recorded, source: MemorySource) -> None:
    decide(scanner, "k", "1", "undo")
    wait_until(lambda: bool(scanner.of("decided")))
    assert scanner.queue["mine"][0] is None
    source.store["1"]["mine"] = "save"
    scanner.says(type="need", ids=["1"])
    wait_until(lambda: bool(scanner.of("cards")))
    assert scanner.queue["mine"][0] == "save"


def test_cards_that_do_not_come_are_said(scanner: Recorded, source: MemorySource) -> None:
    source.down = True
    scanner.says(type="need", ids=["7"])
    wait_until(lambda: bool(scanner.of("cards_failed")))
    assert scanner.of("cards_failed")[0]["ids"] == ["7"]


def test_a_decision_is_accepted_then_stored_once(scanner: Recorded, source: MemorySource) -> None:
    for _ in range(3):
        decide(scanner, "k", "1", "save", ["ztf-transients"])
    wait_until(lambda: bool(scanner.of("decided")))
    decide(scanner, "k", "1", "save")
    assert source.decided == [("1", "save")]
    assert scanner.posted[0] == {"type": "accepted", "key": "k"}
    assert scanner.of("decided")[-1]["decision"]["groups"] == ["ztf-transients"]
    assert scanner.queue["mine"][0] == "save"


def test_decisions_survive_an_outage_in_order(scanner: Recorded, source: MemorySource) -> None:
    source.down = True
    for number, verdict in enumerate(["save", "undo", "reject"]):
        decide(scanner, f"k{number}", "1", verdict)
    decide(scanner, "k3", "2", "save")
    wait_until(lambda: scanner.status["state"] == "down" and scanner.status["waiting"] == 4)
    assert "does not answer" in scanner.status["message"]
    assert source.decided == []
    source.down = False
    wait_until(lambda: len(scanner.of("decided")) == 4)
    assert source.decided == [("1", "save"), ("1", "undo"), ("1", "reject"), ("2", "save")]
    assert scanner.status == {"state": "ok", "waiting": 0, "message": ""} or scanner.status["state"] == "ok"
    assert scanner.queue["mine"][:2] == ["reject", "save"]


def test_a_start_during_an_outage_recovers_by_itself(source: MemorySource) -> None:
    source.down = True
    scanner = CandidateScanner(source)
    assert scanner.status["state"] == "down"
    source.down = False
    wait_until(lambda: len(scanner.queue.get("ids", [])) == 30)
    assert scanner.status["state"] == "ok"
    scanner.close()


def test_a_new_selection_loads_the_queue_anew(scanner: Recorded, source: MemorySource) -> None:
    source.store["5"]["survey"] = "LSST"
    scanner.selection = {"survey": "LSST"}
    wait_until(lambda: scanner.queue["ids"] == ["5"])
    scanner.selection = {"survey": "none"}
    wait_until(lambda: scanner.queue["ids"] == [])


def test_a_long_queue_comes_in_pages(cards: list[dict[str, Any]]) -> None:
    scanner = CandidateScanner(MemorySource(cards, page_size=12))
    assert (len(scanner.queue["ids"]), scanner.has_more, scanner.total) == (12, True, 30)
    for length in (24, 30):
        scanner._received(scanner, {"type": "more"}, [])
        wait_until(lambda length=length: len(scanner.queue["ids"]) == length)  # type: ignore[misc]
    assert scanner.has_more is False
    scanner.close()


def test_events_reach_the_views_and_the_callbacks(scanner: Recorded, source: MemorySource) -> None:
    heard: list[Any] = []
    scanner.on_decision(heard.append)
    source.publish({"kind": "weather", "seq": 1})
    source.publish({"kind": "decision", "candidate_id": "3", "object_id": "Z", "user": "ben", "verdict": "save"})
    source.publish({"kind": "decision", "candidate_id": "4", "object_id": "Z", "user": "ana", "verdict": "save"})
    assert [message["event"]["user"] for message in scanner.of("event")] == ["ben", "ana"]
    assert len(heard) == 2
    assert scanner.queue["mine"][2:4] == [None, "save"]


def test_an_event_about_another_alert_of_the_object_finds_its_candidate(
    scanner: Recorded, source: MemorySource
) -> None:
    name = source.store["3"]["object_id"]
    source.publish({"kind": "decision", "candidate_id": "903", "object_id": name, "user": "ana", "verdict": "reject"})
    assert scanner.of("event")[0]["event"]["candidate_id"] == "3"
    assert scanner.queue["mine"][2] == "reject"


def test_opening_a_source_calls_back(scanner: Recorded) -> None:
    opened: list[tuple[str, str]] = []
    scanner.on_open(lambda object_id, candidate_id: opened.append((object_id, candidate_id)))
    scanner.says(type="open", object_id="ZTF26aa00003", candidate_id="3")
    assert opened == [("ZTF26aa00003", "3")]


def test_closing_ends_the_subscription_and_the_threads(source: MemorySource) -> None:
    scanner = Recorded(source, user="ana")
    decide(scanner, "k", "1", "save")
    wait_until(lambda: bool(scanner.of("decided")))
    thread = scanner._delivery._thread
    scanner.close()
    assert source.subscribers == 0
    assert thread is not None
    thread.join(10)
    assert not thread.is_alive()


def test_the_card_of_a_report_shows_everything() -> None:
    decision = {"user": "ben", "verdict": "save", "groups": ["g"], "decided_at": "2026-11-22T03:14:15Z"}
    html = CandidateScanner(MemorySource([])).static(card(1, decisions=[decision])).html
    assert html.count("<img ") == 3
    assert "<svg" in html
    for text in ("ZTF26aa00001", "04:34:18.77", "deep real–bogus", "0.99 (+)", "ben", "saved"):
        assert text in html


def test_the_card_of_a_report_escapes_text() -> None:
    html = CandidateScanner(MemorySource([])).static(card(1, object_id="<script>x</script>")).html
    assert "<script>" not in html


def test_a_report_without_a_candidate_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no candidate on screen"):
        CandidateScanner(MemorySource([])).static()
