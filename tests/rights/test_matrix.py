"""The matrix: every role, every kind of record, every way to read and to change one, against the rule in ten lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from rights_support import AUDIENCES, VIEWERS, Matrix, may_change, may_see, store
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import NotFound
from skyhub.kinds import KINDS
from skyhub.records import Kind, find, get, history
from skyhub.sql import run_sql
from skyhub.team import explain
from support.services import Listener, wait_until

TABLES = [kind.table for kind in KINDS]
SHARED = [kind for kind in KINDS if kind.sharing in ("groups", "own") and kind.made_from is None]
"""Kinds whose authors choose the groups; what is made from rows of others is bound by theirs (test_analyses.py)."""
ROLES = pytest.mark.parametrize("viewer", VIEWERS.values(), ids=list(VIEWERS))
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=TABLES)
EACH_SHARED = pytest.mark.parametrize("kind", SHARED, ids=[kind.table for kind in SHARED])


@pytest.fixture(scope="module")
def client(matrix: Matrix) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=matrix.url, trust_env=False, timeout=60) as connection:
        yield connection


def _as(matrix: Matrix, viewer: Viewer) -> dict[str, str]:
    return {"Authorization": f"Bearer {matrix.token_of(viewer)}"}


def _ids(rows: list[dict[str, Any]], kind: Kind[Any]) -> set[int]:
    return {int(row[kind.id_column]) for row in rows}


def _of(matrix: Matrix, table: str) -> list[tuple[str, int]]:
    return [(name, number) for (kind, name), number in matrix.kept.items() if kind == table]


def test_the_audiences_tell_the_roles_apart(matrix: Matrix) -> None:
    """Else the tests below could pass by chance."""
    assert KINDS
    patterns = {name: tuple(may_see(v, *audience) for v in VIEWERS.values()) for name, audience in AUDIENCES.items()}
    assert len(set(patterns.values())) == len(AUDIENCES)
    assert all(any(row) and not (name != "public" and all(row)) for name, row in patterns.items())


@ROLES
def test_a_list_has_what_one_may_see(matrix: Matrix, client: httpx.Client, viewer: Viewer) -> None:
    headers, wrong = _as(matrix, viewer), []
    for kind in KINDS:
        answer = client.get(f"/api/{kind.table}", params={"limit": 10_000}, headers=headers)
        assert answer.status_code == 200, answer.text
        mine = _ids(answer.json()["rows"], kind) & {number for _, number in _of(matrix, kind.table)}
        gone = _ids(answer.json()["rows"], kind) & set(matrix.removed.values()) - set(matrix.kept.values())
        if mine != matrix.seen(viewer, kind.table) or gone & matrix.seen(ADMINISTRATOR, kind.table, matrix.removed):
            wrong.append(kind.table)
    assert wrong == []


@ROLES
def test_one_record_and_its_history_are_there_or_not(matrix: Matrix, viewer: Viewer) -> None:
    for kind in _third(viewer):
        absent = {read: _answer(read, matrix, viewer, kind, 10**9) for read in (get, history)}
        assert "" not in absent.values()
        for rows, readable in ((matrix.kept, {get, history}), (matrix.removed, {history})):
            for (table, audience), number in rows.items():
                if table == kind.table:
                    sees = may_see(viewer, *AUDIENCES[audience])
                    for read in (get, history):
                        expected = "" if sees and read in readable else absent[read]
                        assert _answer(read, matrix, viewer, kind, number) == expected, (table, audience)


def _third(viewer: Viewer) -> list[Kind[Any]]:
    """A third of the kinds, another one for each of three viewers: their code is the same, and reading them takes time."""
    return list(KINDS)[list(VIEWERS.values()).index(viewer) % 3 :: 3]


def _answer(read: Any, matrix: Matrix, viewer: Viewer, kind: Kind[Any], number: int) -> str:
    """Nothing, or why there is no record, without its number."""
    try:
        read(matrix.db, viewer, kind, number)
        return ""
    except NotFound as error:
        return str(error).replace(str(number), "N")


@ROLES
def test_what_was_known_has_the_access_of_today(matrix: Matrix, viewer: Viewer) -> None:
    for kind in KINDS:
        then = _ids(find(matrix.db, viewer, kind, limit=10_000, as_of=matrix.at_first), kind)
        both = matrix.seen(viewer, kind.table) | matrix.seen(viewer, kind.table, matrix.removed)
        assert (
            then & (matrix.seen(ADMINISTRATOR, kind.table) | matrix.seen(ADMINISTRATOR, kind.table, matrix.removed))
            == both
        )


@ROLES
def test_http_hides_what_it_denies(matrix: Matrix, client: httpx.Client, viewer: Viewer) -> None:
    """Of what is hidden, HTTP says word for word what it says of what does not exist."""
    headers = _as(matrix, viewer)
    for kind in _third(viewer):
        for audience, number in _of(matrix, kind.table)[::2]:
            for path in ("", "/history"):
                answer = client.get(f"/api/{kind.table}/{number}{path}", headers=headers)
                if may_see(viewer, *AUDIENCES[audience]):
                    assert answer.status_code == 200, (kind.table, audience, answer.text)
                else:
                    absent = client.get(f"/api/{kind.table}/999999999{path}", headers=headers)
                    hidden = answer.text.replace(str(number), "N")
                    assert (answer.status_code, hidden) == (404, absent.text.replace("999999999", "N"))


@ROLES
def test_sql_has_the_same_rows(matrix: Matrix, viewer: Viewer) -> None:
    parts = [f"SELECT '{kind.table}' AS kind, {kind.id_column} AS id FROM {kind.table}" for kind in KINDS]
    for as_of in (None, matrix.at_first):
        answer = run_sql(matrix.db, viewer, " UNION ALL ".join(parts), as_of).table.to_pylist()
        for kind in KINDS:
            found = {row["id"] for row in answer if row["kind"] == kind.table}
            expected = matrix.seen(viewer, kind.table)
            if as_of:
                expected |= matrix.seen(viewer, kind.table, matrix.removed)
            known = matrix.seen(ADMINISTRATOR, kind.table) | matrix.seen(ADMINISTRATOR, kind.table, matrix.removed)
            assert found & known == expected, (kind.table, as_of)


@ROLES
def test_explain_agrees(matrix: Matrix, viewer: Viewer) -> None:
    by = {"public": "public", "a stream": "stream", "the author": "personal"}
    for kind in _third(viewer):
        absent = {**explain(matrix.db, viewer, kind.table, "999999999"), "id": None}
        for audience, number in _of(matrix, kind.table):
            answer = explain(matrix.db, viewer, kind.table, str(number))
            if not may_see(viewer, *AUDIENCES[audience]):
                assert {**answer, "id": None} == absent, (kind.table, audience)
                continue
            [row] = answer["rows"]
            expected = "administrator" if viewer.administers else by.get(audience, "group")
            assert (answer["visible"], row["by"], row["count"]) == (True, expected, 1), (kind.table, audience)
            assert viewer.administers or set(row["groups"]) <= viewer.groups
        removed = matrix.removed[kind.table, "public"]
        assert {**explain(matrix.db, viewer, kind.table, str(removed)), "id": None} == absent


@ROLES
def test_every_protected_table_passes_the_filter(matrix: Matrix, viewer: Viewer) -> None:
    """Also those that are no records: alerts, photometry, candidates, decisions, reports, the journal."""
    db = matrix.db
    names = {number: name for name, number in db.access.groups.items()}
    streams = {number: name for name, number in db.access.streams.items()}
    filled = 0
    for table, columns in db.reader.columns.items():
        if "acl" not in columns or table == "acls":
            continue
        for at in ("", "*"):
            everything = db.reader.rows(ADMINISTRATOR, f"SELECT acl, count(*) AS n FROM @{table}{at} GROUP BY acl")
            mine = db.reader.rows(viewer, f"SELECT acl, count(*) AS n FROM @{table}{at} GROUP BY acl")
            expected = {
                row["acl"]: row["n"]
                for row in everything
                for groups, of in [db.access.members(row["acl"])]
                if may_see(viewer, {names[g] for g in groups}, {streams[s] for s in of})
            }
            assert {row["acl"]: row["n"] for row in mine} == expected, table
            filled += bool(everything)
    assert filled > 2 * (len(KINDS) + 6)


@ROLES
def test_only_those_who_may_change_a_record_do(matrix: Matrix, client: httpx.Client, viewer: Viewer) -> None:
    """Whoever may is told that the version is another one; nothing is changed."""
    headers = _as(matrix, viewer)
    body = {"changes": {}, "version": 10**6}
    for kind in _third(viewer):
        for audience, number in _of(matrix, kind.table):
            groups, streams = AUDIENCES[audience]
            status = client.patch(f"/api/{kind.table}/{number}", json=body, headers=headers).status_code
            if not (viewer.administers or kind.scope in viewer.scopes):
                expected = 403
            elif not may_see(viewer, groups, streams):
                expected = 404
            else:
                expected = 409 if may_change(viewer, groups) else 403
            assert status == expected, (kind.table, audience)


@EACH_KIND
def test_adding_needs_the_scope_of_the_kind(matrix: Matrix, client: httpx.Client, kind: Kind[Any]) -> None:
    for viewer in VIEWERS.values():
        answer = client.post(f"/api/{kind.table}", json={"records": [{}]}, headers=_as(matrix, viewer))
        permitted = viewer.administers or kind.scope in viewer.scopes
        assert (answer.status_code == 403) != permitted, (viewer.name, answer.text)


@EACH_SHARED
def test_nobody_writes_for_groups_of_others(matrix: Matrix, client: httpx.Client, kind: Kind[Any]) -> None:
    author = VIEWERS["author"]
    number = store(matrix.db, kind, ["one group"])["one group"]
    scopes = author.scopes | {kind.scope}
    for groups in (["bursts"], ["transients", "stars"], ["~author"], ["~colleague"], ["unheard-of"], ["public"]):
        headers = _as(matrix, Viewer("author", author.groups, scopes=scopes))
        answer = client.put(f"/api/{kind.table}/{number}/groups", json={"groups": groups}, headers=headers)
        assert answer.status_code == 403, (groups, answer.text)
    assert get(matrix.db, VIEWERS["colleague"], kind, number)["groups"] == ["transients"]


@EACH_SHARED
def test_sharing_and_removing_take_effect_at_once(matrix: Matrix, client: httpx.Client, kind: Kind[Any]) -> None:
    number = store(matrix.db, kind, ["one group"])["one group"]
    scopes = VIEWERS["author"].scopes | {kind.scope}
    author = Viewer("author", frozenset({"transients", "bursts"}), scopes=scopes)
    people = {name: VIEWERS[name] for name in ("colleague", "outsider", "visitor")}

    def seeing() -> set[str]:
        path = f"/api/{kind.table}/{number}"
        told = {name for name, v in people.items() if client.get(path, headers=_as(matrix, v)).status_code == 200}
        listed = {name for name, v in people.items() if number in _ids(find(matrix.db, v, kind, limit=10_000), kind)}
        explained = {name for name, v in people.items() if explain(matrix.db, v, kind.table, str(number))["visible"]}
        assert told == listed == explained
        return told

    def send(verb: str, viewer: Viewer, path: str = "", body: Any = None) -> int:
        url = f"/api/{kind.table}/{number}{path}"
        return client.request(verb, url, json=body, headers=_as(matrix, viewer)).status_code

    assert seeing() == {"colleague"}
    assert send("PUT", author, "/groups", {"groups": ["transients", "bursts"]}) == 200
    assert seeing() == {"colleague", "outsider"}
    assert send("PUT", author, "/groups", {"groups": ["bursts"]}) == 200
    assert seeing() == {"outsider"}
    assert {row["author"] for row in history(matrix.db, people["outsider"], kind, number)} == {"author"}
    with pytest.raises(NotFound):
        history(matrix.db, people["colleague"], kind, number)
    assert send("DELETE", Viewer("colleague", frozenset({"transients"}), scopes=scopes)) == 404
    assert send("DELETE", Viewer("outsider", frozenset({"bursts"}), scopes=scopes)) == 403
    assert send("DELETE", VIEWERS["reader"]) == 403
    assert send("DELETE", author) == 200
    assert seeing() == set()


def test_a_vote_needs_more_than_to_view(matrix: Matrix, client: httpx.Client) -> None:
    number = matrix.kept["classifications", "one group"]
    before = matrix.db.version()
    for name, status in (("reader", 403), ("visitor", 403), ("outsider", 404)):
        answer = client.put(f"/api/classifications/{number}/vote", json={"vote": 1}, headers=_as(matrix, VIEWERS[name]))
        assert answer.status_code == status, answer.text
    assert matrix.db.version() == before


def test_live_changes_are_heard_by_those_who_may_see_them(matrix: Matrix, client: httpx.Client) -> None:
    kind = next(kind for kind in SHARED if kind.scope in VIEWERS["author"].scopes)
    people = ("visitor", "colleague", "outsider", "everybody", "author's token")
    heard = {name: Listener(matrix.url, matrix.token_of(VIEWERS[name])) for name in people}
    seqs = {}
    for audience in AUDIENCES:
        acl = matrix.db.writer.write(lambda t, a=audience: t.acl(*_numbers(matrix, a)))  # type: ignore[misc]
        payload = {"user": "author", "action": "edited", "audience": audience}
        matrix.db.writer.write(lambda t, p=payload, n=acl: t.announce(kind.table, p, n))  # type: ignore[misc]
        seqs[audience] = matrix.db.version()
    matrix.db.writer.write(lambda t: t.announce(kind.table, {"audience": "last"}, 0))
    for name, listener in heard.items():
        wait_until(lambda li=listener: any(c.get("audience") == "last" for c in li.changes))  # type: ignore[misc]
        told = {change["audience"] for change in listener.changes if change["kind"] == kind.table} - {"last"}
        assert told == {a for a, of in AUDIENCES.items() if may_see(VIEWERS[name], *of)}, name
        missed = matrix.db.reader.rows(
            VIEWERS[name], "SELECT payload FROM @changes WHERE seq >= ?", [min(seqs.values())]
        )
        assert {json.loads(row["payload"])["audience"] for row in missed} - {"last"} == told


def _numbers(matrix: Matrix, audience: str) -> tuple[list[int], list[int]]:
    groups, streams = AUDIENCES[audience]
    return [matrix.db.access.groups[g] for g in groups], [matrix.db.access.streams[s] for s in streams]
