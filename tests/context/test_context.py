"""Context with alerts: stored as they come, used by filters, looked up again, read with their rights and times."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skyhub.candidates import add_filter, cards, dry_run, explain_filter
from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES, read_catalog, store_entries
from skyhub.context import context_of, match_again, object_context
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.service import open_database
from support.catalogs import ARCSEC, SONJA, load, near_public
from support.houses import SCANNER, VISITOR, add_house, candid_of, candidates_of, ingest, write_night
from support.packets import record, write_packets
from support.services import Served

ROWS = "SELECT * FROM @alert_context{} ORDER BY candid, version"
NEAR, NEAR_SN = 5, "tns_sep < 2 AND host_z < 0.1 AND abs_mag < -16"


@pytest.fixture
def night(db: Database, tmp_path: Path) -> Database:
    """The small night, with catalogues that were there before it."""
    near_public(db)
    add_house(db)
    assert add_filter(db, "near", NEAR_SN, "transients").filter_id == NEAR
    ingest(db, *write_night(tmp_path / "packets"))
    return db


def _rows(db: Database, viewer: Viewer = ADMINISTRATOR, every: bool = False, as_of: Any = None) -> list[dict[str, Any]]:
    return db.reader.rows(viewer, ROWS.format("*" if every else ""), as_of=as_of)


def test_what_cannot_be_matched_again_is_refused(night: Database) -> None:
    with pytest.raises(PermissionRefused):
        match_again(night, VISITOR, ["ZTF26public"])
    for names in ([], ["x"] * 10_001):
        with pytest.raises(InvalidInput, match="were named"):
            match_again(night, SONJA, names)
    with pytest.raises(NotFound):
        object_context(night, ADMINISTRATOR, "ZTF00nothing")
    with pytest.raises(InvalidInput, match="limit is 0"):
        object_context(night, ADMINISTRATOR, "ZTF26public", 0)


def test_context_is_stored_with_its_alert_at_the_same_time(night: Database) -> None:
    alerts = night.reader.rows(ADMINISTRATOR, "SELECT candid, acl, known_at FROM @alerts ORDER BY candid")
    rows = _rows(night)
    assert [(r["candid"], r["acl"], r["known_at"]) for r in rows] == [tuple(a.values()) for a in alerts]
    assert {r["version"] for r in rows} == {1}
    assert len({r["alert_context_id"] for r in rows}) == len(rows)
    public, partner = rows[:2]
    assert (public["tns_name"], public["tns_class"], public["host_name"]) == ("SN 2026abc", "SN Ia", "Host")
    assert (public["star_mag"], public["variable_class"], public["agn_name"]) == (12.5, "RRAB", None)
    assert public["abs_mag"] == pytest.approx(18.5 - 35)
    assert (partner["agn_class"], partner["tns_name"]) == ("bll", None)
    assert public["searched"] == ["tns", "star", "agn", "variable", "galaxy"]


def test_alerts_that_are_refused_or_there_leave_no_context(night: Database, tmp_path: Path) -> None:
    before = _rows(night, every=True)
    ingest(night, *write_night(tmp_path / "again"))
    ingest(night, write_packets(tmp_path / "bad.avro", record(99, "ZTF26bad", dec=91.0)))
    assert _rows(night, every=True) == before


def test_a_catalogue_that_changes_meanwhile_is_seen(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    star = {"ra": 150.25, "dec": 2.5}
    looks = []

    def look(sky: Any, alerts: Any) -> Any:
        found = context_of(sky, alerts)
        looks.append(sky)
        if len(looks) == 1:
            load(db, "star", star)
        return found

    monkeypatch.setattr("skyhub.ingest._pipeline.context_of", look)
    ingest(db, write_packets(tmp_path / "one.avro", record(7)))
    assert [row["star_name"] for row in _rows(db)] == ["star 0"]
    assert len(looks) == 2


def test_filters_use_the_context_and_say_so(night: Database) -> None:
    [passed] = night.reader.rows(ADMINISTRATOR, "SELECT * FROM @candidates WHERE filter_id = 5")
    assert passed["object_id"] == "ZTF26public"
    told = explain_filter(night, ADMINISTRATOR, NEAR, object_id="ZTF26public")["alerts"][0]["at_alert"]
    assert told["candidate_id"] == str(passed["candidate_id"])
    assert [cut["verdict"] for cut in told["cuts"]] == [True] * 4
    assert told["cuts"][1]["columns"] == {"tns_sep": pytest.approx(1, abs=1e-3)}
    told = explain_filter(night, ADMINISTRATOR, NEAR, object_id="ZTF26partner")["alerts"][0]["at_alert"]
    assert [cut["verdict"] for cut in told["cuts"]] == [True, None, None, None]
    with pytest.raises(InvalidInput, match="tns_distance"):
        add_filter(night, "wrong", "tns_distance < 2", "transients")


def test_a_filter_sees_what_was_known_at_alert_time(night: Database) -> None:
    load(night, "tns", {"name": "SN 2026xyz", "ra": 151.0, "dec": 2.5})
    assert match_again(night, ADMINISTRATOR, nights=[_night(night)]).changed == 2
    tried = dry_run(night, ADMINISTRATOR, filter_id=NEAR)
    assert (tried["objects"], tried["n_alerts"]) == (["ZTF26public"], 5)
    assert dry_run(night, ADMINISTRATOR, expression="tns_name IS NOT NULL")["objects"] == ["ZTF26public"]
    alert = explain_filter(night, ADMINISTRATOR, NEAR, object_id="ZTF26public")["alerts"][0]
    assert alert["at_alert"]["passes"]
    assert alert["now"]["passes"]


def _night(db: Database) -> Any:
    [row] = db.reader.rows(ADMINISTRATOR, "SELECT DISTINCT dayobs FROM @alerts")
    return row["dayobs"]


def test_looking_again_adds_versions_of_what_differs_alone(night: Database) -> None:
    assert match_again(night, SONJA, ["ZTF26public"]).to_json() == {"alerts": 1, "changed": 0}
    before = datetime.now(UTC)
    load(night, "tns", {"name": "SN 2026abc", "ra": 150.0, "dec": 2.5 + ARCSEC, "class": "SN II", "redshift": 0.03})
    assert match_again(night, ADMINISTRATOR, nights=[_night(night)]).to_json() == {"alerts": 5, "changed": 1}
    [row] = [row for row in _rows(night) if row["object_id"] == "ZTF26public"]
    assert (row["version"], row["tns_class"], row["host_name"]) == (2, "SN II", "Host")
    [old] = [row for row in _rows(night, as_of=before) if row["object_id"] == "ZTF26public"]
    assert (old["version"], old["tns_class"]) == (1, "SN Ia")
    assert old["alert_context_id"] == row["alert_context_id"]
    assert len(_rows(night, every=True)) == 6
    assert match_again(night, ADMINISTRATOR, nights=[_night(night)]).changed == 0


def test_two_who_look_again_at_once_add_one_version(night: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    load(night, "tns", {"name": "SN 2026new", "ra": 150.0, "dec": 2.5})
    found, looks = [], []

    def look(sky: Any, alerts: Any) -> Any:
        looks.append(sky)
        if len(looks) == 1:
            found.append(match_again(night, SONJA, ["ZTF26public"]).changed)
        return context_of(sky, alerts)

    monkeypatch.setattr("skyhub.context._store.context_of", look)
    found.append(match_again(night, ADMINISTRATOR, ["ZTF26public"]).changed)
    assert found == [1, 0]
    assert [row["version"] for row in _rows(night, every=True) if row["object_id"] == "ZTF26public"] == [1, 2]


def test_alerts_that_came_before_there_was_a_context_get_a_second_version(house: Database) -> None:
    house.writer.between(lambda connection: connection.execute("DELETE FROM alert_context"))
    assert object_context(house, ADMINISTRATOR, "ZTF26public")["context"] is None
    near_public(house)
    assert match_again(house, ADMINISTRATOR, ["ZTF26public"]).changed == 1
    told = object_context(house, ADMINISTRATOR, "ZTF26public")["context"]
    assert (told["version"], told["tns"]["name"]) == (2, "SN 2026abc")
    assert dry_run(house, ADMINISTRATOR, expression="tns_name IS NOT NULL")["n_passed"] == 0


def test_context_is_for_those_who_may_see_its_alert(night: Database) -> None:
    for viewer in (ADMINISTRATOR, SCANNER, VISITOR, Viewer("guest", streams=frozenset({"ztf-caltech"}))):
        seen = {row["candid"] for row in night.reader.rows(viewer, "SELECT candid FROM @alerts")}
        assert {row["candid"] for row in _rows(night, viewer)} == seen
        for place, name in enumerate(("ZTF26public", "ZTF26partner", "ZTF26caltech")):
            if candid_of(place) in seen:
                assert object_context(night, viewer, name)["alerts"][0]["candid"] == str(candid_of(place))
            else:
                with pytest.raises(NotFound, match="no alert of"):
                    object_context(night, viewer, name)
    assert len({len(_rows(night, v)) for v in (ADMINISTRATOR, SCANNER, VISITOR)}) == 3
    uploader = Viewer("uploader", scopes=ROLES["scientist"])
    load(night, "agn", {"ra": 5.0, "dec": 5.0})
    assert match_again(night, uploader, ["ZTF26partner"]).to_json() == {"alerts": 0, "changed": 0}


def test_cards_carry_the_context(night: Database) -> None:
    ids = candidates_of(night, SCANNER)
    public, partner = cards(night, SCANNER, [ids["ZTF26public"], ids["ZTF26partner"]])
    context = public["context"]
    assert context["tns"] == {
        "name": "SN 2026abc", "catalog": "my tns", "class": "SN Ia", "redshift": 0.03,
        "separation": pytest.approx(1, abs=1e-3),
    }  # fmt: skip
    assert context["host"]["offset_kpc"] == pytest.approx(3 * 0.463, rel=0.01)
    assert (context["agn"], context["minor_planet"]) == (None, None)
    assert (context["star"]["mag"], context["variable"]["period"]) == (12.5, 0.55)
    assert partner["context"]["tns"] is None
    assert partner["context"]["agn"]["class"] == "bll"
    before = datetime.now(UTC)
    load(night, "tns", {"ra": 5.0, "dec": 5.0})
    match_again(night, ADMINISTRATOR, ["ZTF26public"])
    [now], [then] = (cards(night, SCANNER, [ids["ZTF26public"]], as_of) for as_of in (None, before))
    assert (now["context"]["tns"], then["context"]["tns"]["name"]) == (None, "SN 2026abc")


def test_minor_planets_come_from_the_packet(db: Database, tmp_path: Path) -> None:
    planet = record(7, "ZTF26rock", ssnamenr="433", ssdistnr=1.5, ssmagnr=17.2)
    ingest(db, write_packets(tmp_path / "rock.avro", planet))
    context = object_context(db, ADMINISTRATOR, "ZTF26rock")["context"]
    assert context["minor_planet"] == {"name": "433", "separation": 1.5, "mag": pytest.approx(17.2)}
    assert (context["host"], context["searched"]) == (None, [])


def test_context_through_the_service(served: Served) -> None:
    near_public(served.db)
    earlier = datetime.now(UTC) - timedelta(days=365)
    with served.sky(SONJA) as sky, served.sky(VISITOR) as visitor:
        assert sky.context("ZTF26public")["context"]["searched"] == []
        assert sky.context.match(["ZTF26public", "ZTF26partner"]) == {"alerts": 1, "changed": 1}
        assert sky.context("ZTF26public")["context"]["host"]["name"] == "Host"
        assert sky.sql("SELECT host_name FROM alert_context WHERE tns_sep < 2").to_rows() == [{"host_name": "Host"}]
        with pytest.raises(NotFound):
            sky.context("ZTF26public", as_of=earlier)
        with pytest.raises(NotFound):
            visitor.context("ZTF26partner")
        with pytest.raises(PermissionRefused):
            visitor.context.match(["ZTF26public"])
        with pytest.raises(InvalidInput):
            sky.context.match(nights=["yesterday"])
        with pytest.raises(InvalidInput, match="no kind of catalogue"):
            sky.catalogs.load("x.csv", "X", "comet")


def test_a_tidal_disruption_is_told_from_330_real_alerts(shared: Path, ztf: Path, tmp_path: Path) -> None:
    """AT 2019qiz in 2MASX J04463790-1013349 at 65.6 Mpc (Nicholl et al. 2020, doi:10.1093/mnras/staa2824)."""
    folder = shared / "survey" / "catalogs"
    host = {
        "name": "2MASX J04463790-1013349",
        "ra": 71.6579167,
        "dec": -10.2263611,
        "distance": 65.6,
        "redshift": 0.01513,
    }
    with open_database(tmp_path / "data") as db:
        for name, kind in (("known_tde_44.parquet", "tns"), ("table-4LAC-DR3-l.fits", "agn")):
            table = read_catalog(folder / name, REFERENCE_ENTRIES).table
            store_entries(db, SONJA, REFERENCE_ENTRIES, name, table, kind=kind)
        clu = read_catalog(shared / "survey" / "skyportal" / "CLU_mini.hdf5", GALAXIES).table
        store_entries(db, SONJA, GALAXIES, "CLU", clu)
        load(db, "galaxy", host)
        ingest(db, ztf)
        found = {(r["object_id"], r["tns_name"]) for r in _rows(db) if r["tns_name"]}
        with (ztf / "index.csv").open() as f:
            assert found == {(row["objectId"], row["tde_name"]) for row in csv.DictReader(f) if row["tde_name"]}
        near = [row for row in _rows(db) if row["host_name"]]
        assert {(row["object_id"], row["host_name"]) for row in near} == {("ZTF19abzrhgq", host["name"])}
        [row] = near
        assert (row["tns_sep"], row["host_sep"]) == (pytest.approx(0.23, abs=0.01), pytest.approx(0.515, abs=0.001))
        assert row["host_kpc"] == pytest.approx(0.515 * 0.309, rel=0.01)
        assert row["abs_mag"] == pytest.approx(19.1707 - 5 * np.log10(65.6e5), abs=1e-3)
        assert len(_rows(db)) == len(db.reader.rows(ADMINISTRATOR, "SELECT candid FROM @alerts"))
