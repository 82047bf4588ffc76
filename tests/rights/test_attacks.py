"""Attacks that once told of hidden rows, or changed what belongs to others."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.service import open_database, serving
from skyhub.sql import save_table, share_table
from skyhub.team import add_user, change_group, create_group
from skyhub.team._accounts import AccountDirectory
from skyhub.web import TokenSigner
from support.houses import candidates_of
from support.services import Listener, Served, wait_until

_WORK = ROLES["scientist"]
VISITOR = Viewer("visitor", scopes=_WORK)
ANN = Viewer("ann", frozenset({"transients"}), scopes=_WORK)
BOB = Viewer("bob", frozenset({"bursts"}), scopes=_WORK)
ABE = Viewer("abe", ANN.groups | BOB.groups, scopes=_WORK)
SAM = Viewer("sam", frozenset({"stars"}), scopes=_WORK)


class House(Served):
    """A served house and one connection to it."""

    client: httpx.Client

    def ask(self, method: str, path: str, who: Viewer | str, body: Any = None) -> httpx.Response:
        """Ask with somebody's rights, or a token."""
        token = who if isinstance(who, str) else self.token_of(who)
        return self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})

    def add(self, table: str, who: Viewer, groups: list[str] | None = None, **fields: Any) -> str:
        """Add a record; its identifier."""
        answer = self.ask("POST", f"/api/{table}", who, {"records": [fields], "groups": groups})
        assert answer.status_code == 200, answer.text
        [record] = answer.json()["records"]
        return str(next(iter(record.values())))


@pytest.fixture(scope="module")
def house(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp("attacks") / "house"))
    database: Database
    with open_database(data_dir) as database, serving(database) as address:
        made = House(address.url, address.token, database, TokenSigner(data_dir))
        with httpx.Client(base_url=address.url, trust_env=False, timeout=60) as made.client:
            yield made


def _redshifts(house: House, who: Viewer, object_id: str) -> list[float]:
    found = house.ask("GET", f"/api/objects/{object_id}", who).json()["redshifts"]
    return [row["redshift"] for row in found]


def test_a_record_that_was_moved_leaves_the_page_of_its_first_object(house: House) -> None:
    """Once the page kept it in memory, and showed it still when the record was shared with fewer."""
    number = house.add("redshifts", ABE, object_id="ZTF26public", redshift=0.123, type="host")
    assert 0.123 in _redshifts(house, BOB, "ZTF26public")
    house.ask("PATCH", f"/api/redshifts/{number}", ABE, {"changes": {"object_id": "ZTF26faint"}})
    assert 0.123 not in _redshifts(house, BOB, "ZTF26public")
    assert 0.123 in _redshifts(house, BOB, "ZTF26faint")


@pytest.mark.parametrize("moved", [False, True])
def test_what_is_shared_with_fewer_is_gone_from_everywhere(house: House, moved: bool) -> None:
    redshift = 0.56789 + moved
    number = house.add("redshifts", ABE, object_id="ZTF26public", redshift=redshift, type="host")
    before = datetime.now(UTC)
    if moved:
        house.ask("PATCH", f"/api/redshifts/{number}", ABE, {"changes": {"object_id": "ZTF26faint"}})
    for name in ("ZTF26public", "ZTF26faint"):
        _redshifts(house, BOB, name)
    answer = house.ask("PUT", f"/api/redshifts/{number}/groups", ABE, {"groups": ["transients"]})
    assert answer.status_code == 200, answer.text
    for path in ("", "/history"):
        for name in ("ZTF26public", "ZTF26faint"):
            for as_of in ("", f"?as_of={before.isoformat().replace('+00:00', 'Z')}"):
                assert str(redshift) not in house.ask("GET", f"/api/objects/{name}{path}{as_of}", BOB).text
    assert str(redshift) not in house.ask("GET", "/api/audit?table=redshifts", BOB).text
    assert str(redshift) in house.ask("GET", "/api/audit?table=redshifts", ANN).text
    assert number not in _told(house, BOB, "redshift_id")
    assert number in _told(house, ANN, "redshift_id")


