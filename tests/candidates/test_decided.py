"""What is kept in memory of decisions is shown as the access filter and the filter of time show the tables."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyhub.candidates import cards, close_injection, decide, prepare_injection
from skyhub.candidates._decided import rows_of_decisions, rows_of_sources
from skyhub.candidates._nights import NightBook
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import SkyhubError
from skyhub.sources import save_source, unsave_source
from skyhub.team import add_groups
from support.effort import repeats
from support.houses import COLLEAGUE, NIGHT, OTHER, SCANNER, VISITOR, candidates_of

STARS = Viewer("stargazer", frozenset({"stars", "bursts"}), scopes=ROLES["scanner"])
VIEWERS = {
    "visitor": VISITOR,
    "scanner": SCANNER,
    "other": OTHER,
    "stargazer": STARS,
    "of all groups, none of whose streams": Viewer("x", frozenset({"bursts"}), frozenset({"ztf-caltech"})),
    "operator": Viewer("operator", scopes=frozenset({"view", "administer"})),
}
OBJECTS = [name for name, *_ in NIGHT]
_COLUMNS = {
    "decisions": "decision_id, object_id, user_name, candidate_id, verdict, group_ids, undoes, known_at, acl, injection_id",
    "sources": "object_id, group_id, saved_by, active, known_at, acl, injection_id",
}
_READ = {"decisions": rows_of_decisions, "sources": rows_of_sources}


def _require_agreement(db: Database, as_of: datetime | None = None) -> None:
    for viewer in VIEWERS.values():
        for table, columns in _COLUMNS.items():
            stored = db.reader.rows(viewer, f"SELECT {columns} FROM @{table}", as_of=as_of)
            held = _READ[table](db, viewer, OBJECTS, as_of)
            assert sorted(held, key=str) == sorted(stored, key=str)


def _act(db: Database, viewer: Viewer, what: str, object_id: str) -> None:
    if what == "save directly":
        save_source(db, viewer, object_id)
    elif what == "unsave":
        unsave_source(db, viewer, object_id)
    else:
        decide(db, viewer, uuid.uuid4().hex, candidates_of(db, viewer).get(object_id, 987654), what)


_ACTIONS = st.lists(
    st.tuples(
        st.sampled_from([SCANNER, COLLEAGUE, OTHER, STARS, ADMINISTRATOR]),
        st.sampled_from(["save", "reject", "undo", "save directly", "unsave"]),
        st.sampled_from(OBJECTS[:4]),
    ),
    max_size=8,
)


@settings(max_examples=repeats(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ACTIONS)
def test_each_viewer_is_shown_what_the_tables_hold(house: Database, actions: list[tuple[Viewer, str, str]]) -> None:
    moments = [datetime.now(UTC)]
    for viewer, what, object_id in actions:
        with suppress(SkyhubError):  # not seen, or nothing to undo: then nothing was written
            _act(house, viewer, what, object_id)
        _require_agreement(house)
        moments.append(datetime.now(UTC))
    for moment in moments:
        _require_agreement(house, moment)


@settings(max_examples=repeats(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ACTIONS, _ACTIONS)
def test_injections_are_shown_from_memory_as_from_the_tables(
    house: Database, before: list[tuple[Viewer, str, str]], during: list[tuple[Viewer, str, str]]
) -> None:
    """While two are open, of groups that share an object, and when they are closed again."""
    _all(house, before)
    numbers = [
        prepare_injection(house, ADMINISTRATOR, [name], "known", group, OBJECTS[:last])["injection_id"]
        for name, group, last in ((SCANNER.name, "transients", 2), (STARS.name, "stars", 3))
    ]
    _require_agreement(house)
    _all(house, during)
    _require_agreement(house)
    for number in numbers:
        close_injection(house, ADMINISTRATOR, int(number))
        _require_agreement(house)


def _all(db: Database, actions: list[tuple[Viewer, str, str]]) -> None:
    for viewer, what, object_id in actions:
        with suppress(SkyhubError):
            _act(db, viewer, what, object_id)


@pytest.mark.parametrize("user", VIEWERS)
def test_who_is_shown_a_decision_on_an_object_of_a_stream(house: Database, user: str) -> None:
    """It takes one of the decision's groups, and the stream of the object."""
    _act(house, STARS, "save", "ZTF26caltech")
    shown = {"stargazer", "operator"}
    for read in _READ.values():
        assert bool(read(house, VIEWERS[user], ["ZTF26caltech"])) == (user in shown)


def test_a_group_that_gets_a_stream_is_shown_more_at_once(house: Database) -> None:
    decide(house, ADMINISTRATOR, "key", candidates_of(house)["ZTF26caltech"], "save", ["bursts"])
    assert rows_of_decisions(house, OTHER, OBJECTS) == []
    add_groups(house, {"bursts": ["ztf-caltech"]})
    assert len(rows_of_decisions(house, OTHER, OBJECTS)) == 1
    _require_agreement(house)


def test_an_object_named_twice_is_told_once(house: Database) -> None:
    _act(house, SCANNER, "save", "ZTF26public")
    for read in _READ.values():
        assert len(read(house, SCANNER, ["ZTF26public", "ZTF26public"])) == 1


def test_objects_that_nobody_decided_on_are_looked_up_once(house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows_of_decisions(house, SCANNER, OBJECTS) == []

    def refused(*_: Any) -> Any:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(house.reader, "query", refused)
    assert rows_of_decisions(house, SCANNER, OBJECTS) == []
    assert rows_of_sources(house, SCANNER, OBJECTS) == []


def test_cards_of_nights_in_memory_and_not_are_the_same(house: Database) -> None:
    """Whichever nights were looked at before: candidates of others, unknown and repeated numbers among them."""
    numbers = sorted(candidates_of(house).values())
    asked = [*numbers, 987654, numbers[0]]
    for viewer in VIEWERS.values():
        house.writer.write(lambda transaction: house.part(NightBook).added(transaction, {_night(house)}))
        anew = cards(house, viewer, asked)
        assert cards(house, viewer, asked) == anew
        seen = {
            row["candidate_id"]
            for row in house.reader.rows(
                viewer, "SELECT c.candidate_id FROM @candidates AS c JOIN @alerts USING (candid, object_id)"
            )
        }
        assert [card["candidate_id"] for card in anew] == [str(number) for number in asked if number in seen]


def _night(db: Database) -> date:
    [row] = db.reader.rows(ADMINISTRATOR, "SELECT DISTINCT dayobs FROM @candidates")
    night: date = row["dayobs"]
    return night
