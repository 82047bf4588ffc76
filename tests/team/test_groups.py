"""Groups through the service: who may make, change, see and leave them; their history; what takes effect at once."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from skyhub.candidates import decide
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.service import open_database
from skyhub.team import AccountDirectory, add_user, create_group, meet_groups, viewer_of_account
from support.houses import SCANNER, VISITOR, candidates_of
from support.services import Listener, Served, wait_until

USERS = {"ann": ["transients"], "bob": ["transients"], "cid": ["bursts"]}


@pytest.fixture(scope="module")
def team(still: Served) -> Served:
    for name, groups in USERS.items():
        add_user(still.db, name, groups)
    return still


def _as(team: Served, name: str) -> Sky:
    """A client with an account's rights of now."""
    return team.sky(viewer_of_account(team.db, name))


@pytest.fixture
def group(team: Served) -> str:
    """A group of its own for a test, which ann administers and bob is in."""
    name = f"g-{uuid.uuid4().hex[:8]}"
    with _as(team, "ann") as ann:
        ann.groups.create(name, nickname="short", description="What we do")
    with _as(team, "ann") as ann:
        ann.groups.add_member(name, "bob")
    return name


@pytest.mark.parametrize("name", ["", " ", "~ann", "a b", "a/b", "../a", ".a", "x" * 65, "é", "a\nb", "-a"])
def test_impossible_names_are_refused(team: Served, name: str) -> None:
    with _as(team, "ann") as ann, pytest.raises(InvalidInput, match="is no name for a group"):
        ann.groups.create(name)
    assert name not in team.db.access.groups


@pytest.mark.parametrize(
    "settings",
    [{"nickname": "x" * 65}, {"description": "x" * 4001}, {"private": "maybe"}, {"savers": "ann"}, {"streams": ["s"]}],
)
def test_impossible_settings_are_refused(team: Served, settings: dict[str, Any]) -> None:
    with _as(team, "ann") as ann, pytest.raises(InvalidInput):
        ann.groups.create("never-made", **settings)
    assert "never-made" not in team.db.access.groups


def test_a_name_that_was_ever_taken_is_refused(team: Served, group: str) -> None:
    """The data of a group of the past would come with its name."""
    with _as(team, "cid") as cid:
        for name in (group, "transients", "stars"):
            with pytest.raises(Conflict, match="is taken"):
                cid.groups.create(name)
        assert cid.me()["groups"] == ["bursts"]


def test_who_may_only_view_makes_and_changes_nothing(team: Served, group: str) -> None:
    ann = viewer_of_account(team.db, "ann")
    viewer = Viewer("ann", ann.groups, scopes=frozenset({"view"}))
    with team.sky(viewer) as sky:
        for attempt in (
            lambda: sky.groups.create("another"),
            lambda: sky.groups.change(group, nickname="x"),
            lambda: sky.groups.add_member(group, "cid"),
            lambda: sky.groups.remove_member(group, "bob"),
            lambda: sky.groups.add_admin(group, "bob"),
            lambda: sky.groups.users(),
        ):
            with pytest.raises(PermissionRefused, match="custom:skyhub:save"):
                attempt()


def test_only_its_administrators_change_a_group(team: Served, group: str) -> None:
    for name in ("bob", "cid"):
        with _as(team, name) as stranger:
            for attempt in (
                lambda: stranger.groups.change(group, private=True),
                lambda: stranger.groups.add_member(group, "cid"),
                lambda: stranger.groups.remove_member(group, "ann"),
                lambda: stranger.groups.add_admin(group, "bob"),
                lambda: stranger.groups.remove_admin(group, "ann"),
            ):
                with pytest.raises(PermissionRefused, match="ann may"):
                    attempt()
    record = AccountDirectory(team.db).members()[group]
    assert sorted(record) == ["ann", "bob"]


def test_streams_are_for_administrators_of_the_platform(team: Served, group: str) -> None:
    with _as(team, "ann") as ann, pytest.raises(PermissionRefused, match="administer"):
        ann.groups.set_streams(group, ["ztf-partnership"])
    with _as(team, "bob") as bob, team.sky(ADMINISTRATOR) as admin:
        assert [o["object_id"] for o in bob.find("ZTF26caltech")] == []
        with pytest.raises(InvalidInput, match="no stream 'nothing'"):
            admin.groups.set_streams(group, ["nothing"])
        assert admin.groups.set_streams(group, ["ztf-caltech"])["streams"] == ["ztf-caltech"]
        assert [o["object_id"] for o in bob.find("ZTF26caltech")] == ["ZTF26caltech"]
        admin.groups.set_streams(group, [])
        assert bob.find("ZTF26caltech") == []