def _told(house: House, who: Viewer, identifier: str) -> set[str]:
    """What somebody hears who listens from the beginning."""
    listener = Listener(house.url, house.token_of(who), "0")
    last = house.add("comments", who, object_id="ZTF26public", text="the last one")
    wait_until(lambda: any(change.get("comment_id") == last for change in listener.changes))
    return {str(change[identifier]) for change in listener.changes if identifier in change}


@pytest.mark.parametrize("again", [False, True])
def test_a_table_that_is_shared_with_fewer_is_gone_from_the_journal(house: House, again: bool) -> None:
    name, table = f"my_candidates_{again}".lower(), pa.table({"a": [1]})
    save_table(house.db, ABE, name, table, groups=["bursts"])
    assert name in house.ask("GET", "/api/audit?table=user_tables", BOB).text
    if again:
        save_table(house.db, ABE, name, table, groups=["transients"])
    else:
        share_table(house.db, ABE, name, [])
    assert name not in house.ask("GET", "/api/audit?table=user_tables", BOB).text
    assert name in house.ask("GET", "/api/audit?table=user_tables", ABE).text


def test_a_later_member_hears_nothing_of_what_is_hidden_by_then(house: House) -> None:
    number = house.add("aliases", ABE, object_id="ZTF26public", alias="SN 2026hush")
    house.ask("PUT", f"/api/aliases/{number}/groups", ABE, {"groups": ["transients"]})
    late = Viewer("late", frozenset({"bursts"}), scopes=_WORK)
    statement = {"statement": "SELECT payload FROM changes"}
    rows = pa.ipc.open_stream(house.ask("POST", "/api/sql", late, statement).content).read_all()
    assert not any("SN 2026hush" in payload for payload in rows["payload"].to_pylist())
    assert "SN 2026hush" not in house.ask("GET", "/api/audit", late).text


def test_to_know_a_digest_is_not_to_have_the_file(house: House) -> None:
    """Nor to learn that somebody has it."""
    secret = b"the plan of the group of stars"
    content = base64.b64encode(secret).decode()
    assert house.ask("POST", "/api/attachments", SAM, {"name": "plan.txt", "content": content}).status_code == 200
    own = {"name": "own.txt", "content": base64.b64encode(b"anything").decode()}
    number = house.ask("POST", "/api/attachments", BOB, own).json()["attachment_id"]
    answers = [
        house.ask("PATCH", f"/api/attachments/{number}", BOB, {"changes": {"digest": digest}})
        for digest in (hashlib.sha256(secret).hexdigest(), "0" * 64)
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(400, answers[1].text)}
    assert house.ask("GET", f"/api/attachments/{number}/file", BOB).content == b"anything"
    renamed = house.ask("PATCH", f"/api/attachments/{number}", BOB, {"changes": {"description": "mine"}})
    assert renamed.status_code == 200, renamed.text


def test_the_digest_of_a_hidden_file_makes_no_spectrum(house: House) -> None:
    secret = b"the spectrum of the group of stars"
    content = base64.b64encode(secret).decode()
    assert house.ask("POST", "/api/attachments", SAM, {"name": "s.txt", "content": content}).status_code == 200
    fields = {
        "object_id": "ZTF26public",
        "observed_at": "2026-11-22T03:00:00Z",
        "wavelengths": [1, 2],
        "fluxes": [1, 2],
    }
    texts = set()
    for digest in (hashlib.sha256(secret).hexdigest(), "0" * 64):
        answer = house.ask("POST", "/api/spectra", BOB, {"records": [{**fields, "file_digest": digest}]})
        texts.add((answer.status_code, answer.text))
    assert len(texts) == 1
    assert texts.pop()[0] == 400


