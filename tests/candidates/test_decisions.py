"""Decisions: who may do what, what a repeated key does, how undoing and changing one's mind leave the sources."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.candidates import DecisionBook, Place, Selection, cards, current_decisions, decide, queue, selection_of
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.sources import object_record, save_source, sources_table, unsave_source
from support.effort import repeats
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of

BOTH = Viewer("both", frozenset({"transients", "bursts"}), scopes=SCANNER.scopes)
OPERATOR = Viewer("operator", scopes=frozenset({"view", "administer"}))
USERS = {"visitor": VISITOR, "scanner": SCANNER, "other": OTHER, "operator": OPERATOR}


def _key() -> str:
    return uuid.uuid4().hex


def _decide(db: Database, viewer: Viewer, object_id: str, verdict: str, groups: Any = None) -> dict[str, Any]:
    candidate_id = candidates_of(db, viewer)[object_id]
    answer: dict[str, Any] = decide(db, viewer, _key(), candidate_id, verdict, groups)["decision"]
    return answer


def _sources(db: Database, viewer: Viewer = ADMINISTRATOR, as_of: datetime | None = None) -> set[tuple[str, str, str]]:
    return {(s["object_id"], s["group"], s["saved_by"]) for s in sources_table(db, viewer, as_of=as_of)}


def _mine(db: Database, viewer: Viewer, object_id: str) -> str | None:
    decided = current_decisions(db, viewer, [object_id])[object_id]
    return next((d["verdict"] for d in decided if d["user"] == viewer.name), None)


@pytest.mark.parametrize("verdict", ["", "maybe", "SAVE", "delete"])
def test_unknown_verdicts_are_refused(house: Database, verdict: str) -> None:
    with pytest.raises(InvalidInput, match="save, reject, undo"):
        decide(house, SCANNER, _key(), candidates_of(house)["ZTF26public"], verdict)


@pytest.mark.parametrize("key", ["", "x" * 65])
def test_keys_have_a_length(house: Database, key: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 64"):
        decide(house, SCANNER, key, candidates_of(house)["ZTF26public"], "save")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("object_id", ["ZTF26public", "ZTF26partner", "ZTF26caltech", "ZTF26faint", "ZTF26bogus"])
def test_who_sees_which_candidate(house: Database, user: str, object_id: str) -> None:
    """Public candidates passed the public filter too, or no group's; ZTF26bogus passed none."""
    sees = {
        "visitor": {"ZTF26public", "ZTF26faint"},
        "scanner": {"ZTF26public", "ZTF26faint", "ZTF26partner"},
        "other": {"ZTF26public", "ZTF26faint"},
        "operator": {"ZTF26public", "ZTF26faint", "ZTF26partner", "ZTF26caltech"},
    }[user]
    viewer = USERS[user]
    listed = {c["object_id"]: c for c in queue(house, viewer, Selection())["candidates"]}
    assert (object_id in listed) == (object_id in sees)
    everything = candidates_of(house)
    if object_id in everything:
        assert bool(cards(house, viewer, [everything[object_id]])) == (
            everything[object_id] in candidates_of(house, viewer).values()
        )
    if object_id in sees:
        assert object_record(house, viewer, object_id)["object_id"] == object_id


@pytest.mark.parametrize("verdict", ["save", "reject", "undo"])
@pytest.mark.parametrize("user", USERS)
def test_who_may_decide(house: Database, user: str, verdict: str) -> None:
    viewer = USERS[user]
    number = candidates_of(house, viewer)["ZTF26public"]
    if user == "visitor":
        with pytest.raises(PermissionRefused, match="custom:skyhub:scan"):
            decide(house, viewer, _key(), number, verdict)
    elif verdict == "undo":
        with pytest.raises(Conflict, match="no decision"):
            decide(house, viewer, _key(), number, verdict)
    else:
        decision = decide(house, viewer, _key(), number, verdict)["decision"]
        expected = {"scanner": ["transients"], "other": ["bursts"], "operator": ["stars", "transients"]}[user]
        assert (decision["user"], decision["verdict"], decision["groups"]) == (viewer.name, verdict, expected)
        assert cards(house, viewer, [number])[0]["mine"] == verdict
    assert cards(house, viewer, [number])[0]["can_decide"] == (user != "visitor")


@pytest.mark.parametrize("groups", [["bursts"], ["transients", "bursts"], ["nothing"], ["~other"], ["~scanner"], []])
def test_nobody_decides_for_groups_of_others(house: Database, groups: list[str]) -> None:
    number = candidates_of(house, SCANNER)["ZTF26public"]
    with pytest.raises(PermissionRefused):
        decide(house, SCANNER, _key(), number, "save", groups)
    assert _sources(house) == set()