def test_a_group_tells_its_members_to_them_alone(team: Served, group: str) -> None:
    with _as(team, "bob") as bob:
        record = bob.groups.get(group)
        assert (record["members"], record["admins"], record["member"], record["admin"]) == (
            ["ann", "bob"], ["ann"], True, False
        )  # fmt: skip
        assert (record["nickname"], record["description"], record["created_by"]) == ("short", "What we do", "ann")
    with _as(team, "cid") as cid:
        record = cid.groups.get(group)
        assert (record["members"], record["member"], record["admin"]) == (None, False, False)
        assert group not in {g["name"] for g in cid.groups.list(mine=True)}


def test_a_private_group_does_not_exist_for_outsiders(team: Served, group: str) -> None:
    with _as(team, "ann") as ann:
        assert ann.groups.change(group, private=True)["private"] is True
    with _as(team, "cid") as cid:
        assert group not in {g["name"] for g in cid.groups.list()}
        assert group not in {row["name"] for row in cid.sql("SELECT name FROM groups").to_rows()}
        hidden, absent = [], []
        for name, said in ((group, hidden), ("nowhere", absent)):
            for attempt in (cid.groups.get, cid.groups.history, lambda n: cid.groups.add_member(n, "cid")):
                with pytest.raises(NotFound) as error:
                    attempt(name)
                said.append(str(error.value).replace(name, "NAME"))
        assert hidden == absent
    with _as(team, "bob") as bob:
        assert group in {g["name"] for g in bob.groups.list()}
    with _as(team, "ann") as ann:
        ann.groups.change(group, private=False)
    with _as(team, "cid") as cid:
        assert group in {row["name"] for row in cid.sql("SELECT name FROM groups").to_rows()}


def test_nobody_sees_personal_groups_among_groups(team: Served) -> None:
    with _as(team, "ann") as ann, team.sky(ADMINISTRATOR) as admin:
        ann.tokens.make("makes a personal group")
        for sky in (ann, admin):
            assert not any(g["name"].startswith("~") for g in sky.groups.list())
            with pytest.raises(NotFound):
                sky.groups.get("~ann")


def test_a_member_who_does_not_exist_is_told(team: Served, group: str) -> None:
    with _as(team, "ann") as ann:
        for attempt in (ann.groups.add_member, ann.groups.remove_member, ann.groups.add_admin, ann.groups.remove_admin):
            with pytest.raises(NotFound, match="nobody"):
                attempt(group, "nobody")


def test_care_of_a_group_passes_on_and_is_never_lost(team: Served, group: str) -> None:
    with _as(team, "ann") as ann:
        with pytest.raises(Conflict, match="name another administrator first"):
            ann.groups.remove_admin(group, "ann")
        with pytest.raises(Conflict, match="name another administrator first"):
            ann.groups.remove_member(group, "ann")
        with pytest.raises(NotFound, match="no member"):
            ann.groups.add_admin(group, "cid")
        assert ann.groups.add_admin(group, "bob")["admins"] == ["ann", "bob"]
        ann.groups.remove_admin(group, "ann")
        with pytest.raises(PermissionRefused, match="bob may"):
            ann.groups.change(group, nickname="mine")
    with _as(team, "bob") as bob:
        bob.groups.remove_member(group, "ann")
        assert bob.groups.get(group)["members"] == ["bob"]


def test_an_administrator_who_is_no_member_any_more_has_no_say(team: Served, group: str) -> None:
    """The directory's membership decides, not the list of administrators."""
    AccountDirectory(team.db).remove(group, "ann")
    with _as(team, "ann") as ann, pytest.raises(PermissionRefused):
        ann.groups.change(group, nickname="mine")


def test_everybody_may_leave(team: Served, group: str) -> None:
    with _as(team, "bob") as bob:
        bob.groups.remove_member(group, "bob")
    assert group not in viewer_of_account(team.db, "bob").groups
    with _as(team, "ann") as ann:
        assert ann.groups.add_member(group, "bob")["members"] == ["ann", "bob"]


