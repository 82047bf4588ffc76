"""What the board shows: what its reader may see, as text, and what is wrong with what cannot be read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.board import BoardState, board_html, read_board
from skyhub.board._app import Board
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import InvalidInput, NotAuthenticated
from skyhub.followup import SHIFTS
from skyhub.records import add
from skyhub.reports import report_template, request_run
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of
from support.notices import burst
from support.services import Served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_who_is_not_known_is_told_to_log_in(served: Served) -> None:
    sky = Sky(Transport(served.url, "unknown"))
    with pytest.raises(NotAuthenticated):
        read_board(sky)
    board = Board(sky)
    asyncio.run(board.refresh())
    assert "reload the page to log in again" in board.pane.object
    asyncio.run(board.refresh())


def test_a_service_that_is_away_is_said() -> None:
    board = Board(Sky(Transport("http://127.0.0.1:1", "any")))
    asyncio.run(board.refresh())
    assert "does not answer" in board.pane.object


def test_a_section_that_cannot_be_read_leaves_the_others(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**given: Any) -> Any:
        raise InvalidInput("no <events> today.", "events")

    with served.sky(SCANNER) as sky:
        monkeypatch.setattr(type(sky.events), "__call__", lambda self, **given: refuse(**given))
        state = read_board(sky)
    assert state.refused == {"events": "no <events> today."}
    assert "no &lt;events&gt; today." in board_html(state)
    assert state.night["n_candidates"] == len(candidates_of(served.db, SCANNER))


@pytest.mark.parametrize(
    ("viewer", "decided", "runs", "shifts"),
    [(SCANNER, 1, 1, 1), (COLLEAGUE, 1, 0, 1), (OTHER, 0, 0, 0), (VISITOR, 0, 0, 0), (ADMINISTRATOR, 1, 1, 1)],
    ids=lambda value: value.name if isinstance(value, Viewer) else "",
)  # fmt: skip
def test_each_sees_what_is_theirs(served: Served, viewer: Viewer, decided: int, runs: int, shifts: int) -> None:
    begin = datetime.now(UTC) - timedelta(hours=1)
    shift = {"name": "<late>", "start_date": begin.isoformat(), "end_date": (begin + timedelta(hours=8)).isoformat()}
    add(served.db, SCANNER, SHIFTS, [shift], ["transients"])
    asker = Viewer(SCANNER.name, SCANNER.groups, scopes=SCANNER.scopes | {"report"})
    request_run(served.db, asker, report_template("night_summary"), {})
    with served.sky(SCANNER) as sky:
        sky.candidates.decide("one", str(candidates_of(served.db, SCANNER)["ZTF26public"]), "reject", ["transients"])
    with served.sky(viewer) as sky:
        state = read_board(sky)
    assert state.refused == {}
    assert (state.night.get("n_candidates", 0), state.night.get("n_decided", 0)) == (
        len(candidates_of(served.db, viewer)),
        decided,
    )
    assert (sum(state.n_runs.values()), len(state.shifts)) == (runs, shifts)
    page = board_html(state)
    assert ("&lt;late&gt;" in page) == bool(shifts)
    assert "<late>" not in page


def test_an_event_with_its_age_and_that_it_was_retracted(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        sky.events.ingest(burst(time="2026-11-22T03:00:00"))
        state = read_board(sky, NOW)
        state.events[0]["retracted"] = True
        page = board_html(state)
    assert "retracted" in page
    assert "9 h ago" in page


def test_trouble_stands_first_and_all_is_text() -> None:
    state = BoardState("<me>", [], NOW)
    state.streams = [{"stream_name": "good", "state": "running", "reason": None}]
    state.brokers = [{"name": "<b>", "state": "down", "reason": "it <i>answers</i> 503"}]
    page = board_html(state)
    assert page.index("&lt;b&gt;") < page.index("</span> good")
    assert "it &lt;i&gt;answers&lt;/i&gt; 503" in page
    assert "as &lt;me&gt; sees it (public)" in page