def test_a_candidate_of_others_is_as_if_it_did_not_exist(house: Database) -> None:
    hidden = candidates_of(house)["ZTF26caltech"]
    for verdict in ("save", "undo"):
        messages = []
        for number in (hidden, 987654):
            with pytest.raises(NotFound) as caught:
                decide(house, SCANNER, _key(), number, verdict)
            messages.append(caught.value.message.replace(str(number), "N"))
        assert messages[0] == messages[1]
    assert cards(house, SCANNER, [hidden, 987654]) == []
    for object_id in ("ZTF26caltech", "ZTF26nothing"):
        with pytest.raises(NotFound, match="there is no object"):
            object_record(house, SCANNER, object_id)


def test_decisions_are_seen_by_the_group_alone(house: Database) -> None:
    _decide(house, SCANNER, "ZTF26public", "save")
    seen = {name: len(current_decisions(house, v, ["ZTF26public"])["ZTF26public"]) for name, v in USERS.items()}
    assert seen == {"visitor": 0, "scanner": 1, "other": 0, "operator": 1}
    assert len(current_decisions(house, COLLEAGUE, ["ZTF26public"])["ZTF26public"]) == 1
    saved = {name: len(_sources(house, v)) for name, v in USERS.items()}
    assert saved == {"visitor": 0, "scanner": 1, "other": 0, "operator": 1}
    assert object_record(house, OTHER, "ZTF26public")["saved"] == []
    assert [s["group"] for s in object_record(house, COLLEAGUE, "ZTF26public")["saved"]] == ["transients"]


def test_a_key_sent_twice_is_stored_once(house: Database) -> None:
    number, key = candidates_of(house, SCANNER)["ZTF26public"], _key()
    first = decide(house, SCANNER, key, number, "save")
    version = house.version()
    second = decide(house, SCANNER, key, number, "save")
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert second["decision"] == first["decision"]
    assert house.version() == version
    assert decide(house, COLLEAGUE, key, number, "reject")["duplicate"] is False


def test_a_key_used_for_something_else_is_refused(house: Database) -> None:
    numbers, key = candidates_of(house, SCANNER), _key()
    decide(house, SCANNER, key, numbers["ZTF26public"], "save")
    with pytest.raises(Conflict, match="give each decision its own"):
        decide(house, SCANNER, key, numbers["ZTF26public"], "reject")
    with pytest.raises(Conflict, match="give each decision its own"):
        decide(house, SCANNER, key, numbers["ZTF26partner"], "save")
    assert len(_sources(house)) == 1


def test_undoing_goes_back_step_by_step(house: Database) -> None:
    for verdict in ("save", "reject", "save"):
        _decide(house, SCANNER, "ZTF26public", verdict)
    states = []
    for _ in range(3):
        states.append((_mine(house, SCANNER, "ZTF26public"), len(_sources(house))))
        _decide(house, SCANNER, "ZTF26public", "undo")
    states.append((_mine(house, SCANNER, "ZTF26public"), len(_sources(house))))
    assert states == [("save", 1), ("reject", 0), ("save", 1), (None, 0)]
    with pytest.raises(Conflict, match="no decision"):
        _decide(house, SCANNER, "ZTF26public", "undo")


def test_undoing_is_for_ones_own_decisions(house: Database) -> None:
    _decide(house, SCANNER, "ZTF26public", "save")
    with pytest.raises(Conflict, match="colleague has no decision"):
        _decide(house, COLLEAGUE, "ZTF26public", "undo")


def test_a_source_stays_while_somebody_saves_it(house: Database) -> None:
    _decide(house, SCANNER, "ZTF26public", "save")
    _decide(house, COLLEAGUE, "ZTF26public", "save")
    _decide(house, SCANNER, "ZTF26public", "undo")
    assert _sources(house) == {("ZTF26public", "transients", "colleague")}
    _decide(house, COLLEAGUE, "ZTF26public", "reject")
    assert _sources(house) == set()