def test_settings_have_a_history(team: Served, group: str) -> None:
    between = datetime.now(UTC)
    with _as(team, "ann") as ann:
        ann.groups.change(group, nickname="newer")
        ann.groups.change(group, nickname="newer")
        assert ann.groups.change(group, description=None)["version"] == 3
        rows = ann.groups.history(group).to_rows()
        assert [row["nickname"] for row in rows] == ["short", "newer", "newer"]
        assert [row["edited_by"] for row in rows] == ["ann"] * 3
        assert [row["known_until"] is None for row in rows] == [False, False, True]
        then = next(g for g in ann.groups.list(as_of=between) if g["name"] == group)
        assert (then["nickname"], then["description"]) == ("short", "What we do")


def test_changes_are_announced_to_the_group_alone(team: Served, group: str) -> None:
    heard = {
        name: {
            (row["kind"], row["payload"])
            for row in team.db.reader.rows(viewer_of_account(team.db, name), "SELECT kind, payload FROM @changes")
            if row["kind"] == "groups" and group in row["payload"]
        }
        for name in ("bob", "cid")
    }
    assert len(heard["bob"]) == 2
    assert heard["cid"] == set()


def test_who_is_taken_out_of_a_group_hears_no_more_of_it(team: Served, group: str) -> None:
    """The stream ends, so that the listener comes again with the rights of now."""
    with _as(team, "bob") as bob, _as(team, "ann") as ann:
        token = bob.tokens.make("listens")
        listener, other = (Listener(team.url, t) for t in (token, team.token_of(viewer_of_account(team.db, "cid"))))
        ann.groups.change(group, nickname="heard")
        wait_until(lambda: any(change.get("group") == group for change in listener.changes))
        ann.groups.remove_member(group, "bob")
        wait_until(lambda: not listener.thread.is_alive())
        assert other.thread.is_alive()
        ann.groups.change(group, nickname="unheard")
        again = Listener(team.url, token, last="0")
        team.db.writer.write(lambda t: t.announce("groups", {"group": "everybodys"}, 0))
        wait_until(lambda: any(change.get("group") == "everybodys" for change in again.changes))
        assert [change for change in again.changes if change.get("group") == group] == []


def test_settings_outlive_a_restart(house: Database) -> None:
    add_user(house, "ann", ["transients"])
    create_group(
        house, AccountDirectory(house), viewer_of_account(house, "ann"), "new", {"savers": ["ann"], "private": True}
    )
    house.close()
    with open_database(house.data_dir) as db:
        number = db.access.groups["new"]
        assert (db.access.group_admins[number], db.access.group_savers[number]) == ({"ann"}, {"ann"})
        assert db.reader.rows(VISITOR, "SELECT * FROM @groups WHERE name = 'new'") == []
        assert db.access.administered(viewer_of_account(db, "ann")) == {number}


def test_a_group_is_made_once_by_many(team: Served) -> None:
    made: list[str] = []

    def make() -> None:
        try:
            viewer = viewer_of_account(team.db, "ann")
            create_group(team.db, AccountDirectory(team.db), viewer, "wanted-by-many", {})
            made.append("made")
        except Conflict:
            made.append("refused")

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = team.db.reader.rows(ADMINISTRATOR, "SELECT * FROM @groups* WHERE name = 'wanted-by-many'")
    assert len(rows) == 1
    assert sorted(made) == ["made"] + ["refused"] * 5


def test_groups_that_are_met_are_known_from_then_on(db: Database) -> None:
    meet_groups(db, ["made-on-the-hub", "~ann"])
    meet_groups(db, ["made-on-the-hub"])
    assert set(db.access.groups) == {"made-on-the-hub"}
    member = Viewer("ann", frozenset({"made-on-the-hub"}))
    assert db.access.group_ids(member) == {db.access.groups["made-on-the-hub"]}
    assert db.access.administered(member) == set()


def test_who_may_not_save_for_a_group_still_rejects(house: Database) -> None:
    candidate = candidates_of(house, SCANNER)["ZTF26public"]
    house.access.group_savers[house.access.groups["transients"]] = {"colleague"}
    for groups in (None, ["transients"]):
        with pytest.raises(PermissionRefused):
            decide(house, SCANNER, "k", candidate, "save", groups)
    assert decide(house, SCANNER, "k2", candidate, "reject")["decision"]["groups"] == ["transients"]
    colleague = Viewer("colleague", SCANNER.groups, scopes=ROLES["scanner"])
    assert decide(house, colleague, "k3", candidate, "save")["decision"]["groups"] == ["transients"]
    assert decide(house, ADMINISTRATOR, "k4", candidate, "save", ["transients"])["duplicate"] is False
