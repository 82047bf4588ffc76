"""The command line keeps its contract: one JSON document, exit status, embedded or through the service."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from skyhub.addresses import running_service
from skyhub.candidates import Selection
from skyhub.cli._candidates import candidates
from skyhub.ports import free_port
from support.commands import SKYHUB, skyhub


@contextmanager
def service_on(data_dir: Path) -> Iterator[None]:
    port = free_port()
    environment = {**os.environ, "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen([SKYHUB, "service", "--data-dir", str(data_dir)], env=environment)
    try:
        begin = time.monotonic()
        while running_service(data_dir) is None:
            assert process.poll() is None
            assert time.monotonic() - begin < 60
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def refusing_house(empty_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house in which nothing changes, as all that is asked of it is refused."""
    return Path(shutil.copytree(empty_house, tmp_path_factory.mktemp("refusing") / "data"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["unheard-of"], "usage"),
        (["ingest", "alerts"], "usage"),
        (["sql", "DROP TABLE alerts"], "invalid_input"),
        (["sql", "SELECT 1", "--as", "nobody"], "not_found"),
        (["ingest", "alerts", "/nowhere/at/all"], "invalid_input"),
        (["candidates", "--status", "maybe"], "invalid_input"),
        (["candidates", "--dayobs", "yesterday"], "invalid_input"),
        (["candidates", "--annotations", "drb > 0.9"], "invalid_input"),
        (["candidates", "--first-dayobs", "2026-11-01"], "invalid_input"),
        (["candidates", "--min-redshift", "2", "--max-redshift", "1"], "invalid_input"),
        (["photometry", "ZTF00nothing"], "not_found"),
        (["report", "run", "unheard-of"], "not_found"),
        (["report", "verify", "unheard-of"], "not_found"),
        (["report", "run", "night_summary", "-p", "dayobs", "soon"], "invalid_input"),
        (["report", "run", "night_summary", "-p", "colour", "red"], "invalid_input"),
    ],
)
def test_refusals_are_one_document_and_status_2(refusing_house: Path, words: list[str], code: str) -> None:
    answer = skyhub(*words, "--data-dir", refusing_house, status=2)
    assert set(answer) == {"error"}
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]


def test_broken_packets_are_refused_with_the_normal_document(tmp_path: Path, shared: Path) -> None:
    answer = skyhub("ingest", "alerts", shared / "alerts" / "broken", "--data-dir", tmp_path, status=2)
    assert answer["stored"] == 0
    assert len(answer["rejected"]) == 3
    assert all(r["reason"] and r["file"].startswith(str(shared)) for r in answer["rejected"])
    assert skyhub("sql", "SELECT count(*) AS n FROM alerts", "--data-dir", tmp_path)["rows"] == [[0]]


def test_a_mixed_directory_is_read_with_status_0(tmp_path: Path, shared: Path, ztf_files: list[Path]) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "README.md").write_text("no packet")
    (folder / "index.csv").write_text("a,b\n")
    (folder / "good.avro").write_bytes(ztf_files[0].read_bytes())
    (folder / "bad.avro").write_bytes(ztf_files[0].read_bytes()[:5000])
    answer = skyhub("ingest", "alerts", folder, "--data-dir", tmp_path / "data")
    assert (answer["read"], answer["stored"], len(answer["rejected"])) == (1, 1, 1)
    assert answer["rejected"][0]["file"] == str(folder / "bad.avro")


def test_reads_embedded_and_through_the_service_agree(tmp_path: Path, ztf_files: list[Path]) -> None:
    data = tmp_path / "data"
    assert skyhub("ingest", "alerts", *ztf_files[:5], "--data-dir", data)["stored"] == 5
    object_id = ztf_files[0].parent.name
    readings = (
        ("sql", "SELECT candid, object_id, mjd FROM alerts ORDER BY candid"),
        ("photometry", object_id),
        ("source", object_id),
        ("candidates",),
    )
    embedded = [skyhub(*words, "--data-dir", data) for words in readings]
    with service_on(data):
        assert [skyhub(*words, "--data-dir", data) for words in readings] == embedded
        again = skyhub("ingest", "alerts", *ztf_files[:6], "--data-dir", data)
        assert (again["stored"], again["duplicates"]) == (1, 5)
    assert running_service(data) is None


def test_candidates_are_selected_as_on_the_page(house_dir: Path) -> None:
    def listed(*options: str) -> list[str]:
        return [row["object_id"] for row in skyhub("candidates", *options, "--data-dir", house_dir)["rows"]]

    everything = listed()
    assert len(everything) == 4
    assert listed("--annotations", '[{"key": "drb", "min": 0.9}]') == everything
    assert listed("--annotations", '[{"key": "drb", "max": 0.9}]') == []
    assert listed("--group", "bursts") == ["ZTF26faint"]
    assert sorted(listed("--sort-key", "drb", "--sort-order", "asc")) == everything
    assert listed("--group", "transients", "--group", "bursts", "--saved-status", "saved_to_any_selected") == []
    first = skyhub("candidates", "--limit", "1", "--data-dir", house_dir)
    assert [row["object_id"] for row in first["rows"]] == everything[:1]
    assert listed("--limit", "500", "--cursor", first["cursor"]) == everything[1:]