def test_a_decision_for_one_group_leaves_those_for_others(house: Database) -> None:
    number = candidates_of(house, BOTH)["ZTF26public"]

    def saved() -> set[str]:
        return {group for _, group, _ in _sources(house)}

    def standing(viewer: Viewer) -> list[tuple[str, list[str]]]:
        return [(d["verdict"], d["groups"]) for d in current_decisions(house, viewer, ["ZTF26public"])["ZTF26public"]]

    decide(house, BOTH, _key(), number, "save", ["transients", "bursts"])
    decide(house, BOTH, _key(), number, "reject", ["bursts"])
    assert saved() == {"transients"}
    assert standing(BOTH) == [("save", ["transients"]), ("reject", ["bursts"])]
    assert standing(SCANNER) == [("save", ["transients"])]
    assert standing(OTHER) == [("reject", ["bursts"])]
    assert cards(house, BOTH, [number])[0]["mine"] == "reject"
    decide(house, BOTH, _key(), number, "save", ["bursts"])
    assert saved() == {"transients", "bursts"}
    assert standing(BOTH) == [("save", ["transients"]), ("save", ["bursts"])]
    for _ in range(2):
        decide(house, BOTH, _key(), number, "undo")
    assert saved() == {"transients", "bursts"}
    assert standing(BOTH) == [("save", ["bursts", "transients"])]
    decide(house, BOTH, _key(), number, "undo")
    assert (saved(), standing(BOTH)) == (set(), [])


def test_a_queue_of_one_group_counts_decisions_for_that_group(house: Database) -> None:
    object_id = "ZTF26public"
    number = candidates_of(house, BOTH)[object_id]
    decide(house, BOTH, _key(), number, "save", ["transients"])
    decide(house, BOTH, _key(), number, "reject", ["bursts"])
    for group, status in (("transients", "saved"), (None, "rejected")):
        page = queue(house, BOTH, selection_of({"group": group, "status": status}))
        assert [(c["object_id"], c["mine"]) for c in page["candidates"]] == [
            (object_id, {"saved": "save"}.get(status, "reject"))
        ]
        assert page["counts"][status] == 1
    assert queue(house, BOTH, selection_of({"group": "transients", "status": "rejected"}))["candidates"] == []


_GROUPS = st.sampled_from([("transients",), ("bursts",), ("transients", "bursts")])
_ACTIONS = st.lists(
    st.tuples(
        st.sampled_from([SCANNER, COLLEAGUE, BOTH]),
        st.sampled_from(["save", "reject", "undo", "save directly", "unsave"]),
        _GROUPS,
    ),
    max_size=12,
)


class _Said(NamedTuple):
    """What somebody said of the object."""

    who: str
    what: str
    groups: set[str]


@dataclass
class _Model:
    """The rule: for each scanner and group the newest decision that was not undone; a direct save until it is taken off."""

    log: list[_Said] = field(default_factory=list)

    def say(self, viewer: Viewer, what: str, groups: set[str]) -> bool:
        """Whether it is something that can be said."""
        if what == "undo":
            mine = [n for n, said in enumerate(self.log) if said.who == viewer.name and said.what in ("save", "reject")]
            if not mine:
                return False
            self.log[mine[-1]] = _Said("", "nothing", set())
        elif what in ("save", "reject"):
            self.log.append(_Said(viewer.name, what, groups))
        else:
            saved = self.saved().keys()
            self.log.append(_Said(viewer.name, what, groups - saved if what == "save directly" else groups & saved))
        return True

    def in_force(self, who: str, groups: Iterable[str]) -> dict[str, str]:
        """A scanner's verdicts by group."""
        return {
            group: [
                said.what
                for said in self.log
                if said.what in ("save", "reject") and said.who == who and group in said.groups
            ][-1]
            for group in groups
            if any(said.what in ("save", "reject") and said.who == who and group in said.groups for said in self.log)
        }

    def saved(self) -> dict[str, str]:
        """Who saved it first, by group."""
        found = {}
        for group in ("transients", "bursts"):
            about = [said for said in self.log if group in said.groups]
            start = max((n + 1 for n, said in enumerate(about) if said.what == "unsave"), default=0)
            for n, said in enumerate(about[start:], start):
                later = [s for s in about[n + 1 :] if s.who == said.who and s.what in ("save", "reject")]
                if said.what == "save directly" or (said.what == "save" and not later):
                    found[group] = said.who
                    break
        return found

    def mine(self, viewer: Viewer, group: str | None = None) -> str | None:
        """The verdict of the newest of a scanner's decisions in force."""
        for said in reversed(self.log):
            if said.who == viewer.name and said.what in ("save", "reject") and group in {None, *said.groups}:
                return said.what
        return None


def _act(db: Database, viewer: Viewer, what: str, groups: Sequence[str]) -> None:
    if what == "save directly":
        save_source(db, viewer, "ZTF26public", groups)
    elif what == "unsave":
        unsave_source(db, viewer, "ZTF26public", groups)
    else:
        _decide(db, viewer, "ZTF26public", what, None if what == "undo" else groups)


