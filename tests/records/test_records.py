"""Records of any kind: checked as a whole, corrected by new versions, shared, read as of any time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, computed_field
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.db._tables import read_columns
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.kinds import KINDS
from skyhub.records import Kind, Record, add, amend, edit, find, get, history, remove, share
from skyhub.team import add_groups

SAVE = frozenset({"view", "save"})
VERA = Viewer("vera", frozenset({"north", "south"}), scopes=SAVE)
OLAF = Viewer("olaf", frozenset({"north"}), scopes=SAVE)
STRANGER = Viewer("stranger", frozenset({"east"}), scopes=SAVE)
LONER = Viewer("loner", scopes=SAVE)


class Limits(BaseModel):
    """A structure within a record."""

    low: float
    high: float


class Site(Record):
    """Something with all types of fields."""

    name: str = Field(min_length=1, max_length=40)
    latitude: float = Field(ge=-90, le=90)
    rank: int = 2**60 + 1
    kind: Literal["dome", "roll-off"] = "dome"
    filters: list[str] = []
    built: datetime | None = None
    limits: Limits | None = None
    details: dict[str, Any] = {}
    password: str | None = None
    horizon: list[float | None] = []

    @computed_field  # type: ignore[prop-decorator]
    @property
    def hemisphere(self) -> str:
        """Which side of the equator."""
        return "north" if self.latitude >= 0 else "south"


SITES = Kind("sites", "site", Site, key=("name",), secret=frozenset({"password"}), bulky=frozenset({"horizon"}))
LED = Kind("sites", "site", Site, editors="filters")
MINE = Kind("sites", "site", Site, sharing="personal", key=("name",))
OWN = Kind("sites", "site", Site, sharing="own")
COUNTED = Kind(
    "sites",
    "site",
    Site,
    present=lambda db, viewer, found, as_of: [{**d, "seen_by": [viewer.name, as_of]} for d in found],
)
PUBLIC = Kind("sites", "site", Site, sharing="public", scope="administer")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as opened:
        opened.writer._connection.execute(SITES.ddl)
        opened.reader.columns = read_columns(opened.writer._connection)
        add_groups(opened, {"north": [], "south": [], "east": []})
        yield opened


def _add(db: Database, viewer: Viewer = VERA, groups: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    whole = {"name": "Palomar", "latitude": 33.4, **fields}
    record: dict[str, Any] = add(db, viewer, SITES, [whole], groups)["records"][0]
    return record


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"latitude": 91}, "latitude"),
        ({"latitude": float("nan")}, "latitude"),
        ({"latitude": "north"}, "latitude"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"longitude": 3}, "longitude"),
        ({"kind": "tent"}, "kind"),
        ({"limits": {"low": 1}}, "limits.high"),
        ({"rank": 1.5}, "rank"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_stored(
    db: Database, fields: dict[str, Any], where: str
) -> None:
    good = {"name": "Mauna Kea", "latitude": 19.8}
    with pytest.raises(InvalidInput) as refused:
        add(db, VERA, SITES, [good, {"name": "Palomar", "latitude": 33.4, **fields}])
    assert refused.value.where == where
    assert "record 1" in refused.value.message
    assert find(db, ADMINISTRATOR, SITES) == []


def test_structures_hold_no_nan(db: Database) -> None:
    with pytest.raises(InvalidInput, match="NaN"):
        _add(db, details={"a": [float("nan")]})
    assert find(db, ADMINISTRATOR, SITES) == []


def test_what_is_missing_and_what_is_permitted_is_said(db: Database) -> None:
    with pytest.raises(InvalidInput, match="Fields: name, latitude, rank"):
        add(db, VERA, SITES, [{"name": "Palomar"}])


@pytest.mark.parametrize("records", [[], [{"name": "x", "latitude": 0}] * 10_001])
def test_no_records_and_too_many_are_refused(db: Database, records: list[Any]) -> None:
    with pytest.raises(InvalidInput, match="at a time are permitted"):
        add(db, VERA, SITES, records)


def test_no_field_has_the_name_of_what_every_document_tells() -> None:
    told = {"groups", "public", "version", "author", "edited_by", "acl", "known_at", "known_until"}
    assert {kind.table for kind in KINDS if told & kind.columns.keys()} == set()


def test_a_record_comes_back_as_it_was_given(db: Database) -> None:
    built = datetime(1948, 6, 3, 12, tzinfo=UTC)
    given = {"filters": ["g", "r"], "built": built, "limits": {"low": 1.5, "high": 2}, "details": {"a": [1, None]}}
    record = _add(db, **given)
    assert record == get(db, VERA, SITES, int(record["site_id"]))
    assert record["filters"] == ["g", "r"]
    assert record["limits"] == {"low": 1.5, "high": 2.0}
    assert record["details"] == {"a": [1, None]}
    assert record["rank"] == str(2**60 + 1)
    assert record["built"] == "1948-06-03T12:00:00.000Z"
    assert (record["hemisphere"], record["version"], record["author"]) == ("north", 1, "vera")
    assert record["groups"] == ["north", "south"]


def test_secrets_never_leave(db: Database) -> None:
    record = _add(db, password="palomar48")
    assert "password" not in record
    assert "palomar48" not in str([find(db, VERA, SITES), history(db, VERA, SITES, int(record["site_id"]))])
    with pytest.raises(InvalidInput, match="no field 'password'"):
        find(db, VERA, SITES, {"password": "palomar48"})
    stored = db.reader.rows(ADMINISTRATOR, "SELECT password FROM @sites")
    assert stored == [{"password": "palomar48"}]


def test_bulky_fields_are_stored_and_left_out_of_documents(db: Database) -> None:
    record = _add(db, horizon=[1.5, None])
    number = int(record["site_id"])
    edit(db, VERA, SITES, number, {"rank": 1})
    assert "horizon" not in record
    assert "horizon" not in str([find(db, VERA, SITES), history(db, VERA, SITES, number)])
    assert db.reader.rows(VERA, "SELECT horizon FROM @sites") == [{"horizon": [1.5, None]}]


def test_a_correction_keeps_what_was_known_before(db: Database) -> None:
    first = _add(db)
    number = int(first["site_id"])
    moment = _known_at(db, number)
    edited = edit(db, OLAF_LEADS(db), SITES, number, {"latitude": -33.0})
    assert (edited["version"], edited["author"], edited["edited_by"]) == (2, "vera", "olaf")
    assert edited["hemisphere"] == "south"
    assert get(db, VERA, SITES, number, moment)["latitude"] == 33.4
    assert [row["latitude"] for row in history(db, VERA, SITES, number)] == [33.4, -33.0]
    remove(db, VERA, SITES, number)
    with pytest.raises(NotFound):
        get(db, VERA, SITES, number)
    assert find(db, VERA, SITES, as_of=moment)[0]["latitude"] == 33.4
    assert [row["version"] for row in history(db, VERA, SITES, number)] == [1, 2]


def OLAF_LEADS(db: Database) -> Viewer:
    db.access.group_admins[db.access.groups["north"]] = {"olaf"}
    return OLAF


def _known_at(db: Database, number: int) -> datetime:
    [row] = db.reader.rows(ADMINISTRATOR, "SELECT known_at FROM @sites WHERE site_id = ?", [number])
    moment: datetime = row["known_at"].replace(tzinfo=UTC)
    return moment


def test_only_author_and_administrators_change_a_record(db: Database) -> None:
    number = int(_add(db)["site_id"])
    for change in (
        lambda who: edit(db, who, SITES, number, {"rank": 1}),
        lambda who: remove(db, who, SITES, number),
        lambda who: share(db, who, SITES, number, ["north"]),
    ):
        with pytest.raises(PermissionRefused, match="its author"):
            change(OLAF)
        with pytest.raises(NotFound):
            change(STRANGER)
        with pytest.raises(PermissionRefused, match="scope"):
            change(Viewer("vera", VERA.groups))
    assert edit(db, ADMINISTRATOR, SITES, number, {"rank": 1})["edited_by"] == "administrator"


def test_people_named_in_a_record_may_change_it(db: Database) -> None:
    number = int(_add(db, filters=["olaf"])["site_id"])
    with pytest.raises(PermissionRefused):
        edit(db, OLAF, SITES, number, {"rank": 1})
    assert edit(db, OLAF, LED, number, {"rank": 1})["edited_by"] == "olaf"
    with pytest.raises(NotFound):
        edit(db, Viewer("olaf", frozenset({"east"}), scopes=SAVE), LED, number, {"rank": 1})


def test_a_use_case_may_amend_what_somebody_else_wrote(db: Database) -> None:
    number = int(_add(db)["site_id"])

    def further(site: Site, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"filters": [*site.filters, str(row["version"])]}

    threads = [threading.Thread(target=amend, args=(db, OLAF, SITES, number, further)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert get(db, VERA, SITES, number)["filters"] == [str(version) for version in range(1, 9)]
    assert amend(db, OLAF, SITES, number, lambda site, row: {})["version"] == 9
    with pytest.raises(NotFound):
        amend(db, STRANGER, SITES, number, further)


def test_an_edit_of_what_somebody_else_edited_is_refused(db: Database) -> None:
    number = int(_add(db)["site_id"])
    edit(db, VERA, SITES, number, {"rank": 1}, version=1)
    with pytest.raises(Conflict, match="has version 2 by now"):
        edit(db, VERA, SITES, number, {"rank": 2}, version=1)


def test_a_key_names_one_record(db: Database) -> None:
    first = _add(db)
    with pytest.raises(Conflict, match="is there already"):
        _add(db)
    with pytest.raises(InvalidInput, match="occurs twice"):
        add(db, VERA, SITES, [{"name": "Lick", "latitude": 37}] * 2)
    same = {"name": "Palomar", "latitude": 33.4}
    assert add(db, VERA, SITES, [same], revise=True)["unchanged"] == 1
    answer = add(db, VERA, SITES, [{**same, "rank": 3}, {"name": "Lick", "latitude": 37}], revise=True)
    assert (answer["added"], answer["revised"]) == (1, 1)
    assert answer["records"][0]["site_id"] == first["site_id"]
    number = int(answer["records"][1]["site_id"])
    with pytest.raises(Conflict, match="is there already"):
        edit(db, VERA, SITES, number, {"name": "Palomar"})


def test_the_key_of_a_record_that_one_may_not_see_tells_nothing(db: Database) -> None:
    _add(db)
    assert _add(db, STRANGER)["version"] == 1


def test_groups_decide_who_sees(db: Database) -> None:
    number = int(_add(db, groups=["south"])["site_id"])
    assert find(db, OLAF, SITES) == []
    shared = share(db, VERA, SITES, number, ["north"])
    assert shared["groups"] == ["north"]
    assert len(find(db, OLAF, SITES)) == 1
    with pytest.raises(PermissionRefused, match="may not share with east"):
        share(db, VERA, SITES, number, ["east"])
    with pytest.raises(PermissionRefused, match="may not share with east"):
        _add(db, name="Lick", groups=["east"])
    with pytest.raises(InvalidInput, match="no group was given"):
        share(db, VERA, SITES, number, [])
    with pytest.raises(PermissionRefused, match="administer"):
        _add(db, name="Lick", groups=["public"])
    assert _add(db, ADMINISTRATOR, name="Lick", groups=["public"])["public"]
    assert [row["name"] for row in find(db, STRANGER, SITES)] == ["Lick"]


def test_who_is_in_no_group_writes_for_oneself(db: Database) -> None:
    _add(db, LONER)
    assert len(find(db, LONER, SITES)) == 1
    assert find(db, VERA, SITES) == []


def test_personal_and_public_kinds(db: Database) -> None:
    add(db, VERA, MINE, [{"name": "mine", "latitude": 1}])
    assert find(db, Viewer("olaf", VERA.groups, scopes=SAVE), MINE) == []
    with pytest.raises(InvalidInput, match="leave the groups out"):
        add(db, VERA, MINE, [{"name": "mine", "latitude": 1}], ["north"])
    with pytest.raises(PermissionRefused):
        add(db, VERA, PUBLIC, [{"name": "all", "latitude": 1}])
    add(db, ADMINISTRATOR, PUBLIC, [{"name": "all", "latitude": 1}])
    assert [row["name"] for row in find(db, LONER, PUBLIC)] == ["all"]


def test_everybody_may_give_the_same_name_to_what_is_personal(db: Database) -> None:
    [of_vera] = add(db, VERA, MINE, [{"name": "mine", "latitude": 1}])["records"]
    [of_all] = add(db, ADMINISTRATOR, MINE, [{"name": "mine", "latitude": 2}], revise=True)["records"]
    assert of_all["site_id"] != of_vera["site_id"]
    assert get(db, VERA, MINE, int(of_vera["site_id"]))["latitude"] == 1
    [other] = add(db, VERA, MINE, [{"name": "other", "latitude": 3}])["records"]
    with pytest.raises(Conflict, match="is there already"):
        edit(db, ADMINISTRATOR, MINE, int(other["site_id"]), {"name": "mine"})


def test_own_records_are_the_authors_alone_unless_groups_are_named(db: Database) -> None:
    add(db, VERA, OWN, [{"name": "mine", "latitude": 1}])
    number = int(add(db, VERA, OWN, [{"name": "ours", "latitude": 1}], ["north"])["records"][0]["site_id"])
    assert [row["name"] for row in find(db, OLAF, OWN)] == ["ours"]
    assert share(db, VERA, OWN, number, ["south"])["groups"] == ["south"]


def test_who_does_not_see_what_a_record_was_computed_from_is_not_let_see_it(db: Database) -> None:
    row = _add(db, groups=["south"])
    [acl] = [r["acl"] for r in db.reader.rows(VERA, "SELECT acl FROM @sites")]
    assert row["groups"] == ["south"]
    [made] = add(db, VERA, SITES, [{"name": "made", "latitude": 1}], made_from=[acl])["records"]
    assert made["groups"] == ["south"]
    with pytest.raises(PermissionRefused, match="computed from: south may"):
        add(db, VERA, SITES, [{"name": "wider", "latitude": 1}], ["north"], made_from=[acl])
    assert {r["name"] for r in find(db, VERA, SITES)} == {"Palomar", "made"}


def test_what_is_computed_at_reading_is_in_all_that_is_read(db: Database) -> None:
    number = int(add(db, VERA, COUNTED, [{"name": "a", "latitude": 1}])["records"][0]["site_id"])
    moment = _known_at(db, number)
    assert get(db, VERA, COUNTED, number)["seen_by"] == ["vera", None]
    assert find(db, VERA, COUNTED, as_of=moment)[0]["seen_by"] == ["vera", moment]
    assert history(db, VERA, COUNTED, number)[0]["seen_by"] == ["vera", None]


def test_records_are_found_by_their_fields(db: Database) -> None:
    for name, latitude, filters in (("a", 1, ["g"]), ("b", -1, ["g", "r"]), ("c", 1, [])):
        _add(db, name=name, latitude=latitude, filters=filters)

    def names(**where: Any) -> list[str]:
        return [row["name"] for row in find(db, VERA, SITES, where)]

    assert names() == ["c", "b", "a"]
    assert names(latitude="1") == ["c", "a"]
    assert names(filters="g") == ["b", "a"]
    assert names(hemisphere="south") == ["b"]
    assert names(author="olaf") == []
    newest = find(db, VERA, SITES, limit=1)
    assert [r["name"] for r in find(db, VERA, SITES, limit=1, before=int(newest[0]["site_id"]))] == ["b"]
    for where in ({"colour": "red"}, {"latitude": "x"}, {"acl": "1"}):
        with pytest.raises(InvalidInput):
            find(db, VERA, SITES, where)


def test_a_dry_run_stores_nothing(db: Database) -> None:
    answer = add(db, VERA, SITES, [{"name": "Lick", "latitude": 37}], dry_run=True)
    assert answer["added"] == 1
    assert answer["records"][0]["name"] == "Lick"
    assert find(db, ADMINISTRATOR, SITES) == []


def test_every_write_is_in_the_journal(db: Database) -> None:
    number = int(_add(db)["site_id"])
    edit(db, VERA, SITES, number, {"rank": 1})
    share(db, VERA, SITES, number, ["north"])
    remove(db, VERA, SITES, number)
    rows = db.reader.rows(OLAF, "SELECT payload FROM @changes WHERE kind = 'sites' ORDER BY seq")
    assert [row["payload"] for row in rows] == [
        f'{{"action": "{action}", "user": "vera", "site_id": "{number}"}}'
        for action in ("added", "revised", "shared", "removed")
    ]


def test_many_at_once_make_one_record_of_a_key(db: Database) -> None:
    outcomes: list[str] = []

    def work(number: int) -> None:
        try:
            _add(db, name=f"site {number % 3}")
            outcomes.append("added")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added"] * 3 + ["conflict"] * 21
    assert len(find(db, VERA, SITES)) == 3


def test_many_edits_at_once_are_all_versions(db: Database) -> None:
    number = int(_add(db)["site_id"])
    threads = [
        threading.Thread(target=lambda rank=rank: edit(db, VERA, SITES, number, {"rank": rank}))  # type: ignore[misc]
        for rank in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = history(db, VERA, SITES, number)
    assert [row["version"] for row in versions] == list(range(1, 14))
    assert len(find(db, VERA, SITES)) == 1
