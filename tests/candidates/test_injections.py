"""Blind injections: who may prepare one, that scanners cannot tell, that nothing of it stands, and who learns what."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from skyhub.candidates import (
    PREFERENCES,
    close_injection,
    decide,
    injection_result,
    injections,
    prepare_injection,
    scanner_agreement,
)
from skyhub.care import check
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.notes import COMMENTS
from skyhub.records import add
from skyhub.science.proportions import wilson_interval
from skyhub.service import open_database, serving
from skyhub.sources import save_source, unsave_source
from skyhub.sql import run_sql
from skyhub.team import add_user, change_group, explain
from skyhub.web import TokenSigner
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of
from support.services import Listener, Served, wait_until

NIGHT = date(2026, 11, 21)
LEADER = Viewer("leader", frozenset({"transients"}), scopes=ROLES["scientist"])
THIRD = Viewer("third", frozenset({"transients"}), scopes=ROLES["scanner"])
NEWCOMER = Viewer("newcomer", frozenset({"transients"}), scopes=ROLES["scanner"])
BOTH = Viewer("scanner", frozenset({"transients", "bursts"}), scopes=ROLES["scanner"])
TOKEN = Viewer("scanner", frozenset({"bursts"}), scopes=ROLES["scanner"], personal=False)
SERVER = Viewer("scheduler", frozenset({"transients"}))
MEMBERS = ["leader", *(viewer.name for viewer in (SCANNER, COLLEAGUE, THIRD))]
OBJECTS = ["ZTF26partner", "ZTF26public"]

_keys = (f"injected {number}" for number in count())


def _decide(db: Database, viewer: Viewer, object_id: str, verdict: str) -> dict[str, Any]:
    return decide(db, viewer, next(_keys), candidates_of(db, viewer)[object_id], verdict)


def _led(db: Database) -> Database:
    change_group(db, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    return db


def _prepare(db: Database, viewer: Viewer = LEADER, **given: Any) -> int:
    asked = {"name": "supernovae", "group": "transients", "object_ids": OBJECTS, "dayobs": NIGHT, **given}
    return int(prepare_injection(db, viewer, asked.pop("members", MEMBERS), **asked)["injection_id"])


@pytest.fixture
def db(house: Database) -> Database:
    """Of two objects the one is saved, and the other was rejected and taken back."""
    _decide(_led(house), COLLEAGUE, "ZTF26public", "save")
    _decide(house, SCANNER, "ZTF26public", "save")
    _decide(house, SCANNER, "ZTF26partner", "reject")
    save_source(house, COLLEAGUE, "ZTF26partner", ["transients"])
    return house


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"object_ids": []}, InvalidInput, "1 to 1000 are permitted"),
        ({"object_ids": [f"x{n}" for n in range(1001)]}, InvalidInput, "1 to 1000 are permitted"),
        ({"object_ids": [*OBJECTS, "ZTF26elsewhere"]}, InvalidInput, "1 objects are no candidates.*ZTF26elsewhere"),
        ({"object_ids": ["ZTF26faint"]}, InvalidInput, "no candidates of transients"),
        ({"object_ids": ["ZTF26caltech"]}, InvalidInput, "no candidates of transients"),
        ({"dayobs": date(2026, 11, 20)}, InvalidInput, "or another night"),
        ({"name": " "}, InvalidInput, "1 to 60 are permitted"),
        ({"name": "n" * 61}, InvalidInput, "1 to 60 are permitted"),
        ({"group": "unheard-of"}, NotFound, "no group"),
        ({"members": ["leader"]}, InvalidInput, "nobody but you"),
    ],
)
def test_what_is_refused(db: Database, changes: dict[str, Any], error: type[Exception], text: str) -> None:
    before = db.version()
    with pytest.raises(error, match=text):
        _prepare(db, **changes)
    assert (db.version(), injections(db, ADMINISTRATOR)) == (before, [])


@pytest.mark.parametrize(
    ("viewer", "error"),
    [
        (SCANNER, PermissionRefused),
        (OTHER, PermissionRefused),
        (VISITOR, PermissionRefused),
        (SERVER, PermissionRefused),
    ],
)
def test_who_may_not_prepare(db: Database, viewer: Viewer, error: type[Exception]) -> None:
    with pytest.raises(error):
        _prepare(db, viewer)


def test_an_object_is_in_one_of_a_group_at_a_time(db: Database) -> None:
    _prepare(db, object_ids=OBJECTS[:1])
    with pytest.raises(Conflict, match="ZTF26partner is in an injection"):
        _prepare(db)
    _prepare(db, object_ids=OBJECTS[1:])


def test_what_scanners_could_read_is_told_beforehand(db: Database) -> None:
    add(db, COLLEAGUE, COMMENTS, [{"object_id": "ZTF26public", "text": "A supernova."}], ["transients"])
    made = prepare_injection(db, LEADER, MEMBERS, "supernovae", "transients", OBJECTS)
    assert made["revealing"] == ["ZTF26public"]
    assert (made["dayobs"], made["group"], made["open"]) == (NIGHT.isoformat(), "transients", True)


class _Twins(NamedTuple):
    injected: Served
    fresh: Served


@pytest.fixture(scope="module")
def twins(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Twins]:
    """A house with an injection of objects that were decided on, and one in which nobody ever decided."""
    served = []
    with ExitStack() as stack:
        for name in ("injected", "fresh"):
            data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp(name) / name))
            db = stack.enter_context(open_database(data_dir))
            address = stack.enter_context(serving(db))
            _led(db)
            served.append(Served(address.url, address.token, db, TokenSigner(data_dir)))
        first = served[0].db
        _decide(first, COLLEAGUE, "ZTF26public", "save")
        _decide(first, SCANNER, "ZTF26public", "save")
        _decide(first, SCANNER, "ZTF26partner", "reject")
        _decide(first, COLLEAGUE, "ZTF26partner", "save")
        _decide(first, COLLEAGUE, "ZTF26partner", "undo")
        save_source(first, COLLEAGUE, "ZTF26partner", ["transients"])
        _prepare(first)
        yield _Twins(*served)


def _plain(value: Any) -> str:
    """An answer without what differs between any two houses: numbers of decisions and of changes, and times."""
    text = json.dumps(value, sort_keys=True, default=str)
    text = re.sub(r'"(decision_id|seq|undoes|record_id|data_version|latest)": "?\d+"?', r'"\1": 0', text)
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)?", "TIME", text)


def _seen_over_http(house: Served, viewer: Viewer) -> dict[str, str]:
    """What a viewer's own token reads in all places that tell of decisions, and of what is theirs."""
    token = house.token_of(viewer)
    numbers = candidates_of(house.db, viewer)
    statuses = [f"/api/candidates?status={status}&limit=50" for status in ("all", "unreviewed", "saved", "rejected")]
    narrow = [
        f"/api/candidates?status=all&saved_status={s}" for s in ("saved_to_any_selected", "not_saved_to_any_selected")
    ]
    about = [
        f"/api/{place}"
        for name in OBJECTS
        for place in (
            f"objects/{name}",
            f"objects/{name}/history",
            f"explain/sources/{name}",
            f"audit?object_id={name}",
        )
    ]
    paths = [
        *statuses, *narrow, *about, "/api/candidates/nights", "/api/news", "/api/audit", "/api/audit?table=decisions",
        f"/api/candidates/cards?ids={','.join(map(str, sorted(numbers.values())))}", "/api/audit?table=sources",
        "/api/injections", "/api/sources", "/api/injections/1/result", "/api/explain/injections/1",
        f"/api/candidates/agreement?dayobs={NIGHT}&me=true",
    ]  # fmt: skip
    answers = {path: house.get(path, token) for path in paths}
    absent = {path for path, answer in answers.items() if answer.status_code != 200}
    assert absent - {"/api/injections/1/result"} <= {path for path in about if OBJECTS[0] in path}  # one is of a stream
    return {path: f"{answer.status_code} {_plain(answer.json())}" for path, answer in answers.items()}


