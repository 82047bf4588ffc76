"""Who sees uploaded points, and their removal: who may change that, for which points, now and as of earlier times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused, SkyhubError
from skyhub.photometry import (
    Choice,
    Sharing,
    UploadOptions,
    photometry_history,
    photometry_table,
    remove_photometry,
    share_photometry,
    statistics,
    upload_photometry,
)
from skyhub.records import check
from support.houses import SCANNER, VISITOR
from support.services import Served

SCOPES = frozenset({"view", "upload"})
ANN = Viewer("ann", frozenset({"transients", "bursts"}), scopes=SCOPES)
BOB = Viewer("bob", frozenset({"bursts"}), scopes=SCOPES)
CAT = Viewer("cat", frozenset({"transients"}), scopes=SCOPES)
LEAD = Viewer("lead", frozenset({"transients", "stars"}), scopes=SCOPES)


@pytest.fixture
def led(house: Database) -> Database:
    """A house in which somebody looks after the transients, and ann's points are for these."""
    number = house.access.groups["transients"]
    house.access.group_admins[number] = {"lead"}
    upload(house, 20.0, 20.5)
    return house


def upload(
    db: Database, *mags: float, viewer: Viewer = ANN, groups: tuple[str, ...] = ("transients",), **more: Any
) -> int:
    days = [60000.0 + day for day in range(len(mags))]
    table = pa.table({"mjd": days, "filter": ["ztfr"] * len(mags), "mag": mags, "magerr": [0.1] * len(mags)})
    options = UploadOptions(object_id="ours", ra=10, dec=20, groups=list(groups), **more)
    return int(upload_photometry(db, viewer, table, options).upload_id or 0)


def seen(db: Database, viewer: Viewer, as_of: datetime | None = None) -> list[float]:
    mags = photometry_table(db, viewer, "ours", as_of)["mag"].to_pylist()
    found = statistics(db, viewer, ["ours"], as_of).get("ours", {"n_points": 0})
    assert found["n_points"] == len(mags)
    return [round(mag, 3) for mag in mags]


