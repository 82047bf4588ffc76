"""Who sees what is said of something: those who see that, and of them by default the author's groups alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from rights_support import AUDIENCES, GROUP_STREAMS, VIEWERS, acl_of, may_see, store
from skyhub.classification import CLASSIFICATION_VOTES, CLASSIFICATIONS, vote
from skyhub.db import ADMINISTRATOR, PERSONAL, Database, Transaction, Viewer
from skyhub.errors import NotFound
from skyhub.notes import ANNOTATIONS, COMMENTS, REDSHIFTS
from skyhub.photometry import KINDS as PHOTOMETRY_KINDS
from skyhub.records import Kind, add, edit, remove, share
from skyhub.service import open_database
from skyhub.sources import SAME_AS, save_source
from skyhub.spectra import SPECTRA

WRITERS = [viewer for viewer in VIEWERS.values() if "save" in viewer.scopes]
WRITER = pytest.mark.parametrize("writer", WRITERS, ids=[name for name, v in VIEWERS.items() if v in WRITERS])
EVERYBODY = VIEWERS["everybody"]
[VALIDATIONS] = PHOTOMETRY_KINDS


@pytest.fixture(scope="module")
def db(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A house with an object and records for each audience; objects are named after their audience."""
    data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp("audiences") / "house"))
    with open_database(data_dir) as opened:
        rows = [
            {"object_id": name, "ra": 10.0, "dec": 10.0, "acl": acl_of(opened, *AUDIENCES[name])} for name in AUDIENCES
        ]
        opened.writer.write(lambda transaction: transaction.insert("objects", rows))
        yield opened


@pytest.fixture(scope="module")
def numbers(db: Database) -> dict[str, dict[str, int]]:
    """Identifiers of records that others can be about, by table and audience."""
    points = {name: 9_000_000 + place for place, name in enumerate(AUDIENCES)}
    common = {"mjd": 60000.0, "filter": "g", "version": 1, "repeat": 0, "instrument": "ZTF", "origin": "alert"}
    rows = [
        {**common, "photometry_id": number, "object_id": "nowhere", "acl": acl_of(db, *AUDIENCES[name])}
        for name, number in points.items()
    ]
    db.writer.write(lambda transaction: transaction.insert("photometry", rows))
    return {kind.table: store(db, kind) for kind in (COMMENTS, SPECTRA, CLASSIFICATIONS)} | {"photometry": points}


def _about(table: str, number: int) -> tuple[Kind[Any], dict[str, Any]]:
    """What is said of a record."""
    return {
        "comments": (COMMENTS, {"reply_to": number, "text": "yes"}),
        "spectra": (ANNOTATIONS, {"about_table": "spectra", "about_id": number, "origin": "me", "data": {"x": 1}}),
        "classifications": (CLASSIFICATION_VOTES, {"classification_id": number, "vote": 1}),
        "photometry": (VALIDATIONS, {"photometry_id": number, "validated": True}),
    }[table]


def _default(writer: Viewer, groups: Iterable[str]) -> set[str]:
    """The rule: those of the writer's groups that see it; of what everybody sees, all of them."""
    mine, own = set(writer.groups) & GROUP_STREAMS.keys(), {PERSONAL + writer.name}
    if writer.administers:
        return set(groups) or set(GROUP_STREAMS)
    return (mine | own) & set(groups) if groups else mine or own


def _shared(db: Database, kind: Kind[Any], number: str) -> tuple[set[str], set[str]]:
    """Groups and streams of a record, by name."""
    sql = f"SELECT acl FROM @{kind.table} WHERE {kind.id_column} = ?"
    [row] = db.reader.rows(ADMINISTRATOR, sql, [int(number)])
    groups, streams = db.access.members(row["acl"])
    return (
        {name for name, number in db.access.groups.items() if number in groups},
        {name for name, number in db.access.streams.items() if number in streams},
    )


def _learn(groups: set[str], streams: set[str], audience: str) -> set[str]:
    """Who sees a note, but not what it is about."""
    return {name for name, v in VIEWERS.items() if may_see(v, groups, streams) and not may_see(v, *AUDIENCES[audience])}


@WRITER
@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_is_said_of_an_object_is_for_those_who_see_it(db: Database, writer: Viewer, audience: str) -> None:
    fields = {"object_id": audience, "text": "hello"}
    if not may_see(writer, *AUDIENCES[audience]):
        with pytest.raises(NotFound):
            add(db, writer, COMMENTS, [fields])
        return
    [record] = add(db, writer, COMMENTS, [fields])["records"]
    groups, streams = _shared(db, COMMENTS, record["comment_id"])
    assert (groups, streams) == (_default(writer, AUDIENCES[audience][0]), AUDIENCES[audience][1])
    assert _learn(groups, streams, audience) == set()