def _require_standing(db: Database, model: _Model, as_of: datetime | None = None) -> None:
    """What SQL says, now or then."""
    assert {g: who for _, g, who in _sources(db, as_of=as_of)} == model.saved()
    for viewer in (SCANNER, COLLEAGUE, BOTH):
        decisions = current_decisions(db, viewer, ["ZTF26public"], as_of)["ZTF26public"]
        for who in ("scanner", "colleague", "both"):
            verdicts = {g: d["verdict"] for d in decisions if d["user"] == who for g in d["groups"]}
            assert verdicts == model.in_force(who, viewer.groups)
        for group in (None, *viewer.groups & {"transients"}):
            page = queue(db, viewer, selection_of({"group": group}), as_of)["candidates"]
            [entry] = [c for c in page if c["object_id"] == "ZTF26public"]
            known = {g for g in viewer.groups if group in (None, g)}
            saved = bool(known & model.saved().keys())
            assert (entry["mine"], entry["saved"]) == (model.mine(viewer, group), saved)


@settings(max_examples=repeats(20))
@given(_ACTIONS)
def test_memory_and_sql_hold_what_the_rule_says(
    fresh_house: Callable[[], Database], actions: list[tuple[Viewer, str, tuple[str, ...]]]
) -> None:
    db, model, past = fresh_house(), _Model(), []
    for viewer, what, groups in actions:
        wanted = set(groups) & viewer.groups
        if not wanted:
            continue
        if model.say(viewer, what, wanted):
            _act(db, viewer, what, sorted(wanted))
        else:
            with pytest.raises(Conflict, match="no decision"):
                _act(db, viewer, what, sorted(wanted))
        past.append((datetime.now(UTC), deepcopy(model)))
    _require_standing(db, model)
    numbers = db.access.groups
    saved = {numbers[group]: who for group, who in model.saved().items()}
    in_memory, read_anew = (
        book.standing.get(Place("ZTF26public")).value for book in (db.part(DecisionBook), DecisionBook(db))
    )
    assert in_memory.saved == read_anew.saved == saved
    assert [d["decision_id"] for d in in_memory.decisions] == [d["decision_id"] for d in read_anew.decisions]
    for moment, then in past:
        _require_standing(db, then, moment)


@pytest.fixture
def fresh_house(built_house: Any, tmp_path: Any) -> Any:
    import shutil

    from skyhub.service import open_database

    opened: list[Database] = []

    def make() -> Database:
        while opened:
            opened.pop().close()
        opened.append(open_database(shutil.copytree(built_house, tmp_path / _key())))
        return opened[-1]

    yield make
    while opened:
        opened.pop().close()


def test_many_deciders_at_once(house: Database) -> None:
    numbers = candidates_of(house, SCANNER)
    viewers = [Viewer(f"user{n}", frozenset({"transients"}), scopes=SCANNER.scopes) for n in range(8)]
    errors: list[BaseException] = []

    def work(viewer: Viewer) -> None:
        try:
            for step in range(6):
                for number in numbers.values():
                    key = f"{viewer.name}-{step}-{number}"
                    answers = [decide(house, viewer, key, number, ["save", "reject"][step % 2]) for _ in range(2)]
                    assert [a["duplicate"] for a in answers] == [False, True]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(viewer,)) for viewer in viewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    rows = house.reader.rows(ADMINISTRATOR, "SELECT decision_id FROM @decisions")
    assert len({row["decision_id"] for row in rows}) == len(rows) == 8 * 6 * len(numbers)
    assert _sources(house) == set()
    assert all(_mine(house, viewer, "ZTF26public") == "reject" for viewer in viewers)


def test_as_of_returns_the_earlier_state(house: Database) -> None:
    before = datetime.now(UTC)
    _decide(house, SCANNER, "ZTF26public", "save")
    between = datetime.now(UTC)
    _decide(house, SCANNER, "ZTF26public", "reject")
    number = candidates_of(house, SCANNER)["ZTF26public"]
    for moment, verdict, saved in ((before, None, 0), (between, "save", 1), (None, "reject", 0)):
        assert cards(house, SCANNER, [number], moment)[0]["mine"] == verdict
        assert len(sources_table(house, SCANNER, as_of=moment)) == saved
        status = queue(house, SCANNER, Selection(), moment)["candidates"]
        assert {c["object_id"]: c["mine"] for c in status}["ZTF26public"] == verdict
    assert queue(house, SCANNER, Selection(), datetime(2020, 1, 1, tzinfo=UTC))["dayobs"] is None