def test_the_name_of_a_private_group_cannot_be_probed_by_sharing(house: House) -> None:
    create_group(house.db, AccountDirectory(house.db), SAM, "hush", {"private": True})
    inside = Viewer("sam", frozenset({"transients", "hush"}), scopes=_WORK)
    change_group(house.db, ADMINISTRATOR, "transients", {"admins": ["ann"]})
    number = house.add("comments", inside, ["transients", "hush"], object_id="ZTF26public", text="x")
    answers = [
        house.ask("PUT", f"/api/comments/{number}/groups", ANN, {"groups": ["transients", name]})
        for name in ("hush", "hash")
    ]
    assert answers[0].text.replace("hush", "hash") == answers[1].text
    assert [answer.status_code for answer in answers] == [403, 403]
    assert house.ask("PUT", f"/api/comments/{number}/groups", inside, {"groups": ["hush"]}).status_code == 200


def test_a_vote_tells_nobody_of_a_classification_that_is_personal(house: House) -> None:
    number = house.add("classifications", VISITOR, object_id="ZTF26public", classification="Ia")
    joined = Viewer("visitor", frozenset({"bursts"}), scopes=_WORK)
    for who, expected in ((joined, 200), (BOB, 404), (VISITOR, 200)):
        assert house.ask("PUT", f"/api/classifications/{number}/vote", who, {"vote": 1}).status_code == expected
    assert house.ask("GET", "/api/classification_votes", BOB).json()["rows"] == []
    [vote] = house.ask("GET", "/api/classification_votes", VISITOR).json()["rows"]
    assert vote["groups"] == ["~visitor"]


def test_what_is_said_of_a_record_tells_nobody_else_of_it(house: House) -> None:
    """Neither an answer, nor a comment on a spectrum, nor who looks after the platform and comments on what is personal."""
    fields = {"object_id": "ZTF26public", "observed_at": "2026-11-22T04:00:00Z"}
    spectrum = house.add("spectra", ABE, ["transients"], **fields, wavelengths=[1, 2], fluxes=[1, 2])
    comment = house.add("comments", ABE, about_table="spectra", about_id=int(spectrum), text="hush, a nebular line")
    answer = house.add("comments", ABE, reply_to=int(comment), text="hush, indeed")
    mine = house.add("comments", VISITOR, object_id="ZTF26public", text="hush, a note to myself")
    kept = house.add("comments", ADMINISTRATOR, reply_to=int(mine), text="hush, it is late")
    for path in ("/api/comments", "/api/audit", "/api/objects/ZTF26public/history"):
        assert "hush" not in house.ask("GET", path, BOB).text
    told = _told(house, BOB, "comment_id")
    assert not told & {comment, answer, mine, kept}
    assert {comment, answer} <= _told(house, ANN, "comment_id")
    assert house.ask("GET", f"/api/comments/{kept}", VISITOR).json()["groups"] == ["~visitor"]


def test_a_link_tells_nobody_of_the_other_object(house: House) -> None:
    link = house.add("same_as", ADMINISTRATOR, ["bursts", "stars"], object_id="ZTF26caltech", other_id="ZTF26faint")
    assert house.ask("GET", f"/api/same_as/{link}", BOB).status_code == 404
    assert "ZTF26caltech" not in house.ask("GET", "/api/audit?table=same_as", BOB).text
    assert house.ask("GET", f"/api/same_as/{link}", SAM).status_code == 200