def _seen_in_sql(house: Served, viewer: Viewer, as_of: datetime | None = None) -> dict[str, str]:
    """All tables in which a decision could be."""
    return {
        table: _plain(run_sql(house.db, viewer, f"SELECT {columns} FROM {table} ORDER BY ALL", as_of).table.to_pylist())
        for table, columns in {
            "decisions": "object_id, candidate_id, user_name, verdict, group_ids, undoes IS NULL AS undone",
            "sources": "object_id, group_id, saved_by",
            "candidates": "* EXCLUDE (known_at)",
            "changes": "kind, payload->>'object_id' AS object_id, payload->>'user' AS \"user\"",
        }.items()
    }


def _act(house: Served, viewer: Viewer) -> list[str]:
    """What a scanner does, with all answers."""
    numbers = candidates_of(house.db, viewer)
    verdicts = [("ZTF26public", "undo"), ("ZTF26public", "save"), ("ZTF26partner", "reject"), ("ZTF26partner", "save")]
    with house.sky(viewer) as sky:
        decisions = [(f"{viewer.name}{n}", str(numbers[name]), verdict) for n, (name, verdict) in enumerate(verdicts)]
        last = (f"{viewer.name} last", str(numbers["ZTF26partner"]), "undo")
        return [
            *(_answer(sky.candidates.decide, *given) for given in decisions for _ in range(2)),
            _answer(sky.sources.save, "ZTF26public", ["transients"]),
            _answer(sky.sources.save, "ZTF26partner"),
            _answer(sky.sources.unsave, "ZTF26public", ["transients"]),
            _answer(sky.candidates.decide, *last),
        ]


