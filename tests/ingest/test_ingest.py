"""Ingest: whatever the files hold, every record is stored whole or refused with a reason."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.alerts import PACKET_SCHEMA, AlertReader, packet_table
from skyhub.db import ADMINISTRATOR, PUBLIC, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.ingest import ingest_alert_files, store_packets
from skyhub.service import open_database
from support.effort import repeats
from support.houses import ingest
from support.packets import STREAM_OF_PROGRAM, candidate, detection, limit, record, write_packets


def _count(db: Database, table: str) -> int:
    return int(db.reader.rows(ADMINISTRATOR, f"SELECT count(*) AS n FROM @{table}")[0]["n"])


def _counts(db: Database) -> dict[str, int]:
    return {table: _count(db, table) for table in ("alerts", "photometry", "objects", "candidates")}


def _index(ztf: Path) -> list[dict[str, str]]:
    with (ztf / "index.csv").open() as f:
        return list(csv.DictReader(f))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, ztf: Path) -> Any:
    with open_database(tmp_path_factory.mktemp("real")) as db:
        summary = ingest(db, ztf)
        yield db, summary


def test_a_path_that_does_not_exist_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        ingest(db, tmp_path / "nothing")
    with pytest.raises(InvalidInput, match="survey 'sloan'"):
        ingest_alert_files([tmp_path], lambda batch: store_packets(db, batch), survey="sloan")
    assert _counts(db) == {"alerts": 0, "photometry": 0, "objects": 0, "candidates": 0}


def test_other_files_of_a_directory_are_passed_over(db: Database, tmp_path: Path) -> None:
    for name in ("README.md", "index.csv", "schema.avsc"):
        (tmp_path / name).write_text("no packet")
    (tmp_path / "folder.avro").mkdir()
    assert ingest(db, tmp_path).to_json() == {
        "read": 0, "stored": 0, "duplicates": 0, "objects": 0, "candidates": 0, "rejected": []
    }  # fmt: skip


def test_broken_files_leave_nothing(db: Database, shared: Path) -> None:
    summary = ingest(db, shared / "alerts" / "broken")
    assert (summary.read, summary.stored, len(summary.rejected)) == (0, 0, 3)
    assert all(r.reason and r.file.startswith(str(shared)) for r in summary.rejected)
    assert _counts(db) == {"alerts": 0, "photometry": 0, "objects": 0, "candidates": 0}
    assert list((db.data_dir / "packs").iterdir()) == []


def test_a_table_of_other_columns_is_refused(db: Database) -> None:
    batch = packet_table([])
    for bad in (
        batch.drop_columns("mjd"),
        batch.append_column("more", [[]]),
        batch.rename_columns(list(reversed(batch.column_names))),
    ):
        with pytest.raises(InvalidInput, match="a batch of packets has the columns"):
            store_packets(db, bad)
    assert store_packets(db, batch).to_json() == {"stored": 0, "duplicates": 0, "candidates": 0}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mjd", None),
        ("mjd", float("nan")),
        ("mjd", 1e300),
        ("ra", None),
        ("candid", None),
        ("stream", "no-such-stream"),
        ("dec", 95.0),
    ],
)
def test_a_batch_with_an_impossible_value_is_refused_whole(
    db: Database, tmp_path: Path, column: str, value: Any
) -> None:
    [packet] = AlertReader().read(write_packets(tmp_path / "x.avro", record())).packets
    batch = packet_table([packet, packet])
    rows = batch.to_pylist()
    rows[1] |= {"candid": 5, column: value}
    with pytest.raises(InvalidInput):
        store_packets(db, type(batch).from_pylist(rows, schema=PACKET_SCHEMA))
    assert _counts(db) == {"alerts": 0, "photometry": 0, "objects": 0, "candidates": 0}
    assert store_packets(db, batch).stored == 1


def test_the_real_packets_are_all_stored(real: Any, ztf: Path) -> None:
    db, summary = real
    index = _index(ztf)
    assert (summary.read, summary.stored, summary.duplicates, summary.rejected) == (330, 330, 0, [])
    assert summary.objects == len({row["objectId"] for row in index}) == 262
    stored = {r["candid"]: r for r in db.reader.rows(ADMINISTRATOR, "SELECT * FROM @alerts")}
    assert stored.keys() == {int(row["candid"]) for row in index}
    for row in index:
        alert = stored[int(row["candid"])]
        assert alert["object_id"] == row["objectId"]
        assert alert["mjd"] == pytest.approx(float(row["jd"]) - 2400000.5, abs=1e-6)
        assert (alert["ra"], alert["dec"]) == (float(row["ra"]), float(row["dec"]))
        assert alert["stream"] == STREAM_OF_PROGRAM[int(row["programid"])]
        n_cutouts = sum(alert[f"{kind}_at"] is not None for kind in ("science", "template", "difference"))
        assert n_cutouts == int(row["n_cutouts"])


def test_numbers_beyond_a_double_are_exact(real: Any, ztf: Path) -> None:
    db, _ = real
    candids = {int(row["candid"]) for row in _index(ztf)}
    assert any(int(float(c)) != c for c in candids)
    stored = db.reader.query(
        ADMINISTRATOR, "SELECT point_id FROM @photometry WHERE origin = 'alert' AND mag IS NOT NULL"
    )
    assert candids <= set(stored["point_id"].to_pylist())


def test_blobs_are_the_packets_own(real: Any, ztf_files: list[Path]) -> None:
    db, _ = real
    for path in ztf_files[::25]:
        with path.open("rb") as f:
            (raw,) = list(fastavro.reader(f))
        [row] = db.reader.rows(ADMINISTRATOR, "SELECT * FROM @alerts WHERE candid = ?", [raw["candid"]])
        for kind in ("science", "template", "difference"):
            stamp = raw.get(f"cutout{kind.capitalize()}")
            if stamp:
                assert db.packs.read(row["pack"], row[f"{kind}_at"], row[f"{kind}_size"]) == stamp["stampData"]


def test_points_are_stored_once_and_as_a_packet_has_them(real: Any, ztf_files: list[Path]) -> None:
    db, _ = real
    given: dict[Any, set[Any]] = {}
    for path in ztf_files:
        for packet in AlertReader().read(path).packets:
            for p in packet.photometry:
                values = (p.mjd, p.filter, p.flux, p.fluxerr, p.ra, p.dec)
                given.setdefault((packet.object_id, p.origin, p.point_id), set()).add(values)
    rows = db.reader.rows(ADMINISTRATOR, "SELECT * FROM @photometry")
    assert Counter((r["object_id"], r["origin"], r["point_id"]) for r in rows) == Counter(given.keys())
    for r in rows:
        values = (r["mjd"], r["filter"], r["flux"], r["fluxerr"], r["ra"], r["dec"])
        assert values in given[r["object_id"], r["origin"], r["point_id"]]


def test_each_row_is_for_the_stream_of_its_program(real: Any, ztf: Path) -> None:
    db, _ = real
    index = _index(ztf)
    for streams in ((), ("ztf-partnership",), ("ztf-caltech",), ("ztf-partnership", "ztf-caltech")):
        viewer = Viewer("v", streams=frozenset(streams))
        seen = {r["candid"] for r in db.reader.rows(viewer, "SELECT candid FROM @alerts")}
        permitted = {None, *streams}
        assert seen == {int(row["candid"]) for row in index if STREAM_OF_PROGRAM[int(row["programid"])] in permitted}
    public = Viewer("v")
    points = db.reader.rows(public, "SELECT DISTINCT acl FROM @photometry")
    assert points == [{"acl": 0}]


def test_twice_stores_nothing_twice(db: Database, ztf_files: list[Path]) -> None:
    some = ztf_files[::6]
    first = ingest(db, *some)
    before = _counts(db)
    sizes = {p.name: p.stat().st_size for p in (db.data_dir / "packs").iterdir()}
    again = ingest(db, *some, *some[:5])
    assert (again.stored, again.duplicates, again.candidates) == (0, first.stored + 5, 0)
    assert _counts(db) == before
    assert {p.name: p.stat().st_size for p in (db.data_dir / "packs").iterdir()} == sizes


def test_one_packet_many_times_in_one_batch_is_stored_once(db: Database, tmp_path: Path) -> None:
    path = write_packets(tmp_path / "x.avro", *[record(candid=7, history=[limit(3), limit(3)])] * 5)
    summary = ingest(db, path)
    assert (summary.read, summary.stored, summary.duplicates) == (5, 1, 4)
    assert _counts(db)["photometry"] == 2


def _everything(db: Database) -> Any:
    columns = "candid, object_id, mjd, ra, dec, filter, mag, rb, drb, stream, dayobs, hpx, acl"
    alerts = db.reader.rows(ADMINISTRATOR, f"SELECT {columns} FROM @alerts ORDER BY candid")
    points = db.reader.rows(
        ADMINISTRATOR,
        "SELECT * EXCLUDE (known_at, photometry_id) FROM @photometry ORDER BY object_id, origin, point_id",
    )
    objects = db.reader.rows(
        ADMINISTRATOR, "SELECT object_id, survey, ra, dec, acl FROM @objects ORDER BY object_id, acl"
    )
    candidates = db.reader.rows(
        ADMINISTRATOR, "SELECT candid, filter_id, dayobs, mag, acl FROM @candidates ORDER BY candid, filter_id"
    )
    streams = {acl: db.access.members(acl) for acl in range(len(db.access))}
    return [{**row, "acl": streams[row["acl"]]} for table in (alerts, points, objects, candidates) for row in table]


def test_the_order_of_files_does_not_matter(tmp_path: Path, ztf_files: list[Path]) -> None:
    several = [p for p in ztf_files if len(list(p.parent.iterdir())) > 1][:90]
    found = []
    for seed in range(3):
        shuffled = list(several)
        random.Random(seed).shuffle(shuffled)
        with open_database(tmp_path / str(seed)) as db:
            ingest(db, *shuffled)
            found.append(_everything(db))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 900


def test_points_do_not_depend_on_batches(tmp_path: Path, ztf_files: list[Path]) -> None:
    several = [p for p in ztf_files if len(list(p.parent.iterdir())) > 1][:40]
    keys = []
    for step in (1, 7, 40):
        with open_database(tmp_path / str(step)) as db:
            for at in range(0, len(several), step):
                ingest(db, *several[at : at + step])
            keys.append(
                db.reader.rows(ADMINISTRATOR, "SELECT object_id, origin, point_id FROM @photometry ORDER BY ALL")
            )
    assert keys[0] == keys[1] == keys[2]


_SPOILING = st.sampled_from(
    [None, float("nan"), float("inf"), -999.0, 0, -1, True, 2**40, 2**62, "", "text", "1", [], {}, b"\x00", 1.5, 1e308]
)


_OUTER = ["objectId", "candid", "candidate", "prv_candidates", "fp_hists", "schemavsn", "cutoutScience"]
_spoilt_points = st.tuples(
    st.sampled_from([limit(3), detection(5)]), st.dictionaries(st.sampled_from([*detection(1)]), _SPOILING, max_size=2)
)


@settings(max_examples=repeats(150))
@given(
    st.dictionaries(st.sampled_from([*candidate(1), "unheard of"]), _SPOILING, max_size=3),
    st.dictionaries(st.sampled_from(_OUTER), _SPOILING, max_size=1),
    st.lists(_spoilt_points, max_size=2),
)
def test_spoilt_records_are_stored_or_refused(
    tmp_path_factory: pytest.TempPathFactory, spoilt_store: Database, changes: Any, outer: Any, history: Any
) -> None:
    db = spoilt_store
    entries = [{**entry, **spoilt} for entry, spoilt in history]
    whole = {**record(db.version() + _count(db, "alerts") + 1000, history=entries), **outer}
    if isinstance(whole["candidate"], dict) and whole["candidate"]:
        whole["candidate"] |= changes
    path = write_packets(tmp_path_factory.mktemp("spoilt") / "x.avro", whole)
    before = _counts(db)
    summary = ingest(db, path)
    assert summary.read == 1
    assert summary.stored + summary.duplicates + len(summary.rejected) == 1
    after = _counts(db)
    assert after["alerts"] - before["alerts"] == summary.stored
    if summary.rejected:
        assert summary.rejected[0].reason
        assert after == before


@pytest.fixture(scope="module")
def spoilt_store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with open_database(tmp_path_factory.mktemp("spoilt-store")) as db:
        yield db


def test_random_bytes_never_break_the_ingest(spoilt_store: Database, tmp_path: Path, ztf_files: list[Path]) -> None:
    """300 real files with bytes changed, cut off or put in: each is stored or refused."""
    rng = random.Random(20261121)
    for number in range(300):
        data = bytearray(ztf_files[rng.randrange(len(ztf_files))].read_bytes())
        for _ in range(rng.choice([1, 1, 3, 20])):
            at = rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(min(len(data), 20_000))
            how = rng.random()
            if how < 0.6:
                data[at] = rng.randrange(256)
            elif how < 0.8:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            else:
                del data[at : at + rng.randrange(1, 2000)]
            if not data:
                data = bytearray(b"x")
        (tmp_path / f"{number:03d}.avro").write_bytes(data)
    before = _count(spoilt_store, "alerts")
    summary = ingest(spoilt_store, tmp_path)
    unread = sum(r.record is None for r in summary.rejected)
    refused = len(summary.rejected) - unread
    assert summary.read == summary.stored + summary.duplicates + refused
    assert unread > 20
    assert summary.stored > 20
    assert _count(spoilt_store, "alerts") == before + summary.stored
    orphans = spoilt_store.reader.rows(
        ADMINISTRATOR,
        "SELECT object_id FROM @photometry ANTI JOIN (SELECT DISTINCT object_id FROM @alerts) USING (object_id)",
    )
    assert orphans == []


def test_many_clients_with_the_same_files(db: Database, ztf_files: list[Path]) -> None:
    import threading

    summaries = []
    some = ztf_files[:30]
    threads = [threading.Thread(target=lambda: summaries.append(ingest(db, *some))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(s.stored for s in summaries) == 30
    assert sum(s.duplicates for s in summaries) == 90
    assert _counts(db)["alerts"] == 30


def test_new_points_of_packets_are_told_to_those_who_may_see_them(db: Database, tmp_path: Path) -> None:
    heard: list[tuple[str, int]] = []
    stop = db.changes.listen(
        lambda new: heard.extend((c.payload["object_id"], c.acl) for c in new if c.kind == "photometry")
    )
    public, partner = record(1, "ZTF26open"), record(2, "ZTF26closed", programid=2)
    ingest(db, write_packets(tmp_path / "a.avro", public, partner))
    assert sorted(name for name, _ in heard) == ["ZTF26closed", "ZTF26open"]
    assert all((acl == PUBLIC) == (name == "ZTF26open") for name, acl in heard)
    ingest(db, write_packets(tmp_path / "b.avro", public))
    assert len(heard) == 2, "a packet again brings no new points"
    many = [record(candid, f"ZTF26m{candid}") for candid in range(10, 40)]
    stop()
    counts: list[Any] = []
    db.changes.listen(lambda new: counts.extend(c.payload for c in new if c.kind == "photometry"))
    ingest(db, write_packets(tmp_path / "c.avro", *many))
    assert counts == [{"user": "ingest", "action": "added", "objects": 30, "count": 30}]
