"""Telescopes, instruments and detectors: what is refused, what comes with the platform, who may change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.facilities import KINDS, load_facilities, shipped_records
from skyhub.facilities._kinds import DETECTOR_INTERVALS, DETECTOR_SPECTRA, INSTRUMENTS, TELESCOPES
from skyhub.records import add, edit, find, get, history, remove
from skyhub.science.bandpasses import bandpass_names
from skyhub.science.footprints import parse_footprint

SCIENTIST = Viewer("sonja", scopes=ROLES["scientist"])
SITE = {"name": "Mine", "nickname": "M1", "latitude": 33.4, "longitude": -116.9, "elevation": 1700}
CAMERA = {"name": "MyCam", "telescope": "P48", "type": "imager", "filters": ["ztfg"]}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_the_migration_has_the_columns_of_the_kind(db: Database, kind: Any) -> None:
    found = {row["column_name"]: row["data_type"] for row in _columns(db, kind.table)}
    wanted = {kind.id_column: "BIGINT", **kind.columns}
    assert {name: found[name] for name in wanted} == wanted
    assert set(found) - set(wanted) == {"version", "author", "edited_by", "acl", "known_at", "known_until"}


def _columns(db: Database, table: str) -> list[dict[str, Any]]:
    with db.reader.borrowed() as cursor:
        sql = f"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '{table}'"
        return cursor.sql(sql).to_arrow_table().to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latitude": 91}, "latitude"),
        ({"longitude": -181}, "longitude"),
        ({"latitude": None}, "latitude missing"),
        ({"elevation": None}, "elevation missing"),
        ({"diameter": 0}, "diameter"),
        ({"mpc_code": "palomar"}, "mpc_code"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"horizon": [{"azimuth": 400, "altitude": 10}]}, "azimuth"),
        ({"lat": 3}, "Fields: "),
    ],
)
def test_telescopes_that_cannot_be(db: Database, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        add(db, ADMINISTRATOR, TELESCOPES, [{**SITE, **change}])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"telescope": "Nowhere"}, "no telescope 'Nowhere'"),
        ({"type": "toaster"}, "type"),
        ({"filters": ["z band"]}, "without blanks"),
        ({"filters": ["ztfg", "ztfg"]}, "occurs twice"),
        ({"footprint": "image\nbox(1,1,1,1,0)"}, "region"),
        ({"sensitivity": {"ztfr": {"limiting_magnitude": 20, "exposure_time": 30}}}, "which filters have not"),
        ({"sensitivity": {"ztfg": {"limiting_magnitude": 20}}}, "exposure_time"),
        ({"configuration": {"slew": 3}}, "slew"),
    ],
)
def test_instruments_that_cannot_be(db: Database, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        add(db, ADMINISTRATOR, INSTRUMENTS, [{**CAMERA, **change}])


def test_series_of_detectors_that_cannot_be(db: Database) -> None:
    times = {"start_time": "2023-05-24T15:00:00Z", "end_time": "2023-05-24T14:00:00Z"}
    with pytest.raises(InvalidInput, match="ends before it begins"):
        add(db, ADMINISTRATOR, DETECTOR_INTERVALS, [{"detector": "H1", **times}])
    with pytest.raises(InvalidInput, match="no detector 'X1'"):
        add(db, ADMINISTRATOR, DETECTOR_INTERVALS, [{"detector": "X1", **times, "end_time": "2023-05-24T16:00:00Z"}])
    for frequency, message in (([10, 20], "2 frequencies have 1"), ([0.0], "positive"), ([], "at least 1")):
        with pytest.raises(InvalidInput, match=message):
            add(
                db,
                ADMINISTRATOR,
                DETECTOR_SPECTRA,
                [{"detector": "H1", "label": "x", "frequency": frequency, "amplitude": [1]}],
            )


def test_who_may_change_facilities(db: Database) -> None:
    for kind, record in ((TELESCOPES, SITE), (INSTRUMENTS, CAMERA)):
        with pytest.raises(PermissionRefused, match="administer"):
            add(db, SCIENTIST, kind, [record])
        add(db, ADMINISTRATOR, kind, [record])
    assert find(db, Viewer("anyone"), TELESCOPES, {"nickname": "M1"})[0]["public"]


def test_longitudes_beyond_180_are_west() -> None:
    model = TELESCOPES.model.model_validate({**SITE, "longitude": 342.1})
    assert model.longitude == pytest.approx(-17.9)


def test_an_instrument_is_at_its_telescope_by_any_name(db: Database) -> None:
    [record] = add(db, ADMINISTRATOR, INSTRUMENTS, [{**CAMERA, "telescope": "Samuel Oschin Telescope"}])["records"]
    assert record["telescope"] == "P48"
    [record] = add(db, ADMINISTRATOR, INSTRUMENTS, [{**CAMERA, "name": "b", "telescope": "Blanco"}])["records"]
    assert record["telescope"] == "CTIO-4m"


def test_what_comes_with_the_platform_is_complete(db: Database) -> None:
    telescopes = {t["nickname"]: t for t in find(db, ADMINISTRATOR, TELESCOPES)}
    instruments = {i["name"]: i for i in find(db, ADMINISTRATOR, INSTRUMENTS)}
    assert len(telescopes) > 80
    assert len(instruments) > 100
    assert {i["telescope"] for i in instruments.values()} <= telescopes.keys()
    ground = [t for t in telescopes.values() if t["fixed_location"]]
    assert all(t["latitude"] is not None and t["elevation"] > -10 for t in ground)
    ztf = instruments["ZTF"]
    assert ztf["field_of_view"] == pytest.approx(46.7, abs=0.3)
    assert ztf["configuration"]["slew_rate"] == 2.6
    assert set(ztf["sensitivity"]) == {"ztfg", "ztfr", "ztfi"}
    known = set(bandpass_names())
    surveys = ("ZTF", "ATLAS", "PS1", "LSST", "DECam", "UVOT", "GOTO", "WNTR", "BlackGEM", "GIT camera")
    assert {name for survey in surveys for name in instruments[survey]["filters"]} <= known


def test_shipped_places_agree_with_the_shared_list(shared: Path, db: Database) -> None:
    """Another list of the same telescopes, where it is not obviously wrong, is within a few kilometres of ours."""
    import yaml

    theirs = yaml.safe_load((shared / "survey" / "skyportal" / "telescopes.yaml").read_text())
    ours = {t["nickname"]: t for t in find(db, ADMINISTRATOR, TELESCOPES) if t["fixed_location"]}
    wrong_there = {"XL216", "PS1", "Ekar", "C18", "LOT", "KMTNet", "Swift"}
    compared = [(ours[t["nickname"]], t) for t in theirs if t["nickname"] in ours and t["nickname"] not in wrong_there]
    assert len(compared) > 35
    for mine, other in compared:
        assert mine["latitude"] == pytest.approx(other["lat"], abs=0.15), mine["nickname"]
        difference = (mine["longitude"] - other["lon"] + 180) % 360 - 180
        assert abs(difference) < 0.7, mine["nickname"]


def test_the_shipped_mosaic_of_ztf_is_where_its_quadrants_are(shared: Path) -> None:
    [ztf] = [record for record in shipped_records("instruments") if record["name"] == "ZTF"]
    ours = parse_footprint(ztf["footprint"])
    theirs = parse_footprint((shared / "survey" / "skyportal" / "ZTF_Region.reg").read_text())
    for corners in theirs.polygons:
        lon, lat = corners.mean(axis=0)
        assert ours.contains(lon, lat)
    assert len(ours.polygons) == len(theirs.polygons) == 64
    assert ours.areas.sum() == pytest.approx(theirs.areas.sum(), rel=2e-3)


def test_loading_again_changes_nothing_and_edits_stay(db: Database) -> None:
    assert load_facilities(db) == 0
    [p48] = find(db, ADMINISTRATOR, TELESCOPES, {"nickname": "P48"})
    [p60] = find(db, ADMINISTRATOR, TELESCOPES, {"nickname": "P60"})
    edit(db, ADMINISTRATOR, TELESCOPES, int(p48["telescope_id"]), {"elevation": 1700})
    remove(db, ADMINISTRATOR, TELESCOPES, int(p60["telescope_id"]))
    db.writer.write(lambda t: t.discard("shipped_data", "name = 'facilities'"))
    assert load_facilities(db) == 0
    assert get(db, ADMINISTRATOR, TELESCOPES, int(p48["telescope_id"]))["elevation"] == 1700
    assert [row["elevation"] for row in history(db, ADMINISTRATOR, TELESCOPES, int(p48["telescope_id"]))] == [
        1712,
        1700,
    ]
    with pytest.raises(NotFound):
        get(db, ADMINISTRATOR, TELESCOPES, int(p60["telescope_id"]))
