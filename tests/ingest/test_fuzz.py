"""Spoilt packets of every survey: each is stored right or refused with a reason, and nothing is half-written."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from skyhub.alerts import AlertReader, Packet, SchemaStore, packet_table, surveys_of
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import PacketRejected
from skyhub.ingest import store_packets
from skyhub.science.bandpasses import bandpass_names
from skyhub.service import open_database
from support.mutations import spoilt_bytes, spoilt_record
from support.surveys import raw_records

_LARGEST = 250_000
_ROUNDS = [
    pytest.param(250, id="some"),
    pytest.param(6000, id="many", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
]
_SURVEYS = {survey.name: survey for survey in surveys_of()}
_PUBLIC = {"ZTF", "LSST", "ELAsTiCC", "Roman"}
_STREAMS = {name: survey.streams | ({None} if name in _PUBLIC else set()) for name, survey in _SURVEYS.items()}
_BANDS = frozenset(bandpass_names())


@pytest.fixture(scope="module")
def files(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Small samples of every survey, in every form."""
    root = shared / "alerts"
    table = tmp_path_factory.mktemp("parquet") / "one.parquet"
    pq.write_table(pq.read_table(root / "lsst/fink/part-1-0-417693031.parquet").slice(0, 1), table)
    ztf = sorted((root / "ztf").rglob("*.avro"))[::12]
    rest = [p for name in ("lsst", "other") for p in sorted((root / name).rglob("*.avro"))]
    some = [p for p in rest if "elasticc" not in str(p)] + [p for p in rest if "elasticc" in str(p)][:8]
    return [p for p in [*ztf, *some, table] if p.stat().st_size < _LARGEST]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(tmp_path_factory.mktemp("fuzz") / "data") as db:
        yield db


@pytest.mark.parametrize("rounds", _ROUNDS)
def test_spoilt_files(store: Database, shared: Path, files: list[Path], tmp_path: Path, rounds: int) -> None:
    rng = random.Random(20261122)
    contents = {path: path.read_bytes() for path in files}
    reader = AlertReader(schemas=SchemaStore([shared / "alerts" / "lsst" / "alert_packet"]))
    spoilt, outcomes, packets = tmp_path / "spoilt.avro", Counter[str](), []
    for _ in range(rounds):
        spoilt.write_bytes(spoilt_bytes(contents[rng.choice(files)], rng))
        content = reader.read(spoilt)
        refused = [r for r in content.rejected if r.record is not None]
        assert len(content.packets) + len(refused) == content.n_records
        assert all(r.reason for r in content.rejected)
        outcomes["unread"] += len(content.rejected) > len(refused)
        outcomes["refused"] += len(refused)
        packets += content.packets
    assert min(outcomes["unread"], outcomes["refused"], len(packets)) > rounds // 100
    _require_stored_whole(store, packets)


@pytest.mark.parametrize("rounds", _ROUNDS)
def test_spoilt_records(store: Database, shared: Path, files: list[Path], rounds: int) -> None:
    rng = random.Random(20261123)
    schemas = shared / "alerts" / "lsst" / "alert_packet"
    records = [found for path in files for found in raw_records(path, schemas)]
    packets, reasons = [], list[str]()
    for _ in range(rounds):
        schema, record = rng.choice(records)
        whole = spoilt_record(record, rng)
        survey = next((s for s in _SURVEYS.values() if s.has_schema(schema)), None) or next(
            (s for s in _SURVEYS.values() if s.has_form(whole)), None
        )
        if survey is None:
            reasons.append("no survey")
            continue
        try:
            packets.append(survey.decode(whole, schema))
        except PacketRejected as error:
            reasons.append(error.message)
    assert all(reasons)
    refused = len(reasons)
    assert min(refused, len(packets)) > rounds // 10
    _require_stored_whole(store, packets)


def _require_stored_whole(db: Database, packets: list[Packet]) -> None:
    for packet in packets:
        _require_possible(packet)
    before = _count(db)
    stored = 0
    for at in range(0, len(packets), 256):
        answer = store_packets(db, packet_table(packets[at : at + 256]))
        assert answer.stored + answer.duplicates == len(packets[at : at + 256])
        stored += answer.stored
    assert _count(db) == before + stored
    for table in ("photometry", "objects"):
        without = f"SELECT object_id FROM @{table} ANTI JOIN (SELECT DISTINCT object_id FROM @alerts) USING (object_id)"
        assert db.reader.rows(ADMINISTRATOR, without) == []
    points = "SELECT candid FROM @alerts ANTI JOIN (SELECT * FROM @photometry) AS p ON candid = p.point_id AND origin = 'alert'"
    assert db.reader.rows(ADMINISTRATOR, points) == []


def _require_possible(packet: Packet) -> None:
    """What is stored is within what its columns mean, and nobody's packet has become public."""
    assert 0 < packet.candid < 2**63
    assert packet.object_id.strip()
    assert packet.stream in _STREAMS[packet.survey]
    assert 0 <= packet.ra <= 360
    assert -90 <= packet.dec <= 90
    assert -5 < packet.mag < 40
    assert packet.magerr > 0
    for point in packet.photometry:
        assert 49_999 < point.mjd < 100_000
        assert point.filter in _BANDS
        assert point.stream in _STREAMS[packet.survey]
        assert point.flux is None or math.isfinite(point.flux)
        assert 0 < point.fluxerr < math.inf


def _count(db: Database) -> int:
    return int(db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @alerts")[0]["n"])