def now(db: Database) -> datetime:
    return db.writer.write(lambda transaction: transaction.now)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"upload_id": 1, "object_id": "ours"}, {"upload_id": 0}, {"upload_id": "x"}, {"photometry_ids": [1], "upload_id": 1},
        {"instrument": "ZTF"}, {"upload_id": 1, "instrument": "ZTF"}, {"no_such": 1},
    ],
)  # fmt: skip
def test_points_are_chosen_in_one_way(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        check(Choice, given)


@pytest.mark.parametrize("choice", [{"upload_id": 99}, {"object_id": "nobody's"}, {"photometry_ids": [10**9]},
                                    {"object_id": "ours", "instrument": "none"}, {"object_id": "ZTF26public"}])  # fmt: skip
def test_what_is_not_there_cannot_be_changed(led: Database, choice: dict[str, Any]) -> None:
    for viewer in (ANN, ADMINISTRATOR):
        with pytest.raises(NotFound):
            remove_photometry(led, viewer, Choice(**choice))
        with pytest.raises(NotFound):
            share_photometry(led, viewer, Sharing(**choice, groups=["transients"]))


def test_points_of_alerts_are_nobody_s_to_change(led: Database) -> None:
    numbers = led.reader.query(ADMINISTRATOR, "SELECT photometry_id FROM @photometry WHERE owner IS NULL")
    with pytest.raises(NotFound):
        remove_photometry(led, ADMINISTRATOR, Choice(photometry_ids=numbers["photometry_id"].to_pylist()[:1]))


_MATRIX = {ANN: None, LEAD: None, ADMINISTRATOR: None, CAT: PermissionRefused, BOB: NotFound, SCANNER: PermissionRefused,
           VISITOR: PermissionRefused}  # fmt: skip


@pytest.mark.parametrize("by", ["upload_id", "object_id", "photometry_ids"])
@pytest.mark.parametrize("viewer", _MATRIX, ids=lambda viewer: viewer.name)
def test_who_may_change_points(led: Database, viewer: Viewer, by: str) -> None:
    rows = photometry_history(led, ANN, "ours").to_pylist()
    numbers = [row["photometry_id"] for row in rows]
    choice = {by: {"upload_id": rows[0]["upload_id"], "object_id": "ours", "photometry_ids": numbers}[by]}
    sharing = Sharing(**choice, groups=["transients"], keep=True)
    refused: type[SkyhubError] | None = _MATRIX[viewer]
    if refused:
        with pytest.raises(refused):
            share_photometry(led, viewer, sharing)
        with pytest.raises(refused):
            remove_photometry(led, viewer, Choice(**choice))
        assert seen(led, ANN) == [20.0, 20.5]
    else:
        assert share_photometry(led, viewer, sharing) == {"shared": 0, "unchanged": 2, "object_ids": ["ours"]}
        assert remove_photometry(led, viewer, Choice(**choice)) == {"removed": 2, "object_ids": ["ours"]}
        assert seen(led, ANN) == []


@pytest.mark.parametrize("groups", [["bursts"], ["public"], ["no such"]])
def test_one_shares_with_one_s_own_groups_and_those_that_see_it(led: Database, groups: list[str]) -> None:
    with pytest.raises(PermissionRefused):
        share_photometry(led, LEAD, Sharing(object_id="ours", groups=groups))
    with pytest.raises(InvalidInput):
        share_photometry(led, LEAD, Sharing(object_id="ours", groups=[]))
    assert (seen(led, ANN), seen(led, BOB)) == ([20.0, 20.5], [])


def test_sharing_counts_for_all_times_and_reductions(led: Database) -> None:
    first = now(led)
    upload(led, 19.0)
    assert share_photometry(led, ANN, Sharing(object_id="ours", groups=["bursts"], keep=True))["shared"] == 2
    for viewer in (ANN, BOB, CAT):
        assert (seen(led, viewer), seen(led, viewer, first)) == ([19.0, 20.5], [20.0, 20.5])
    assert share_photometry(led, ANN, Sharing(object_id="ours", groups=["bursts"]))["shared"] == 2
    assert (seen(led, CAT), seen(led, CAT, first), len(photometry_history(led, CAT, "ours"))) == ([], [], 0)
    assert (seen(led, BOB), len(photometry_history(led, BOB, "ours"))) == ([19.0, 20.5], 3)
    assert share_photometry(led, ANN, Sharing(object_id="ours", groups=["bursts"]))["shared"] == 0


def test_one_upload_or_one_point_is_shared_alone(led: Database) -> None:
    second = upload(led, 21.0, instrument="other")
    share_photometry(led, ANN, Sharing(upload_id=second, groups=["bursts"], keep=True))
    assert seen(led, BOB) == [21.0]
    row = next(r for r in photometry_history(led, ANN, "ours").to_pylist() if r["mjd"] == 60001.0)
    share_photometry(led, ANN, Sharing(photometry_ids=[row["photometry_id"]], groups=["bursts"], keep=True))
    assert seen(led, BOB) == [21.0, 20.5]
    share_photometry(led, ANN, Sharing(object_id="ours", instrument="other", groups=["transients"]))
    assert seen(led, BOB) == [20.5]


def test_an_administrator_of_the_platform_makes_points_public(led: Database) -> None:
    share_photometry(led, ADMINISTRATOR, Sharing(object_id="ours", groups=["public"]))
    assert seen(led, VISITOR) == [20.0, 20.5]


def test_streams_stay(led: Database) -> None:
    partner = Viewer("partner", frozenset({"transients"}), frozenset({"ztf-partnership"}), SCOPES)
    upload(led, 18.0, viewer=partner, streams=["ztf-partnership"], instrument="other")
    share_photometry(led, partner, Sharing(object_id="ours", instrument="other", groups=["transients"]))
    share_photometry(led, ADMINISTRATOR, Sharing(object_id="ours", instrument="other", groups=["bursts"]))
    assert seen(led, BOB) == []


@pytest.mark.parametrize("merged", [False, True])
def test_what_was_removed_was_known_until_then(led: Database, merged: bool) -> None:
    before = now(led)
    if merged:
        led.photometry.merge()
    number = photometry_history(led, ANN, "ours")["photometry_id"][0].as_py()
    assert remove_photometry(led, ANN, Choice(photometry_ids=[number])) == {"removed": 1, "object_ids": ["ours"]}
    assert (seen(led, ANN), seen(led, ANN, before)) == ([20.5], [20.0, 20.5])
    assert len(photometry_history(led, ANN, "ours")) == 2
    with pytest.raises(NotFound):
        remove_photometry(led, ANN, Choice(photometry_ids=[number]))
    remove_photometry(led, ANN, Choice(object_id="ours"))
    assert (seen(led, ANN), seen(led, ANN, before)) == ([], [20.0, 20.5])
    upload(led, 20.0)
    assert seen(led, ANN) == [20.0]


def test_through_the_api_and_the_client(served: Served) -> None:
    points = {"mjd": [60000.0, 60001.0], "filter": ["ztfr"] * 2, "mag": [20.0, 20.5], "magerr": [0.1] * 2}
    with served.sky(ANN) as ann, served.sky(BOB) as bob:
        upload_id = ann.upload_photometry(points, "shared", ra=1, dec=2, groups=["transients"])["upload_id"]
        with pytest.raises(NotFound):
            bob.photometry("shared")
        assert ann.share_photometry("bursts", keep=True, upload_id=upload_id)["shared"] == 2
        assert bob.statistics("shared")["n_points"] == 2
        with pytest.raises(PermissionRefused, match="may not change 2 of 2 points"):
            bob.remove_photometry(object_id="shared")
        with pytest.raises(InvalidInput, match="say which points"):
            ann.remove_photometry()
        assert ann.remove_photometry(upload_id=upload_id)["removed"] == 2
        with pytest.raises(NotFound):
            bob.statistics("shared")
        assert len(bob.photometry("shared", versions="all")) == 2


def again(db: Database, viewer: Viewer, groups: list[str], **options: Any) -> dict[str, int]:
    table = pa.table({"mjd": [60000.0, 60001.0], "filter": ["ztfr"] * 2, "mag": [20.0, 20.5], "magerr": [0.1] * 2})
    done = upload_photometry(
        db, viewer, table, UploadOptions(object_id="ours", ra=10, dec=20, groups=groups, **options)
    )
    names = ("stored", "revised", "duplicates", "shared", "unshared")
    return {name: getattr(done, name) for name in names if getattr(done, name)}


def test_duplicates_of_one_s_own_can_be_shared(led: Database) -> None:
    with pytest.raises(InvalidInput, match="name the groups"):
        upload_photometry(
            led,
            ANN,
            pa.table({"mjd": [6e4], "filter": ["ztfr"], "mag": [20.0], "magerr": [0.1]}),
            UploadOptions(object_id="ours", share_duplicates=True),
        )
    assert again(led, ANN, ["transients"], share_duplicates=True) == {"duplicates": 2}
    assert again(led, ANN, ["bursts"]) == {"duplicates": 2, "unshared": 2}
    dry = again(led, ANN, ["bursts"], share_duplicates=True, dry_run=True)
    assert (dry, seen(led, BOB)) == ({"duplicates": 2, "shared": 2}, [])
    assert again(led, ANN, ["bursts"], share_duplicates=True) == {"duplicates": 2, "shared": 2}
    assert (seen(led, BOB), seen(led, CAT), seen(led, ADMINISTRATOR)) == ([20.0, 20.5],) * 3
    assert again(led, ANN, ["bursts", "transients"], share_duplicates=True) == {"duplicates": 2}


def test_duplicates_of_others_are_theirs_to_share(led: Database) -> None:
    both = Viewer("both", frozenset({"transients", "bursts"}), scopes=SCOPES)
    assert again(led, both, ["bursts"], share_duplicates=True) == {"duplicates": 2, "unshared": 2}
    assert seen(led, BOB) == []
    assert again(led, LEAD, ["stars"], share_duplicates=True) == {"duplicates": 2, "shared": 2}


def test_nobody_learns_that_hidden_points_are_there(led: Database) -> None:
    assert again(led, BOB, ["bursts"], share_duplicates=True) == {"stored": 2}
    assert (seen(led, BOB), seen(led, CAT)) == ([20.0, 20.5],) * 2
    assert len(seen(led, ADMINISTRATOR)) == 4
    assert again(led, ANN, ["bursts", "transients"], share_duplicates=True) == {"duplicates": 2}


def test_points_that_are_cited_count_in_no_statistics_whatever_becomes_of_them(house: Database) -> None:
    upload(house, 20.0, 20.5, origin="GCN Circ. 34999")
    assert len(photometry_table(house, ANN, "ours")) == 2
    assert statistics(house, ANN, ["ours"]) == {}
    share_photometry(house, ANN, Sharing(object_id="ours", groups=["bursts"]))
    upload(house, 19.0, viewer=BOB, groups=("bursts",))
    assert statistics(house, BOB, ["ours"])["ours"]["n_points"] == 1
    assert len(photometry_table(house, BOB, "ours")) == 3
    remove_photometry(house, ANN, Choice(object_id="ours"))
    assert statistics(house, BOB, ["ours"])["ours"]["n_points"] == 1
    remove_photometry(house, BOB, Choice(object_id="ours"))
    assert statistics(house, BOB, ["ours"]) == {}