@WRITER
@pytest.mark.parametrize("table", ["comments", "spectra", "classifications", "photometry"])
def test_what_is_said_of_a_record_is_for_those_who_see_it(
    db: Database, numbers: dict[str, dict[str, int]], writer: Viewer, table: str
) -> None:
    for audience, number in numbers[table].items():
        kind, fields = _about(table, number)
        if not may_see(writer, *AUDIENCES[audience]):
            with pytest.raises(NotFound):
                add(db, writer, kind, [fields])
            continue
        [record] = add(db, writer, kind, [fields])["records"]
        groups, streams = _shared(db, kind, record[kind.id_column])
        assert (groups, streams) == (_default(writer, AUDIENCES[audience][0]), AUDIENCES[audience][1]), audience
        assert _learn(groups, streams, audience) == set()
        remove(db, ADMINISTRATOR, kind, int(record[kind.id_column]))


@WRITER
def test_groups_that_are_named_never_lift_the_streams(
    db: Database, numbers: dict[str, dict[str, int]], writer: Viewer
) -> None:
    mine = sorted(set(writer.groups) & GROUP_STREAMS.keys())
    named = [list(some) for n in range(1, len(mine) + 1) for some in combinations(mine, n)]
    for audience, number in numbers["comments"].items():
        for groups in named if may_see(writer, *AUDIENCES[audience]) else ():
            for fields in ({"reply_to": number}, {"object_id": audience}):
                [record] = add(db, writer, COMMENTS, [{**fields, "text": "x"}], groups)["records"]
                assert _shared(db, COMMENTS, record["comment_id"]) == (set(groups), AUDIENCES[audience][1])


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("start", ["public", "a stream", "a group and a stream it lacks"])
def test_what_is_moved_needs_the_streams_of_where_it_goes(db: Database, start: str, audience: str) -> None:
    fields = {"object_id": start, "redshift": 0.1, "type": "host"}
    [record] = add(db, ADMINISTRATOR, REDSHIFTS, [fields], ["transients"])["records"]
    number = int(record["redshift_id"])
    edit(db, ADMINISTRATOR, REDSHIFTS, number, {"redshift": 0.2})
    assert _shared(db, REDSHIFTS, str(number)) == ({"transients"}, AUDIENCES[start][1])
    edit(db, ADMINISTRATOR, REDSHIFTS, number, {"object_id": audience})
    assert _shared(db, REDSHIFTS, str(number)) == ({"transients"}, AUDIENCES[audience][1])
    share(db, ADMINISTRATOR, REDSHIFTS, number, ["transients", "stars"])
    both = AUDIENCES[start][1] | AUDIENCES[audience][1]
    assert _shared(db, REDSHIFTS, str(number)) == ({"transients", "stars"}, both)


def test_a_vote_cast_anew_needs_the_streams_of_where_the_classification_is_now(db: Database) -> None:
    given = {"object_id": "public", "classification": "Ia"}
    [record] = add(db, EVERYBODY, CLASSIFICATIONS, [given], ["stars"])["records"]
    number = int(record["classification_id"])
    vote(db, EVERYBODY, number, 1)
    edit(db, EVERYBODY, CLASSIFICATIONS, number, {"object_id": "a stream"})
    vote(db, EVERYBODY, number, -1)
    [row] = db.reader.rows(ADMINISTRATOR, "SELECT vote_id FROM @classification_votes WHERE object_id = 'a stream'")
    assert _shared(db, CLASSIFICATION_VOTES, row["vote_id"]) == ({"stars"}, {"ztf-partnership"})


def test_a_link_is_for_those_who_see_both_objects(db: Database) -> None:
    [link] = add(db, EVERYBODY, SAME_AS, [{"object_id": "two groups and a stream", "other_id": "one group"}])["records"]
    assert _shared(db, SAME_AS, link["link_id"]) == ({"transients"}, {"ztf-partnership"})
    [link] = add(db, EVERYBODY, SAME_AS, [{"object_id": "another group", "other_id": "one group"}])["records"]
    assert _shared(db, SAME_AS, link["link_id"]) == ({"~everybody"}, set())
    [link] = add(db, EVERYBODY, SAME_AS, [{"object_id": "public", "other_id": "a stream"}], ["bursts"])["records"]
    assert _shared(db, SAME_AS, link["link_id"]) == ({"bursts"}, {"ztf-partnership"})


def test_an_object_that_becomes_public_is_one_for_what_is_said_later(db: Database) -> None:
    def alert_of(groups: list[int]) -> None:
        def write(transaction: Transaction) -> None:
            row = {"object_id": "late", "ra": 1.0, "dec": 1.0, "acl": transaction.acl(groups)}
            transaction.insert("objects", [row])
            transaction.touch(("objects", "late"))

        db.writer.write(write)

    def said() -> set[str]:
        [record] = add(db, EVERYBODY, COMMENTS, [{"object_id": "late", "text": "hello"}])["records"]
        return _shared(db, COMMENTS, record["comment_id"])[0]

    with pytest.raises(NotFound):
        said()
    alert_of([db.access.groups["stars"]])
    assert said() == {"stars"}
    alert_of([db.access.groups["bursts"]])
    assert said() == {"stars", "bursts"}
    alert_of([])
    assert said() == set(GROUP_STREAMS)


def test_a_source_is_saved_for_those_who_see_the_object(db: Database) -> None:
    assert save_source(db, EVERYBODY, "another group")["changed"] == ["stars"]
    assert save_source(db, EVERYBODY, "public")["changed"] == sorted(GROUP_STREAMS)