def _answer(ask: Callable[..., Any], *given: Any) -> str:
    try:
        return _plain(ask(*given))
    except (Conflict, NotFound) as error:
        return f"{type(error).__name__} {error}"


BLIND = [SCANNER, COLLEAGUE, NEWCOMER, BOTH, TOKEN, SERVER]


@pytest.mark.parametrize("viewer", BLIND, ids=lambda v: f"{v.name} {sorted(v.groups)}")
def test_a_scanner_reads_what_one_reads_where_nobody_ever_decided(twins: _Twins, viewer: Viewer) -> None:
    """By HTTP, by SQL and at earlier times; numbers and times apart, the two houses say the same word for word."""
    assert _seen_over_http(twins.injected, viewer) == _seen_over_http(twins.fresh, viewer)
    assert _seen_in_sql(twins.injected, viewer) == _seen_in_sql(twins.fresh, viewer)
    [opened] = injections(twins.injected.db, ADMINISTRATOR)
    before = datetime.fromisoformat(opened["known_at"]).astimezone(UTC)
    assert _seen_in_sql(twins.injected, viewer, before) == _seen_in_sql(twins.fresh, viewer, before)


def test_what_scanners_do_is_answered_as_if_it_stood(twins: _Twins) -> None:
    """And each sees what the others did, live and afterwards, as of any candidate."""
    listeners = [Listener(house.url, house.token_of(COLLEAGUE)) for house in twins]
    told = [[_act(house, viewer) for viewer in (SCANNER, THIRD)] for house in twins]
    assert told[0] == told[1]
    for viewer in (SCANNER, COLLEAGUE, THIRD, TOKEN):
        assert _seen_over_http(twins.injected, viewer) == _seen_over_http(twins.fresh, viewer)
        assert _seen_in_sql(twins.injected, viewer) == _seen_in_sql(twins.fresh, viewer)
    told_of = [house.get("/api/audit?limit=1000", house.token_of(COLLEAGUE)).json()["rows"] for house in twins]
    n = sum(row["table"] in ("decisions", "sources") for row in told_of[1])
    heard = [wait_until(lambda x=listener: _heard(x, n)) for listener in listeners]  # type: ignore[misc]
    assert heard[0] == heard[1]


def test_a_decision_from_before_is_explained_as_one_that_is_not_there(twins: _Twins) -> None:
    for viewer in BLIND:
        hidden, absent = (explain(twins.injected.db, viewer, "decisions", number) for number in ("1", "987654"))
        assert {**hidden, "id": None} == {**absent, "id": None}
    assert explain(twins.injected.db, LEADER, "decisions", "1")["visible"]


def _heard(listener: Listener, n: int) -> list[str] | None:
    """Changes about decisions, once there are so many."""
    events = [_plain(change) for change in listener.changes if change["kind"] in ("decision", "sources")]
    return events if len(events) >= n else None


