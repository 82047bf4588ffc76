"""Alerts of all surveys in the database: stored once, seen by whom they are for, filtered, scanned and shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from skyhub.alerts import alert_record, cutout_blob, packet_table, surveys_of
from skyhub.candidates import add_filter, cards
from skyhub.care import check
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.ingest import IngestSummary, ingest_alert_files, store_packets
from skyhub.notes import COMMENTS
from skyhub.records import add, find
from skyhub.service import open_database
from skyhub.sources import object_record
from support.surveys import lsst, lsst_source

SHIPPED = files("skyhub.alerts") / "surveys" / "lsst.yaml"
VISITOR = Viewer("visitor")
WITH_STREAMS = {
    stream: Viewer("member", streams=frozenset({stream})) for stream in ("winter", "pgir", "atlas", "askap")
}


@pytest.fixture(scope="module")
def stored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, IngestSummary]]:
    root = shared / "alerts"
    with open_database(tmp_path_factory.mktemp("surveys") / "data") as db:
        add_filter(db, "Rubin", "rb > 0.6 AND sso_name IS NULL", None, "LSST")
        add_filter(db, "Gattini", "drb > 0.5 AND n_detections > 5 AND rb IS NULL", None, "PGIR")
        yield db, ingest_alert_files([root / "other", root / "lsst"], lambda batch: store_packets(db, batch))


def test_every_record_is_accounted_for(stored: tuple[Database, IngestSummary]) -> None:
    db, summary = stored
    assert (summary.read, summary.stored, summary.duplicates, len(summary.rejected)) == (180, 165, 8, 7)
    [count] = db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n, count(DISTINCT (survey, candid)) AS m FROM @alerts")
    assert (count["n"], count["m"]) == (165, 165)


def test_a_second_time_changes_nothing(stored: tuple[Database, IngestSummary], shared: Path) -> None:
    db, _ = stored
    before = db.version()
    again = ingest_alert_files([shared / "alerts" / "other"], lambda batch: store_packets(db, batch))
    assert (again.stored, again.duplicates) == (0, 30)
    assert db.version() == before


@pytest.mark.parametrize("stream", WITH_STREAMS)
def test_alerts_are_seen_by_those_entitled_to_their_stream(stored: tuple[Database, IngestSummary], stream: str) -> None:
    db, _ = stored
    everybody = {"LSST", "ELAsTiCC", "Roman"}
    statement = "SELECT DISTINCT survey FROM @{}"
    for table in ("alerts", "objects", "photometry"):
        public = {row["survey"] for row in db.reader.rows(VISITOR, statement.format(table))}
        entitled = {row["survey"] for row in db.reader.rows(WITH_STREAMS[stream], statement.format(table))}
        assert public == everybody
        assert {survey.lower() for survey in entitled - everybody} == {stream}


def test_streams_are_there_from_the_start(stored: tuple[Database, IngestSummary]) -> None:
    assert {s for survey in surveys_of() for s in survey.streams} <= stored[0].access.streams.keys()


@pytest.mark.parametrize("survey", ["LSST", "PGIR"])
def test_filters_make_candidates_with_cards(stored: tuple[Database, IngestSummary], survey: str) -> None:
    db, _ = stored
    found = db.reader.rows(ADMINISTRATOR, "SELECT * FROM @candidates WHERE survey = ? ORDER BY candidate_id", [survey])
    score = {"LSST": "a.rb > 0.6 AND sso_name IS NULL", "PGIR": "a.drb > 0.5 AND a.n_detections > 5"}[survey]
    expected = f"SELECT count(*) AS n FROM @alerts AS a WHERE survey = ? AND {score}"
    assert len(found) == db.reader.rows(ADMINISTRATOR, expected, [survey])[0]["n"] > 0
    shown = cards(db, ADMINISTRATOR, [row["candidate_id"] for row in found][:5])
    for card in shown:
        assert card["survey"] == survey
        assert all(url.startswith("data:image/png") for url in card["cutouts"].values())
        assert len(card["photometry"]["mjd"]) == len(card["photometry"]["flux"]) > 0
        assert card["statistics"]["n_detections"] > 0
    keys = {note["key"] for card in shown for note in card["annotations"]}
    assert ("rb" in keys, "drb" in keys) == (survey == "LSST", survey == "PGIR")


def test_an_object_has_its_light_curve_in_microjansky(stored: tuple[Database, IngestSummary]) -> None:
    db, _ = stored
    record = object_record(db, VISITOR, "LSST-170028485706776685")
    assert record["survey"] == "LSST"
    assert len(record["photometry"]["flux"]) == 741
    assert set(record["photometry"]["filter"]) <= {f"lsst{band}" for band in "ugrizy"}
    [latest] = [flux for mjd, flux, origin in _points(record) if origin == "alert" and mjd > 61105.0931]
    assert latest == pytest.approx(-19.54939, rel=1e-5)


def _points(record: dict[str, Any]) -> list[tuple[float, float, str]]:
    curve = record["photometry"]
    return list(zip(curve["mjd"], curve["flux"], curve["origin"], strict=True))


def _store(db: Database, directory: Path, survey: str, record: dict[str, Any]) -> None:
    [found] = [s for s in surveys_of(directory) if s.name == survey]
    store_packets(db, packet_table([found.decode(record, "")]))


def _two_of_one_number(db: Database, shared: Path, directory: Path) -> None:
    text = SHIPPED.read_text().replace("survey: LSST", "survey: Other").replace("LSST-", "OTHER-")
    (directory / "other.yaml").write_text(text)
    _store(db, directory, "LSST", lsst())
    _store(db, directory, "Other", lsst(cutoutScience=b"other", diaSource=lsst_source(7, ra=151.0)))


def test_two_surveys_may_give_the_same_number(db: Database, shared: Path, tmp_path: Path) -> None:
    _two_of_one_number(db, shared, tmp_path)
    assert len(db.reader.rows(ADMINISTRATOR, "SELECT * FROM @alerts WHERE candid = 7")) == 2
    with pytest.raises(InvalidInput, match=r"LSST, Other.*survey"):
        alert_record(db, VISITOR, 7)
    assert alert_record(db, VISITOR, 7, survey="Other")["ra"] == 151.0
    assert alert_record(db, VISITOR, 7, survey="LSST")["ra"] == 150.0
    assert cutout_blob(db, VISITOR, 7, "science", survey="Other") == b"other"
    with pytest.raises(NotFound):
        alert_record(db, VISITOR, 7, survey="ZTF")
    _require_sound(db)


def test_a_comment_says_which_of_two_surveys_alerts(db: Database, shared: Path, tmp_path: Path) -> None:
    _two_of_one_number(db, shared, tmp_path)

    def comment(**about: Any) -> dict[str, Any]:
        given = {"text": "a ghost", "about_table": "alerts", **about}
        [record] = add(db, ADMINISTRATOR, COMMENTS, [given], ["public"])["records"]
        return {name: record[name] for name in ("object_id", "about_id", "about_survey")}

    with pytest.raises(InvalidInput, match=r"alert of LSST, Other.*'LSST:7'"):
        comment(about_id=7)
    with pytest.raises(NotFound, match="ZTF:7"):
        comment(about_id="ZTF:7")
    with pytest.raises(InvalidInput, match="object_id"):
        comment(about_id="LSST:7", object_id="OTHER-77")
    assert comment(about_id="Other:7") == {"object_id": "OTHER-77", "about_id": "7", "about_survey": "Other"}
    assert comment(about_id=7, about_survey="LSST")["object_id"] == "LSST-77"
    for address, objects in {"Other:7": ["OTHER-77"], "LSST:7": ["LSST-77"], "7": ["LSST-77", "OTHER-77"]}.items():
        found = find(db, ADMINISTRATOR, COMMENTS, {"about_table": "alerts", "about_id": address})
        assert [row["object_id"] for row in found] == objects
    _require_sound(db)


def test_all_rows_fit_together(stored: tuple[Database, IngestSummary]) -> None:
    _require_sound(stored[0])


def _require_sound(db: Database) -> None:
    problems = {problem["kind"]: problem["message"] for problem in check(db)["problems"]}
    assert not {"duplicate", "two_in_force", "orphan"} & problems.keys(), problems


def test_a_mapping_file_in_the_data_directory_brings_its_streams(tmp_path: Path) -> None:
    (tmp_path / "surveys").mkdir()
    text = SHIPPED.read_text().replace("survey: LSST", "survey: Mine").replace("stream: public", "stream: mine")
    (tmp_path / "surveys" / "mine.yaml").write_text(text)
    with open_database(tmp_path) as db:
        assert "mine" in db.access.streams
    (tmp_path / "surveys" / "mine.yaml").write_text("survey: [")
    with open_database(tmp_path) as db:
        assert "winter" in db.access.streams


def test_tables_in_parquet_are_read_where_they_are_found(db: Database, shared: Path, tmp_path: Path) -> None:
    shutil.copy(shared / "alerts/lsst/fink/fink_rubin_test_data_v10_0.parquet", tmp_path / "x.parquet")
    (tmp_path / "notes.csv").write_text("ra,dec\n")
    summary = ingest_alert_files([tmp_path], lambda batch: store_packets(db, batch))
    assert (summary.read, summary.stored, summary.rejected) == (27, 27, [])
