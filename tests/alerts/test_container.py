"""Avro containers: whatever their bytes, they give what fastavro's own reader gives, or raise what it raises."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import fastavro
import pytest
from skyhub.alerts._container import container_records
from support.effort import repeats
from support.mutations import spoilt_bytes
from support.packets import record, write_packets

_LARGEST = 250_000


def _outcome(read: Any, data: bytes) -> str:
    """The records and the name of their schema, or the error, as text: NaN is not equal to itself."""
    try:
        return repr(read(data))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _plainly(data: bytes) -> tuple[list[Any], str]:
    reader = fastavro.reader(io.BytesIO(data))
    schema: Any = reader.writer_schema
    return list(reader), str(schema.get("name", "")) if isinstance(schema, dict) else ""


@pytest.fixture(scope="module")
def containers(shared: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((shared / "alerts").rglob("*.avro"))]


def test_spoilt_containers_are_refused_or_read_as_by_fastavro(containers: list[bytes]) -> None:
    rng = random.Random(20261128)
    small = [data for data in containers if len(data) < _LARGEST]
    outcomes = []
    for _ in range(repeats(150)):
        data = spoilt_bytes(rng.choice(small), rng)
        outcomes.append(_outcome(container_records, data))
        assert outcomes[-1] == _outcome(_plainly, data)
    assert 0 < sum(outcome.startswith("([") for outcome in outcomes) < len(outcomes)


def test_all_shared_files_are_read_as_by_fastavro(containers: list[bytes]) -> None:
    for data in containers:
        assert _outcome(container_records, data) == _outcome(_plainly, data)


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
@pytest.mark.parametrize("interval", [1, 16_000])
def test_codecs_and_blocks(tmp_path: Path, codec: str, interval: int) -> None:
    [first] = _plainly(write_packets(tmp_path / "x.avro", record()).read_bytes())[0]
    schema = fastavro.reader(io.BytesIO((tmp_path / "x.avro").read_bytes())).writer_schema
    records = [{**first, "candid": number} for number in range(1, 40)]
    stream = io.BytesIO()
    fastavro.writer(stream, schema, records, codec=codec, sync_interval=interval)
    data = stream.getvalue()
    assert _outcome(container_records, data) == _outcome(_plainly, data) != ""
    assert [r["candid"] for r in container_records(data)[0]] == list(range(1, 40))
    for cut in (-1, -10, -20, -2000):
        assert _outcome(container_records, data[:cut]) == _outcome(_plainly, data[:cut])
    assert _outcome(container_records, data + b"\x80") == _outcome(_plainly, data + b"\x80")


@pytest.mark.parametrize(
    "schema",
    [
        "long",
        ["null", {"type": "record", "name": "a.b", "fields": [{"name": "x", "type": "int"}]}],
        {
            "type": "record",
            "name": "n.tree",
            "fields": [
                {"name": "left", "type": ["null", "tree"]},
                {"name": "size", "type": {"type": "fixed", "name": "two", "size": 2}},
                {"name": "again", "type": "two"},
            ],
        },
    ],
)
def test_schemas_of_other_kinds(schema: Any) -> None:
    leaf = {"left": None, "size": b"ab", "again": b"cd"}
    records: list[Any] = (
        [7] if schema == "long" else [{"x": 1}, None] if isinstance(schema, list) else [{**leaf, "left": leaf}]
    )
    stream = io.BytesIO()
    fastavro.writer(stream, schema, records)
    for _ in range(2):
        assert _outcome(container_records, stream.getvalue()) == _outcome(_plainly, stream.getvalue())
    assert container_records(stream.getvalue())[0] == records
