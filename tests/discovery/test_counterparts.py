"""Counterparts and galaxies of an event: what lies inside, how it is ranked, who may say what, and as it was known."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from skyhub.catalogs import GALAXIES, store_entries
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.discovery import (
    COUNTERPARTS,
    CounterpartSearch,
    GalaxySearch,
    event_counterparts,
    event_galaxies,
    set_status,
)
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.events import ingest_notice
from skyhub.photometry import add_up
from skyhub.records import find, from_fields, history
from skyhub.science.coordinates import hpx_index
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import read_sky_map, write_sky_map
from skyhub.team import add_groups
from support.commands import skyhub
from support.houses import GROUPS, VISITOR
from support.notices import alert

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
COLLEAGUE = Viewer("colleague", frozenset({"transients"}), scopes=ROLES["scanner"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])
CONE = b64encode(write_sky_map(skymap_of(Cone.from_90(150.0, 2.0, 10.0)))).decode()
T0 = 61366.125
EVENT = "S261122a"


def _object(
    db: Database, name: str, ra: float, dec: float, days: float = 1.0, group: str | None = None, **context: Any
) -> None:
    """An object with two detections (20 and 40 µJy, a day apart), the first some days after T0, and one limit two days before."""
    acl = db.writer.write(lambda t: t.acl([db.access.groups[group]] if group else []))
    row = {"object_id": name, "survey": "ZTF", "ra": ra, "dec": dec, "hpx": int(hpx_index(ra, dec)), "acl": acl}
    points = pa.table({
        "object_id": [name] * 3, "acl": pa.array([acl] * 3, pa.int32()), "filter": ["ztfr"] * 3, "origin": ["alert"] * 3,
        "mjd": T0 + days + np.array([-2.0, 0.0, 1.0]), "flux": [None, 20.0, 40.0], "fluxerr": [None, 1.0, 1.0],
        "limiting_mag": [20.5] * 3,
    })  # fmt: skip

    def write(transaction: Any) -> None:
        transaction.insert("objects", [row])
        if context:
            told = {
                "alert_context_id": abs(hash(name)) % 10**6,
                "version": 1,
                "candid": 1,
                "survey": "ZTF",
                "object_id": name,
            }
            transaction.insert("alert_context", [{**told, "acl": acl, **context}])
        add_up(transaction, points)

    db.writer.write(write)


def _ask(
    db: Database, viewer: Viewer = ADMINISTRATOR, as_of: datetime | None = None, **asked: Any
) -> list[dict[str, Any]]:
    table, _ = event_counterparts(db, viewer, EVENT, from_fields(CounterpartSearch, asked, "search"), as_of)
    return table.to_pylist()  # type: ignore[no-any-return]


def _names(*given: Any, **asked: Any) -> list[str]:
    return [row["object_id"] for row in _ask(*given, **asked)]


@pytest.fixture
def cone(db: Database) -> Database:
    """An event with the map of a cone, and objects inside, outside, before, and of a group."""
    add_groups(db, GROUPS)
    ingest_notice(db, ADMINISTRATOR, alert(skymap=CONE))
    _object(db, "near", 150.5, 2.0)
    _object(db, "edge", 159.0, 2.0, tns_name="2026abc")
    _object(db, "outside", 175.0, 2.0)
    _object(db, "before", 150.0, 2.7, days=-0.5)
    _object(db, "late", 150.0, 3.0, days=20.0)
    _object(db, "hidden", 151.0, 2.0, group="transients")
    return db


@pytest.mark.parametrize(
    "asked",
    [
        {"level": 0},
        {"level": 1.1},
        {"level": "NaN"},
        {"of": "stars"},
        {"localization": 0},
        {"limit": 0},
        {"status": "sure"},
        {"min_detections": 0},
        {"max_host_sigmas": -1},
        {"colour": "red"},
        {"first_after": "2026-11-24T00:00:00Z", "first_before": "2026-11-23T00:00:00Z"},
    ],
)
def test_questions_that_cannot_be_asked_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        from_fields(CounterpartSearch, asked, "search")


def test_events_and_localizations_that_are_not_there(cone: Database) -> None:
    with pytest.raises(NotFound, match="no event"):
        event_counterparts(cone, VISITOR, "S999999z", CounterpartSearch())
    with pytest.raises(NotFound, match="1 are there"):
        _ask(cone, localization=77)
    ingest_notice(cone, ADMINISTRATOR, alert(name="S261123b", time="2026-11-23T03:00:00Z"))
    with pytest.raises(NotFound, match="none are there"):
        event_galaxies(cone, VISITOR, "S261123b", GalaxySearch())


def test_what_lies_inside_since_the_event_the_likeliest_first(cone: Database) -> None:
    assert _names(cone) == ["near", "late", "hidden", "edge"]
    assert _names(cone, first_before="2026-12-01T00:00:00Z") == ["near", "hidden", "edge"]
    _object(cone, "much later", 150.0, 2.5, days=31.0)
    assert _names(cone) == ["near", "late", "hidden", "edge"]
    assert "much later" in _names(cone, first_before="2027-01-01T00:00:00Z")
    assert _names(cone, first_after="2026-12-20T00:00:00Z") == ["much later"]
    assert _names(cone, with_predetections=True) == ["near", "before", "late", "hidden", "edge"]
    assert _names(cone, of="known") == ["edge"]
    assert _names(cone, of="sources") == _names(cone, of="candidates") == _names(cone, min_detections=3) == []
    assert _names(cone, level=0.5) == ["near", "late", "hidden"]
    assert _names(cone, limit=1) == ["near"]


def test_nothing_is_inside_where_the_map_has_no_probability(cone: Database) -> None:
    _object(cone, "behind", 330.0, -2.0)
    table = pa.table(
        {"name": ["centre", "behind"], "ra": [150.0, 330.0], "dec": [2.0, -2.0], "distance": [100.0, 100.0]}
    )
    store_entries(cone, ADMINISTRATOR, GALAXIES, "ours", table)
    assert "behind" not in _names(cone, level=1)
    found, _ = event_galaxies(cone, VISITOR, EVENT, GalaxySearch(level=1))
    assert found["name"].to_pylist() == ["centre"]


def test_what_is_told_of_each(cone: Database) -> None:
    near = _ask(cone)[0]
    assert near["days_from_t0"] == pytest.approx(1.0, abs=1e-4)
    assert near["limit_from_t0"] == pytest.approx(-1.0, abs=1e-4)
    assert near["rise_rate"] == pytest.approx(-2.5 * np.log10(2), abs=1e-6)
    assert near["level"] == pytest.approx(1 - 0.1 ** (0.5**2 / 10**2), abs=0.005)  # a Gaussian's closed form
    assert near["level_volume"] is near["distance"] is near["host_sigmas"] is near["status"] is None
    edge = _ask(cone)[-1]
    assert (edge["tns_name"], edge["level"]) == ("2026abc", pytest.approx(1 - 0.1**0.81, abs=0.01))


def test_others_see_only_what_they_may(cone: Database) -> None:
    assert "hidden" in _names(cone, VERA)
    assert "hidden" not in _names(cone, STRANGER)
    assert "hidden" not in _names(cone, VISITOR)


def test_a_status_needs_the_right_to_save_and_sight_of_both(cone: Database) -> None:
    for viewer, object_id, error in (
        (VISITOR, "near", PermissionRefused),
        (STRANGER, "hidden", NotFound),
        (VERA, "nothing", NotFound),
    ):
        with pytest.raises(error):
            set_status(cone, viewer, EVENT, object_id, "pending")
    with pytest.raises(InvalidInput, match="status"):
        set_status(cone, VERA, EVENT, "near", "sure")
    with pytest.raises(NotFound):
        set_status(cone, VERA, "S999999z", "near", "pending")
    assert find(cone, ADMINISTRATOR, COUNTERPARTS) == []


def test_a_status_is_changed_by_colleagues_and_its_past_stays(cone: Database) -> None:
    first = set_status(cone, VERA, EVENT, "near", "pending")
    then = datetime.now(UTC)
    again = set_status(cone, COLLEAGUE, EVENT, "near", "rejected", "AGN", "flares each year")
    assert (again["counterpart_id"], again["version"], again["author"]) == (first["counterpart_id"], 2, "vera")
    assert set_status(cone, COLLEAGUE, EVENT, "near", "rejected", "AGN", "flares each year")["version"] == 2
    assert [v["edited_by"] for v in history(cone, VERA, COUNTERPARTS, int(first["counterpart_id"]))] == [
        "vera",
        "colleague",
    ]
    row = _ask(cone, VERA)[0]
    assert (row["status"], row["reason"], row["notes"]) == ("rejected", "AGN", "flares each year")
    assert _ask(cone, VERA, then)[0]["status"] == "pending"
    assert _ask(cone, STRANGER)[0]["status"] is None
    assert _names(cone, VERA, status="rejected") == ["near"]
    assert "near" not in _names(cone, VERA, status="none")


def test_a_status_that_others_set_again_and_again_is_given_up(cone: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    set_status(cone, VERA, EVENT, "near", "pending")
    monkeypatch.setattr("skyhub.discovery._statuses.counterpart_statuses", lambda *_: {})
    with pytest.raises(Conflict, match="near is held for in S261122a was said by others"):
        set_status(cone, VERA, EVENT, "near", "rejected")


def test_groups_say_what_they_think_each_for_itself(cone: Database) -> None:
    set_status(cone, VERA, EVENT, "near", "rejected")
    set_status(cone, STRANGER, EVENT, "near", "confirmed")
    assert _ask(cone, VERA)[0]["status"] == "rejected"
    assert _ask(cone, STRANGER)[0]["status"] == "confirmed"


def test_as_it_was_known(cone: Database) -> None:
    then = datetime.now(UTC)
    _object(cone, "newer", 150.0, 2.0)
    assert _names(cone)[0] == "newer"
    assert _names(cone, as_of=then) == ["near", "late", "hidden", "edge"]
    with pytest.raises(NotFound):
        _names(cone, as_of=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.fixture
def deep(db: Database, shared: Path) -> Database:
    """An event with a map in three dimensions."""
    content = (shared / "skymaps" / "S190814bv_GW190814_bayestar.multiorder.fits").read_bytes()
    ingest_notice(db, ADMINISTRATOR, alert(skymap=b64encode(content).decode()))
    return db


def test_hosts_at_the_distance_of_the_map_come_first(deep: Database, shared: Path) -> None:
    sky_map = read_sky_map(shared / "skymaps" / "S190814bv_GW190814_bayestar.multiorder.fits")
    ra, dec = sky_map.mode
    _object(deep, "far", ra, dec, host_name="A", host_distance=2000.0)
    _object(deep, "fitting", ra + 0.5, dec, host_name="B", host_distance=260.0)
    rows = _ask(deep)
    assert [row["object_id"] for row in rows] == ["fitting", "far"]
    for row in rows:
        assert row["level_volume"] == pytest.approx(
            sky_map.volume_level([row["ra"]], [row["dec"]], [row["host_distance"]])[0], abs=1e-12
        )
    assert abs(rows[0]["host_sigmas"]) < 2 < rows[1]["host_sigmas"]
    assert _names(deep, max_host_sigmas=3) == ["fitting"]


def test_galaxies_are_ranked_by_probability_times_mass_or_light(deep: Database, shared: Path) -> None:
    sky_map = read_sky_map(shared / "skymaps" / "S190814bv_GW190814_bayestar.multiorder.fits")
    ra, dec = sky_map.mode
    table = pa.table({
        "name": ["heavy", "light", "behind", "elsewhere"], "ra": [ra, ra, ra, (ra + 180) % 360], "dec": [dec, dec, dec, -dec],
        "distance": [260.0, 260.0, 3000.0, 260.0], "log_mass": [11.0, 10.0, 12.0, 12.0], "mag_b": [17.0, 14.5, 10.0, 10.0],
    })  # fmt: skip
    store_entries(deep, ADMINISTRATOR, GALAXIES, "ours", table)
    by_mass, about = event_galaxies(deep, VISITOR, EVENT, GalaxySearch())
    assert by_mass["name"].to_pylist()[:2] == ["heavy", "light"]
    assert "elsewhere" not in by_mass["name"].to_pylist()
    share = by_mass["share"].to_pylist()
    assert share[0] / share[1] == pytest.approx(10, rel=1e-6)
    assert sum(share) == pytest.approx(1)
    by_light = event_galaxies(deep, VISITOR, EVENT, GalaxySearch(weight="luminosity"))[0]
    assert by_light["name"].to_pylist()[:2] == ["light", "heavy"]
    assert by_light["share"][0].as_py() / by_light["share"][1].as_py() == pytest.approx(10, rel=1e-4)
    modulus = 5 * np.log10(260e5)
    light = sum(10 ** (-0.4 * (mag - modulus - 5.48)) for mag in (17.0, 14.5))
    assert sky_map.volumes is not None
    expected = light / (1.98e8 * sky_map.volumes.volume_within(0.9))
    assert float(about["completeness"]) == pytest.approx(expected, rel=1e-3)


def test_through_client_and_command(sky: Sky, tmp_path: Path) -> None:
    sky.events.ingest(alert(skymap=CONE))
    assert len(sky.events.counterparts(EVENT, level=0.5, first_before="2026-12-01T00:00:00Z")) == 0
    assert len(sky.events.galaxies(EVENT, weight="luminosity")) == 0
    with pytest.raises(InvalidInput, match="level"):
        sky.events.counterparts(EVENT, level=2)
    with pytest.raises(InvalidInput, match="first_before 'yesterday' is no time") as caught:
        sky.events.counterparts(EVENT, first_before="yesterday")
    assert caught.value.where == "first_before"
    with pytest.raises(NotFound):
        sky.events.hold(EVENT, "nothing", "pending")
    path, data = tmp_path / "notice.json", tmp_path / "data"
    path.write_bytes(alert(skymap=CONE))
    skyhub("ingest", "notice", path, data_dir=data)
    assert skyhub("events", "counterparts", EVENT, "--level", "0.5", data_dir=data) == []
    assert skyhub("events", "galaxies", EVENT, data_dir=data) == []
    assert (
        skyhub("events", "hold", EVENT, "nothing", "pending", data_dir=data, status=2)["error"]["code"] == "not_found"
    )
