"""Who sees a fit: those who see every point, and the redshift, that it was made from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from rights_support import AUDIENCES, GROUP_STREAMS, VIEWERS, acl_of, may_see
from skyhub.analyses import ANALYSES, store_fit
from skyhub.db import ADMINISTRATOR, PERSONAL, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.records import edit, share
from skyhub.service import open_database

OBJECT = "fitted"
WRITERS = [viewer for viewer in VIEWERS.values() if "save" in viewer.scopes]
IDS = [name for name, viewer in VIEWERS.items() if viewer in WRITERS]
RESULT = {
    "object_id": OBJECT,
    "model": "bazin",
    "parameters": [{"name": "t0", "filter": None, "unit": "MJD", "value": 60000.0, "error": 1.0}],
    "chi2": 3.0,
    "dof": 2,
    "n_points": 5,
}


@pytest.fixture(scope="module")
def db(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A house with one public object that has a point and a redshift of each audience."""
    data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp("analyses") / "house"))
    with open_database(data_dir) as opened:
        acls = {name: acl_of(opened, *audience) for name, audience in AUDIENCES.items()}
        common = {"mjd": 60000.0, "filter": "ztfg", "version": 1, "repeat": 0, "instrument": "ZTF", "origin": "alert"}
        points = [
            {**common, "photometry_id": 9_000_000 + n, "object_id": OBJECT, "acl": acl}
            for n, acl in enumerate(acls.values())
        ]
        said = {"object_id": OBJECT, "redshift": 0.05, "type": "host", "version": 1, "author": "author"}
        notes = [
            {**said, "redshift_id": 9_000_000 + n, "edited_by": "author", "acl": acl}
            for n, acl in enumerate(acls.values())
        ]
        place = {"object_id": OBJECT, "ra": 10.0, "dec": 10.0, "acl": acl_of(opened, set(), set())}

        def write(transaction: Any) -> None:
            transaction.insert("objects", [place])
            transaction.insert("photometry", points)
            transaction.insert("redshifts", notes)

        opened.writer.write(write)
        yield opened


NUMBERS = {name: 9_000_000 + n for n, name in enumerate(AUDIENCES)}


def _seen_by(db: Database, sql: str, number: str) -> set[str]:
    """Who sees a row, by the rule."""
    [row] = db.reader.rows(ADMINISTRATOR, sql, [int(number)])
    numbers, streams = db.access.members(row["acl"])
    groups = {name for name, n in db.access.groups.items() if n in numbers}
    needed = {name for name, n in db.access.streams.items() if n in streams}
    return {name for name, viewer in VIEWERS.items() if may_see(viewer, groups, needed)}


_FIT = "SELECT acl FROM @analyses WHERE analysis_id = ?"
_NOTE = "SELECT acl FROM @annotations WHERE about_table = 'analyses' AND about_id = ?"


def _may_see_all(names: tuple[str, ...]) -> set[str]:
    return {who for who, viewer in VIEWERS.items() if all(may_see(viewer, *AUDIENCES[name]) for name in names)}


def _audience(writer: Viewer, names: tuple[str, ...]) -> set[str]:
    """Who sees a fit of a writer, by the rule: the author's groups that see all that it was made from, with all streams."""
    closed = [AUDIENCES[name][0] for name in names if AUDIENCES[name][0]]
    streams = set[str]().union(*(AUDIENCES[name][1] for name in names))
    mine = set(GROUP_STREAMS) if writer.administers else set(writer.groups) & GROUP_STREAMS.keys()
    own = {PERSONAL + writer.name}
    if not closed:
        groups = mine or own
    else:
        shared = set.intersection(*closed)
        groups = (shared if writer.administers else shared & (mine | own)) or own
    return {name for name, viewer in VIEWERS.items() if may_see(viewer, groups, streams)}


@pytest.mark.parametrize("writer", WRITERS, ids=IDS)
def test_a_fit_is_for_those_who_see_all_of_its_points(db: Database, writer: Viewer) -> None:
    for names in combinations_with_replacement(AUDIENCES, 2):
        fields = {**RESULT, "photometry_ids": [NUMBERS[name] for name in dict.fromkeys(names)]}
        if not all(may_see(writer, *AUDIENCES[name]) for name in names):
            with pytest.raises(NotFound):
                store_fit(db, writer, fields)
            continue
        number = store_fit(db, writer, fields, annotate=True)["analysis_id"]
        for sql in (_FIT, _NOTE):
            assert _seen_by(db, sql, number) == _audience(writer, names), (sql, names)
        assert _audience(writer, names) <= _may_see_all(names)
        assert db.reader.rows(writer, _FIT, [int(number)])


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_redshift_bounds_the_fit_that_assumed_it(db: Database, audience: str) -> None:
    writer = VIEWERS["leader"]
    fields = {**RESULT, "photometry_ids": [NUMBERS["public"]], "redshift_id": NUMBERS[audience]}
    if not may_see(writer, *AUDIENCES[audience]):
        with pytest.raises(NotFound):
            store_fit(db, writer, fields)
        return
    assert _seen_by(db, _FIT, store_fit(db, writer, fields)["analysis_id"]) == _audience(writer, ("public", audience))


def test_nobody_is_let_in_who_does_not_see_the_points(db: Database) -> None:
    everybody = VIEWERS["everybody"]
    fields = {**RESULT, "photometry_ids": [NUMBERS["one group"]]}
    with pytest.raises(PermissionRefused, match="transients may"):
        store_fit(db, everybody, fields, groups=["bursts"])
    with pytest.raises(PermissionRefused, match="computed from"):
        store_fit(db, ADMINISTRATOR, fields, groups=["public"])
    record = store_fit(db, everybody, fields, groups=["transients"])
    number = int(record["analysis_id"])
    with pytest.raises(PermissionRefused, match="computed from"):
        share(db, everybody, ANALYSES, number, ["transients", "bursts"])
    with pytest.raises(PermissionRefused, match="computed from"):
        edit(db, everybody, ANALYSES, number, {"photometry_ids": [NUMBERS["another group"]]})
    assert _seen_by(db, _FIT, record["analysis_id"]) == _audience(everybody, ("one group",))


def test_points_without_a_common_group_make_a_fit_for_the_author_alone(db: Database) -> None:
    fields = {**RESULT, "photometry_ids": [NUMBERS["one group"], NUMBERS["another group"]]}
    record = store_fit(db, VIEWERS["everybody"], fields)
    assert record["groups"] == [f"{PERSONAL}everybody"]
    assert _seen_by(db, _FIT, record["analysis_id"]) == {"everybody", ADMINISTRATOR.name}


def test_what_is_no_fit(db: Database) -> None:
    author = VIEWERS["author"]
    with pytest.raises(InvalidInput, match="photometry_ids"):
        store_fit(db, author, {**RESULT, "photometry_ids": []})
    with pytest.raises(InvalidInput, match="PNG"):
        store_fit(db, author, {**RESULT, "photometry_ids": [NUMBERS["public"]]}, b"<svg/>")
    with pytest.raises(InvalidInput, match="no such file"):
        store_fit(db, author, {**RESULT, "photometry_ids": [NUMBERS["public"]], "corner_digest": "0" * 64})
    with pytest.raises(NotFound, match="no report run"):
        store_fit(db, author, {**RESULT, "photometry_ids": [NUMBERS["public"]], "report_id": "fit-1"})
    with pytest.raises(PermissionRefused):
        store_fit(db, VIEWERS["reader"], {**RESULT, "photometry_ids": [NUMBERS["public"]]})
