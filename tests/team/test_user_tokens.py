"""Tokens that users made: fewer rights than their owner at each use, revoked at once, never shown again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, ROLES, Viewer
from skyhub.errors import InvalidInput, NotAuthenticated, NotFound, PermissionRefused
from skyhub.service import open_database, serving
from skyhub.team import AccountDirectory, TokenRequest, UserTokens, add_user, personal_group, viewer_of_account
from skyhub.team import _tokens as module
from support.effort import repeats
from support.houses import COLLEAGUE, SCANNER, VISITOR
from support.services import Listener, Served, wait_until


def _with(served: Served, token: str) -> Sky:
    return Sky(Transport(served.url, token))


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"scopes": []},
        {"hours": 0},
        {"hours": -1},
        {"hours": 1e9},
        {"hours": float("inf")},
    ],
)
def test_impossible_tokens_are_refused(still: Served, bad: dict[str, Any]) -> None:
    tokens = UserTokens(still.db, AccountDirectory(still.db), hub=False)
    with pytest.raises(InvalidInput):
        tokens.make(SCANNER, TokenRequest(**{"name": "n", "scopes": ["view"], "groups": None, "hours": 1, **bad}))


@pytest.mark.parametrize(
    ("scopes", "groups"),
    [
        (["administer"], None),
        (["ingest", "view"], None),
        (["fly"], None),
        (["view"], ["stars"]),
        (["view"], ["~scanner"]),
        (["view"], ["nowhere"]),
    ],
)
def test_more_rights_than_ones_own_are_refused(still: Served, scopes: list[str], groups: list[str] | None) -> None:
    with still.sky(SCANNER) as sky:
        with pytest.raises(PermissionRefused, match="are permitted"):
            sky.tokens.make("too much", scopes, groups)
        assert "too much" not in [row["name"] for row in sky.tokens().to_rows()]


def test_an_administrators_token_cannot_pretend_to_see_less(still: Served) -> None:
    with still.sky(ADMINISTRATOR) as sky, pytest.raises(InvalidInput, match="sees all groups"):
        sky.tokens.make("n", ["view", "administer"], ["stars"])


@pytest.mark.parametrize("token", ["sky_", "sky_nonsense", "sky_" + "a" * 43, "sky_\u00e9"])
def test_unknown_tokens_are_refused(still: Served, token: str) -> None:
    answer = still.get("/api/me", None, params=None) if not token.isascii() else still.get("/api/me", token)
    assert answer.status_code == 401


def test_a_token_does_what_it_was_made_for_and_no_more(still: Served) -> None:
    both = Viewer("both", frozenset({"transients", "bursts"}), scopes=ROLES["scanner"])
    with still.sky(both) as sky:
        narrow, wide = sky.tokens.make("narrow", ["view"], ["bursts"]), sky.tokens.make("wide", ["view", "scan"])
    with _with(still, narrow) as sky:
        assert sky.me() == {"name": "both", "groups": ["bursts"], "scopes": ["view"]}
        assert sky.find("ZTF26partner") == []
        with pytest.raises(PermissionRefused, match="custom:skyhub:scan"):
            sky.candidates.decide("k", "1", "save")
    with _with(still, wide) as sky:
        assert sky.me() == {"name": "both", "groups": ["bursts", "transients"], "scopes": ["scan", "view"]}
        assert len(sky.find("ZTF26partner")) == 1


def test_a_token_without_view_opens_nothing(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        token = sky.tokens.make("n", ["scan"])
    with _with(still, token) as sky, pytest.raises(PermissionRefused, match="custom:skyhub:view"):
        sky.me()


def test_a_token_for_chosen_groups_does_not_see_what_is_its_owners_alone(still: Served) -> None:
    number = personal_group(still.db, SCANNER)
    acl = still.db.writer.write(lambda t: t.acl(groups=[number]))
    still.db.writer.write(lambda t: t.insert("objects", [{"object_id": "hers", "ra": 1.0, "dec": 1.0, "acl": acl}]))
    with still.sky(SCANNER) as sky:
        for groups, seen in ((None, 1), (["transients"], 0), ([], 0)):
            with _with(still, sky.tokens.make("n", ["view"], groups)) as limited:
                assert len(limited.find("hers")) == seen, groups
                assert len(limited.find("ZTF26partner")) == (groups != []), groups


def test_tokens_are_listed_without_themselves(still: Served) -> None:
    with still.sky(COLLEAGUE) as sky, still.sky(SCANNER) as other:
        token = sky.tokens.make("for a script", ["view", "report"], ["transients"], 2)
        [row] = sky.tokens().to_rows()
        assert (row["name"], row["owner"], row["scopes"], row["groups"]) == (
            "for a script", "colleague", ["report", "view"], ["transients"]
        )  # fmt: skip
        assert row["used_at"] is None
        assert row["token_id"] not in {r["token_id"] for r in other.tokens().to_rows()}
        with _with(still, token) as limited:
            limited.me()
            limited.me()
        still.db.writer.write(lambda t: None)
        assert sky.tokens().to_rows()[0]["used_at"] is not None
        uses = still.db.reader.rows(
            ADMINISTRATOR, "SELECT * FROM @token_uses WHERE token_id = ?", [int(row["token_id"])]
        )
        assert len(uses) == 1
    kept = json.dumps(
        [still.db.reader.rows(ADMINISTRATOR, f"SELECT * FROM @{t}") for t in ("tokens", "changes")], default=str
    )
    assert token not in kept
    assert token.removeprefix("sky_") not in kept


def test_a_revoked_token_ends_at_once_and_for_good(served: Served) -> None:
    with served.sky(SCANNER) as sky, served.sky(COLLEAGUE) as other, served.sky(ADMINISTRATOR) as admin:
        first, second = sky.tokens.make("first"), sky.tokens.make("second")
        numbers = {row["name"]: row["token_id"] for row in sky.tokens().to_rows()}
        with pytest.raises(NotFound, match="no token"):
            other.tokens.revoke(numbers["first"])
        with pytest.raises(NotFound, match="no token"):
            sky.tokens.revoke(10**9)
        assert served.get("/api/me", first).status_code == 200
        listener = Listener(served.url, first)
        sky.tokens.revoke(numbers["first"])
        wait_until(lambda: not listener.thread.is_alive())
        assert served.get("/api/me", first).status_code == 401
        admin.tokens.revoke(numbers["second"])
        assert served.get("/api/me", second).status_code == 401
        assert len(sky.tokens()) == 0
        with pytest.raises(NotFound):
            sky.tokens.revoke(numbers["first"])


def test_tokens_outlive_a_restart_and_revoked_ones_do_not(served: Served) -> None:
    with served.sky(SCANNER) as sky:
        kept, revoked = sky.tokens.make("kept"), sky.tokens.make("revoked")
        sky.tokens.revoke(next(row["token_id"] for row in sky.tokens().to_rows() if row["name"] == "revoked"))
    with serving(served.db) as again:
        for token, name in ((kept, "scanner"), (revoked, None)):
            with Sky(Transport(again.url, token)) as sky:
                if name:
                    assert sky.me()["name"] == name
                else:
                    with pytest.raises(NotAuthenticated):
                        sky.me()


def test_a_token_makes_and_ends_no_tokens(still: Served) -> None:
    with still.sky(SCANNER) as sky, _with(still, sky.tokens.make("parent", sorted(SCANNER.scopes))) as limited:
        with pytest.raises(PermissionRefused, match="makes and ends no tokens"):
            limited.tokens.make("child")
        with pytest.raises(PermissionRefused, match="makes and ends no tokens"):
            limited.tokens.revoke(1)


def test_no_token_outlives_the_one_that_made_it(still: Served) -> None:
    with Sky(Transport(still.url, still.token_of(VISITOR, minutes=5))) as sky:
        sky.tokens.make("n", ["view"], hours=100)
        [row] = sky.tokens().to_rows()
    ends = datetime.fromisoformat(str(row["expires_at"])).replace(tzinfo=UTC)
    assert ends <= datetime.now(UTC) + timedelta(minutes=5)


def test_an_expired_token_is_refused(still: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with still.sky(SCANNER) as sky:
        token = sky.tokens.make("n", hours=1)
        assert still.get("/api/me", token).status_code == 200

        class Later(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz) + timedelta(hours=2)

        monkeypatch.setattr(module, "datetime", Later)
        assert still.get("/api/me", token).status_code == 401


def test_rights_that_the_owner_loses_are_lost_to_the_token(served: Served) -> None:
    add_user(served.db, "ann", ["transients", "bursts"], role="scientist")
    add_user(served.db, "bob", ["transients"])
    with served.sky(viewer_of_account(served.db, "ann")) as ann, served.sky(ADMINISTRATOR) as admin:
        token = ann.tokens.make("n", ["view", "upload"], ["transients", "bursts"])
        with _with(served, token) as sky:
            assert sky.me() == {"name": "ann", "groups": ["bursts", "transients"], "scopes": ["upload", "view"]}
            admin.groups.remove_member("bursts", "ann")
            assert sky.me()["groups"] == ["transients"]
            admin.groups.add_member("stars", "ann")
            assert sky.me()["groups"] == ["transients"]
            admin.groups.add_member("bursts", "ann")
            assert sky.me()["groups"] == ["bursts", "transients"]
    with open_database(served.db.data_dir.parent / "unrelated") as db:
        add_user(db, "ann", role="scientist")
        add_user(db, "ann", role="viewer")
        assert viewer_of_account(db, "ann").scopes == {"view"}


_names = st.sampled_from(["g0", "g1", "g2"])
_viewers = st.builds(
    Viewer,
    st.just("ann"),
    st.frozensets(_names),
    st.just(frozenset()),
    st.frozensets(st.sampled_from(["view", "scan", "save", "administer"])),
)


@settings(max_examples=repeats(200))
@given(_viewers, _viewers, st.frozensets(st.sampled_from(["view", "scan", "save"])), st.none() | st.frozensets(_names))
def test_a_token_never_has_more_than_its_owner_has_now_nor_than_it_was_made_for(
    issued: Viewer, owner: Viewer, scopes: frozenset[str], groups: frozenset[str] | None
) -> None:
    token = module._Token(1, "n", "ann", scopes, groups, issued, datetime.now(UTC))
    viewer = module._limited(token, owner)
    assert viewer.scopes <= scopes
    assert owner.administers or viewer.scopes <= owner.scopes
    assert owner.administers or viewer.groups <= owner.groups
    assert groups is None or viewer.groups <= groups
    assert viewer.personal == (groups is None)