def test_a_record_that_was_moved_to_a_hidden_object_goes_with_it(house: House) -> None:
    """Nor does sharing it anew, once it has come back, tell of where it was."""
    number = house.add(
        "redshifts", ADMINISTRATOR, ["bursts", "stars"], object_id="ZTF26public", redshift=0.2, type="host"
    )
    assert house.ask("GET", f"/api/redshifts/{number}", BOB).status_code == 200
    house.ask("PATCH", f"/api/redshifts/{number}", ADMINISTRATOR, {"changes": {"object_id": "ZTF26caltech"}})
    assert house.ask("GET", f"/api/redshifts/{number}", BOB).status_code == 404
    assert house.ask("GET", f"/api/redshifts/{number}", SAM).status_code == 200
    house.ask("PATCH", f"/api/redshifts/{number}", ADMINISTRATOR, {"changes": {"object_id": "ZTF26public"}})
    assert house.ask("GET", f"/api/redshifts/{number}", BOB).status_code == 200
    assert house.ask("PUT", f"/api/redshifts/{number}/groups", ADMINISTRATOR, {"groups": ["bursts"]}).status_code == 200
    for path in (f"/api/redshifts/{number}/history", "/api/audit?table=redshifts", "/api/objects/ZTF26public/history"):
        assert "ZTF26caltech" not in house.ask("GET", path, BOB).text


def test_nobody_undoes_a_decision_for_groups_that_they_have_left(house: House) -> None:
    candidate = str(candidates_of(house.db, VISITOR)["ZTF26public"])

    def decide(who: Viewer, verdict: str, **rest: Any) -> int:
        body = {
            "key": f"{who.name} {verdict} {sorted(who.groups)}",
            "candidate_id": candidate,
            "verdict": verdict,
            **rest,
        }
        return house.ask("POST", "/api/decisions", who, body).status_code

    def saved() -> list[str]:
        return [row["object_id"] for row in house.ask("GET", "/api/sources", ANN).json()["sources"]]

    assert decide(ABE, "save", groups=["transients"]) == 200
    assert decide(Viewer("abe", BOB.groups, scopes=_WORK), "undo") == 409
    assert saved() == ["ZTF26public"]
    assert decide(ABE, "undo") == 200
    assert saved() == []


@pytest.mark.parametrize("name", ["public", "Public"])
def test_no_group_is_called_what_stands_for_everybody(house: House, name: str) -> None:
    with pytest.raises(InvalidInput, match="stands for everybody"):
        create_group(house.db, AccountDirectory(house.db), BOB, name, {})


def test_a_lesser_role_takes_effect_at_once(house: House) -> None:
    add_user(house.db, "una", ["bursts"], role="scientist")
    una = Viewer("una", BOB.groups, scopes=_WORK)
    body = {"name": "t", "scopes": ["view", "save"]}
    token = house.ask("POST", "/api/tokens", una, body).json()["token"]
    assert house.ask("GET", "/api/me", token).json()["scopes"] == ["save", "view"]
    house.ask("POST", "/api/users", ADMINISTRATOR, {"name": "una", "role": "viewer"})
    assert house.ask("GET", "/api/me", token).json()["scopes"] == ["view"]


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
def test_times_beyond_the_calendar_are_refused(house: House, since: str) -> None:
    assert house.ask("GET", f"/api/audit?since={since}", BOB).status_code == 400


@pytest.mark.parametrize("directly", [False, True], ids=["by a decision", "directly"])
def test_saving_for_a_group_that_may_not_see_an_object_tells_it_nothing(house: House, directly: bool) -> None:
    hidden = "ZTF26partner"
    assert house.ask("GET", f"/api/objects/{hidden}", BOB).status_code == 404
    if directly:
        answer = house.ask("PUT", f"/api/sources/{hidden}", ABE, {"groups": ["bursts"]})
    else:
        candidate = str(candidates_of(house.db, ABE)[hidden])
        body = {"key": "k", "candidate_id": candidate, "verdict": "save", "groups": ["bursts"]}
        answer = house.ask("POST", "/api/decisions", ABE, body)
    assert answer.status_code == 200, answer.text
    assert hidden in house.ask("GET", "/api/sources", ABE).text
    for path in ("/api/sources", "/api/audit", "/api/candidates"):
        assert hidden not in house.ask("GET", path, BOB).text, path
    assert house.ask("GET", f"/api/objects/{hidden}/history", BOB).status_code == 404
    for table in ("sources", "decisions", "changes"):
        assert hidden not in str(house.db.reader.rows(BOB, f"SELECT * FROM @{table}")), table