def test_the_selections_of_the_page_and_of_the_command_are_the_same() -> None:
    options = set(inspect.signature(candidates).parameters) - {"as_of", "data_dir", "as_json"}
    assert options == set(Selection.model_fields)


def test_integers_beyond_doubles_are_strings(tmp_path: Path, ztf_files: list[Path]) -> None:
    skyhub("ingest", "alerts", ztf_files[0], "--data-dir", tmp_path)
    answer = skyhub("sql", "SELECT candid, 2 AS two, 0.5 AS half, NULL AS nothing FROM alerts", "--data-dir", tmp_path)
    assert answer["columns"] == ["candid", "two", "half", "nothing"]
    assert answer["rows"] == [[ztf_files[0].stem, 2, 0.5, None]]


def test_messages_are_read_with_schemas_from_elsewhere(tmp_path: Path, shared: Path) -> None:
    message, schemas = shared / "alerts/lsst/confluent_wire/lsst.v10_0.avro", shared / "alerts/lsst/alert_packet"
    alone = tmp_path / "some" / "where" / "x.avro"
    alone.parent.mkdir(parents=True)
    alone.write_bytes(message.read_bytes())
    data = tmp_path / "data"
    refused = skyhub("ingest", "alerts", alone, "--data-dir", data, status=2)
    assert "no schema 1000" in refused["rejected"][0]["reason"]
    nowhere = skyhub("ingest", "alerts", alone, "--schemas", "/nowhere", "--data-dir", data, status=2)
    assert nowhere["error"]["where"] == "schemas"
    assert skyhub("ingest", "alerts", alone, "--schemas", schemas, "--data-dir", data)["stored"] == 1
    rows = skyhub("sql", "SELECT candid, object_id, survey FROM alerts", "--data-dir", data)["rows"]
    assert rows == [["281323062375219200", "LSST-281323062375219201", "LSST"]]


def test_a_mapping_file_with_a_mistake_stops_the_command_and_says_where(tmp_path: Path, ztf_files: list[Path]) -> None:
    (tmp_path / "surveys").mkdir()
    (tmp_path / "surveys" / "mine.yaml").write_text("survey: Mine\n")
    answer = skyhub("ingest", "alerts", ztf_files[0], "--data-dir", tmp_path, status=2)
    assert answer["error"]["code"] == "invalid_input"
    assert "mine.yaml: recognise" in answer["error"]["message"]


def test_users_read_with_their_own_rights(tmp_path: Path, ztf: Path) -> None:
    skyhub("ingest", "alerts", ztf, "--data-dir", tmp_path)
    skyhub("user", "add", "public-reader", "--data-dir", tmp_path)
    added = skyhub(
        "user", "add", "partner", "--stream", "ztf-partnership", "--group", "a-group", "--data-dir", tmp_path
    )
    assert added == {"user": "partner", "groups": ["a-group"], "streams": ["ztf-partnership"]}

    def streams(*who: str) -> set[str]:
        statement = "SELECT DISTINCT coalesce(stream, 'public') FROM alerts"
        return {row[0] for row in skyhub("sql", statement, *who, "--data-dir", tmp_path)["rows"]}

    assert streams("--as", "public-reader") == {"public"}
    assert streams("--as", "partner") == {"public", "ztf-partnership"}
    assert streams() == {"public", "ztf-partnership", "ztf-caltech"}


@pytest.mark.slow
def test_a_report_runs_embedded_and_is_verified_as_of_then_or_now(tmp_path: Path, ztf_files: list[Path]) -> None:
    night, statement = "2023-10-18", "SELECT count(*) FROM alerts WHERE dayobs = DATE '2023-10-18'"
    skyhub("ingest", "alerts", *ztf_files[:20], "--data-dir", tmp_path)
    [[n_then]] = skyhub("sql", statement, "--data-dir", tmp_path)["rows"]
    answer = skyhub(
        "report", "run", "night_summary", "-p", "dayobs", night, "-p", "n_shown", "1", "--data-dir", tmp_path
    )
    assert (answer["facts"]["dayobs"], answer["facts"]["n_alerts"]) == (night, n_then)
    assert answer["facts"]["n_candidates"] >= 1
    assert night in answer["text"]
    notebook = json.loads(Path(answer["notebook"]).read_text())
    provenance = notebook["metadata"]["skyhub"]
    assert provenance["parameters"] == {"dayobs": night, "n_shown": 1}
    assert provenance["code_revision"]
    assert provenance["data_version"] > 0
    runs = skyhub("report", "list", "--data-dir", tmp_path)["rows"]
    assert [run["state"] for run in runs] == ["done"]
    skyhub("ingest", "alerts", *ztf_files[20:30], "--data-dir", tmp_path)
    [[n_now]] = skyhub("sql", statement, "--data-dir", tmp_path)["rows"]
    assert n_now > n_then
    then = skyhub("report", "verify", answer["id"], "--data-dir", tmp_path)
    assert (then["verifies"], then["intact"], then["same"], then["differences"]) == (answer["id"], True, True, [])
    now = skyhub("report", "verify", answer["id"], "--now", "--data-dir", tmp_path)
    assert (now["intact"], now["same"], now["reads_at"]["was"]) == (True, False, then["reads_at"]["is"])
    assert {"path": "n_alerts", "was": n_then, "is": n_now} in now["differences"]
    assert [f"{n_now} alerts" in line["is"] for line in now["differences"] if line["path"] == "text"] == [True]
