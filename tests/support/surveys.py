"""Records of Rubin's alerts to spoil, and records of files as they are, decoded without the platform."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pyarrow.parquet as pq
from fastavro.schema import load_schema


def lsst_source(number: Any, **changes: Any) -> dict[str, Any]:
    """A DIA source with what is read of it."""
    return {
        "diaSourceId": number,
        "diaObjectId": 77,
        "ssObjectId": 0,
        "midpointMjdTai": 61365.2,
        "ra": 150.0,
        "dec": -2.0,
        "band": "r",
        "psfFlux": 2500.0,
        "psfFluxErr": 100.0,
        "reliability": 0.9,
        **changes,
    }


def lsst(**changes: Any) -> dict[str, Any]:
    """A whole record."""
    return {
        "diaSourceId": 7,
        "diaSource": lsst_source(7),
        "prvDiaSources": None,
        "prvDiaForcedSources": None,
        "diaObject": {"diaObjectId": 77, "nDiaSources": 3},
        "ssSource": None,
        "mpc_orbits": None,
        "cutoutScience": None,
        "cutoutTemplate": None,
        "cutoutDifference": None,
        **changes,
    }


def raw_records(path: Path, schemas: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of a file, each with the name of its schema; those of messages are in a directory of Rubin's schemas."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        yield from (("", record) for record in pq.read_table(path).to_pylist())
    elif data[0] == 0:
        version = "{}_{}".format(*divmod(int.from_bytes(data[1:5], "big"), 100))
        schema: Any = load_schema(str(schemas / f"schema_v{version}" / f"lsst.v{version}.alert.avsc"))
        record: Any = fastavro.schemaless_reader(io.BytesIO(data[5:]), schema, None)
        yield schema["name"], record
    else:
        reader: Any = fastavro.reader(io.BytesIO(data))
        yield from ((reader.writer_schema["name"], record) for record in reader)