def test_who_is_not_to_be_blind_sees_what_stands(db: Database) -> None:
    viewers = (LEADER, ADMINISTRATOR, OTHER, VISITOR)
    house = [Served("", "", db, None)]  # type: ignore[arg-type]
    before = [_seen_in_sql(house[0], viewer) for viewer in viewers]
    number = _prepare(db)
    for viewer in (SCANNER, COLLEAGUE, THIRD):
        _decide(db, viewer, "ZTF26public", "reject")
        save_source(db, viewer, "ZTF26partner", ["transients"])
    shown = [{k: v for k, v in _seen_in_sql(house[0], v).items() if k != "changes"} for v in viewers]
    assert shown == [{k: v for k, v in seen.items() if k != "changes"} for seen in before]
    for viewer in viewers[2:]:
        assert _seen_in_sql(house[0], viewer)["changes"] == before[viewers.index(viewer)]["changes"]
    _decide(db, LEADER, "ZTF26public", "reject")
    assert "leader" in _seen_in_sql(house[0], LEADER)["decisions"]
    assert "leader" not in _seen_in_sql(house[0], SCANNER)["decisions"]
    close_injection(db, LEADER, number)


def test_nothing_stands_of_what_was_decided(db: Database) -> None:
    before = _seen_in_sql(Served("", "", db, None), SCANNER)  # type: ignore[arg-type]
    agreed = scanner_agreement(db, SCANNER, [NIGHT])
    number = _prepare(db)
    assert scanner_agreement(db, SCANNER, [NIGHT])["n_pairs"] == 0
    sent = decide(db, SCANNER, "kept", candidates_of(db, SCANNER)["ZTF26public"], "reject")
    _decide(db, COLLEAGUE, "ZTF26public", "reject")
    unsave_source(db, COLLEAGUE, "ZTF26partner", ["transients"])
    close_injection(db, LEADER, number)
    after = _seen_in_sql(Served("", "", db, None), SCANNER)  # type: ignore[arg-type]
    assert {k: after[k] for k in ("decisions", "sources", "candidates")} == {
        k: before[k] for k in ("decisions", "sources", "candidates")
    }
    assert "reject" not in after["changes"].replace(before["changes"][1:-1], "")
    assert scanner_agreement(db, SCANNER, [NIGHT]) == agreed
    again = decide(db, SCANNER, "kept", candidates_of(db, SCANNER)["ZTF26public"], "reject")
    assert again == {**sent, "duplicate": True}
    with pytest.raises(Conflict, match="closed already"):
        close_injection(db, LEADER, number)
    assert check(db)["ok"]


def test_it_is_open_after_a_restart(built_house: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(built_house, tmp_path / "again"))
    with open_database(data_dir) as db:
        _decide(_led(db), COLLEAGUE, "ZTF26public", "save")
        _prepare(db)
        blind = _decide(db, SCANNER, "ZTF26public", "reject")["decision"]
    with open_database(data_dir) as db:
        rows = db.reader.rows(SCANNER, "SELECT user_name, verdict FROM @decisions")
        assert rows == [{"user_name": "scanner", "verdict": "reject"}]
        standing = _decide(db, LEADER, "ZTF26public", "reject")["decision"]
        assert int(standing["decision_id"]) > int(blind["decision_id"])


@pytest.fixture
def scanned(db: Database) -> tuple[Database, int]:
    """Three scanners: one object is saved by two, the other by one, who takes it back."""
    number = _prepare(db)
    for viewer in (SCANNER, COLLEAGUE):
        _decide(db, viewer, "ZTF26public", "save")
    _decide(db, THIRD, "ZTF26public", "reject")
    _decide(db, THIRD, "ZTF26partner", "save")
    _decide(db, THIRD, "ZTF26partner", "undo")
    _decide(db, SCANNER, "ZTF26partner", "reject")
    return db, number


