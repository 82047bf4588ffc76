"""ZTF records to write and to spoil, as Avro files whose schema follows the values given."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
from numpy.typing import NDArray

JD = 2461366.7
"""A time in the night 2026-11-21."""

STREAM_OF_PROGRAM = {1: None, 2: "ztf-partnership", 3: "ztf-caltech"}


def fits_bytes(image: NDArray[np.float32], gzipped: bool = True) -> bytes:
    """An image as FITS with a minimal header."""
    height, width = image.shape
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    2"]
    cards += [f"NAXIS1  = {width:>20}", f"NAXIS2  = {height:>20}", "END"]
    header = "".join(f"{card:<80}" for card in cards).ljust(2880).encode()
    data = header + image.astype(">f4").tobytes()
    data += bytes(-len(data) % 2880)
    return gzip.compress(data, mtime=0) if gzipped else data


def stamp(seed: int = 0, side: int = 63) -> bytes:
    """A gzipped FITS cutout of noise."""
    return fits_bytes(np.random.default_rng(seed).normal(100, 5, (side, side)).astype(np.float32))


def candidate(candid: int, **changes: Any) -> dict[str, Any]:
    """The ``candidate`` of a record: all that skyhub reads, and a little more."""
    fields = {
        "candid": candid,
        "jd": JD,
        "fid": 2,
        "pid": 1427174604415,
        "programid": 1,
        "ra": 150.25,
        "dec": 2.5,
        "magpsf": 18.5,
        "sigmapsf": 0.05,
        "diffmaglim": 20.5,
        "isdiffpos": "t",
        "rb": 0.9,
        "drb": 0.99,
        "sgscore1": 0.02,
        "distpsnr1": 1.5,
        "ssnamenr": None,
        "ssdistnr": -999.0,
        "ndethist": 3,
        "jdstarthist": JD - 5,
        "field": 451,
    }
    return {**fields, **changes}


def limit(pid: int, **changes: Any) -> dict[str, Any]:
    """An entry of ``prv_candidates`` without a detection."""
    fields = {"candid": None, "jd": JD - 3, "fid": 1, "pid": pid, "programid": 1, "magpsf": None, "diffmaglim": 20.1}
    return {**fields, **changes}


def detection(candid: int, **changes: Any) -> dict[str, Any]:
    """An entry of ``prv_candidates`` with a detection."""
    kept = ("candid", "jd", "fid", "pid", "programid", "ra", "dec", "magpsf", "sigmapsf", "diffmaglim", "isdiffpos")
    fields = candidate(candid, jd=JD - 2, magpsf=19.25, pid=candid // 1000)
    return {**{key: fields[key] for key in kept}, **changes}


def record(
    candid: int = 1427174604415015001,
    name: str = "ZTF26aaaaaaa",
    history: Sequence[Mapping[str, Any]] = (),
    stamps: bool = False,
    **changes: Any,
) -> dict[str, Any]:
    """A whole record; `changes` are of its candidate."""
    whole: dict[str, Any] = {
        "schemavsn": "4.02",
        "publisher": "tests",
        "objectId": name,
        "candid": candid,
        "candidate": candidate(candid, **changes),
        "prv_candidates": list(history),
    }
    if stamps:
        for number, kind in enumerate(("Science", "Template", "Difference")):
            whole[f"cutout{kind}"] = {"fileName": f"{kind}.fits.gz", "stampData": stamp(candid % 1000 + number)}
    return whole


def write_packets(path: Path, *records: Any) -> Path:
    """Write records as one Avro container whose schema is a union of the shapes of all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = [_schema(r, f"record{n}") for n, r in enumerate(records)]
    parsed = fastavro.parse_schema(schema if len(schema) > 1 else schema[0])
    union = len(schema) > 1
    with path.open("wb") as f:
        fastavro.writer(f, parsed, [(f"record{n}", r) if union else r for n, r in enumerate(records)])
    return path


def _schema(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        fields = [{"name": key, "type": _schema(v, f"{name}_{key}")} for key, v in value.items()]
        return {"type": "record", "name": name, "fields": fields}
    if isinstance(value, list | tuple):
        entries = [_schema(v, f"{name}_{n}") for n, v in enumerate(value)]
        unique = list({str(e): e for e in entries}.values())
        return {"type": "array", "items": unique or "null"}
    for kind, avro in ((bool, "boolean"), (int, "long"), (float, "double"), (str, "string"), (bytes, "bytes")):
        if isinstance(value, kind):
            return avro
    return "null"