def test_the_result_is_told_when_it_is_closed(scanned: tuple[Database, int]) -> None:
    db, number = scanned
    with pytest.raises(Conflict, match="is open"):
        injection_result(db, LEADER, number)
    for viewer in (SCANNER, OTHER, VISITOR):
        for ask in (injection_result, close_injection):
            with pytest.raises((NotFound, PermissionRefused)):
                ask(db, viewer, number)
        assert injections(db, viewer) == []
    close_injection(db, ADMINISTRATOR, number)
    told = injection_result(db, SCANNER, number, confidence=0.9)
    low, high = (float(bound) for bound in wilson_interval(1, 2, 0.9))
    figures = {"n_offered": 2, "n_decided": 2, "n_saved": 1, "recall": 0.5, "recall_low": low, "recall_high": high}
    assert told["group_recall"] == figures
    [row] = told["filters"]
    assert row == {"filter_id": row["filter_id"], "name": "filter of transients", **figures}
    assert (told["n_scanners"], told["withheld"], told["missed"], told["mine"]) == (3, None, ["ZTF26partner"], None)
    assert [i["open"] for i in injections(db, COLLEAGUE)] == [False]
    for viewer in (OTHER, VISITOR):
        assert injections(db, viewer) == []
        with pytest.raises(NotFound):
            injection_result(db, viewer, number)


@pytest.mark.parametrize("viewer", [SCANNER, COLLEAGUE, THIRD, LEADER, ADMINISTRATOR], ids=lambda v: v.name)
def test_ones_own_figures_are_ones_own(scanned: tuple[Database, int], viewer: Viewer) -> None:
    """Only who has chosen so is told them, and only oneself."""
    db, number = scanned
    close_injection(db, LEADER, number)
    _choose(db, SCANNER, True)
    told = injection_result(db, viewer, number)
    mine = told.pop("mine")
    assert not [name for name in MEMBERS if f'"{name}"' in json.dumps(told)]
    if viewer is not SCANNER:
        assert mine is None
        return
    assert (mine["n_decided"], mine["n_saved"], mine["recall"], mine["missed"]) == (2, 1, 0.5, ["ZTF26partner"])
    _choose(db, SCANNER, False)
    assert injection_result(db, viewer, number)["mine"] is None


def _choose(db: Database, viewer: Viewer, value: bool) -> None:
    add(db, viewer, PREFERENCES, [{"name": "named_in_scanning", "value": value}], revise=True)


def test_figures_of_two_are_withheld(db: Database) -> None:
    number = _prepare(db)
    for viewer in (SCANNER, COLLEAGUE):
        _decide(db, viewer, "ZTF26public", "save")
    close_injection(db, LEADER, number)
    _choose(db, SCANNER, True)
    told = injection_result(db, LEADER, number)
    assert "fewer than 3" in told["withheld"]
    assert [told[name] for name in ("n_scanners", "group_recall", "filters", "missed")] == [None] * 4
    assert injection_result(db, SCANNER, number)["mine"]["recall"] == 1.0


def test_over_http(served: Served) -> None:
    db = served.db
    for name in MEMBERS:
        add_user(db, name, ["transients"])
    with served.sky(LEADER) as sky:
        with pytest.raises(PermissionRefused):
            sky.injections.prepare("supernovae", "transients", OBJECTS)
        _led(db)
        made = sky.injections.prepare("supernovae", "transients", OBJECTS, dayobs=NIGHT.isoformat())
        with served.sky(SCANNER) as scanner:
            assert scanner.injections.list() == []
        closed = sky.injections.close(made["injection_id"])
        assert [i["injection_id"] for i in sky.injections.list()] == [closed["injection_id"]]
        assert sky.injections.result(made["injection_id"], confidence=0.9)["withheld"]
    with served.sky(SCANNER) as scanner:
        scanner.preferences.add(name="named_in_scanning", value=True)
        assert scanner.injections.result(made["injection_id"])["mine"]["n_decided"] == 0


def test_what_is_said_about_a_blind_decision_is_no_damage(house: Database) -> None:
    _prepare(_led(house))
    decided = _decide(house, SCANNER, "ZTF26partner", "save")["decision"]
    said = {"text": "rather red", "about_table": "decisions", "about_id": int(decided["decision_id"])}
    add(house, SCANNER, COMMENTS, [said])
    assert [problem["kind"] for problem in check(house)["problems"]] == ["backup"]
