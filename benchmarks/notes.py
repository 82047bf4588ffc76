"""Small writes over HTTP: comments, classifications, redshifts and annotations by 32 clients at once, on a full database.

    python benchmarks/notes.py [--rows 300000] [--clients 32] [--seconds 5]

Prints, for each kind, the median and the 99th percentile of the time to the acknowledgement, writes per second, the
processor time that the service takes for each, and the ratio to what SkyPortal takes for the same request alone (65 ms a
comment, 196 ms a classification).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
from skyhub.classification import CLASSIFICATIONS
from skyhub.db import ROLES, Database, Viewer
from skyhub.notes import ANNOTATIONS, COMMENTS, REDSHIFTS
from skyhub.records import Kind
from skyhub.service import open_database
from skyhub.team import add_groups
from skyhub.web import TokenSigner

PORT = 18931
WRITER = Viewer("writer", frozenset({"transients"}), scopes=ROLES["scientist"])
PEER_MS = {"comments": 65.0, "classifications": 196.0}
SERVE = """
import sys
from pathlib import Path
from skyhub.service import serve
serve(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2]))
"""


def filled(data_dir: Path, n_rows: int) -> tuple[list[str], str]:
    """A database with notes on a third as many objects; the objects and a token."""
    rng = np.random.default_rng(26)
    names = [f"ZTF26{number:07d}" for number in range(n_rows // 3)]
    with open_database(data_dir) as db:
        add_groups(db, {"transients": []})
        _insert_objects(db, names, rng)
        values: dict[str, dict[str, list[Any]]] = {
            "comments": {"text": ["hello"], "attachments": [[]], "mentions": [[]]},
            "classifications": {
                "classification": ["SN Ia"],
                "taxonomy": ["skyhub"],
                "edition": ["1"],
                "path": [["SN Ia"]],
            },
            "redshifts": {"redshift": [0.1], "type": ["host"]},
            "annotations": {"origin": ["gaia"], "data": ['{"G": 18}']},
        }
        for kind in (COMMENTS, CLASSIFICATIONS, REDSHIFTS, ANNOTATIONS):
            _insert(db, kind, values[kind.table], np.array(names)[rng.integers(0, len(names), n_rows)])
    return names, TokenSigner(data_dir).issue(WRITER, timedelta(hours=1))


def _insert_objects(db: Database, names: list[str], rng: np.random.Generator) -> None:
    n = len(names)
    places = {"ra": rng.uniform(0, 360, n), "dec": rng.uniform(-90, 90, n), "hpx": rng.integers(0, 2**60, n)}
    table = pa.table({"object_id": names, "survey": ["ZTF"] * n, **places, "acl": pa.array([0] * n, pa.int32())})
    db.writer.write(lambda transaction: transaction.insert("objects", table))


def _insert(db: Database, kind: Kind[Any], values: dict[str, list[Any]], names: Any) -> None:
    n = len(names)
    rest = {"author": ["writer"] * n, "edited_by": ["writer"] * n, "version": pa.array([1] * n, pa.int32())}
    acl = db.writer.write(lambda transaction: transaction.acl([db.access.groups["transients"]]))
    columns = {kind.id_column: np.arange(1, n + 1), "object_id": names, **rest, "acl": pa.array([acl] * n, pa.int32())}
    own = {name: value * n for name, value in values.items()}
    db.writer.write(lambda transaction: transaction.insert(kind.table, pa.table({**columns, **own})))


def bodies(table: str, object_id: str, number: int) -> dict[str, Any]:
    """One record to write."""
    fields: dict[str, dict[str, Any]] = {
        "comments": {"text": f"Rising, day {number}"},
        "classifications": {"classification": "Ia", "probability": 0.9},
        "redshifts": {"redshift": 0.071, "type": "spectroscopic"},
        "annotations": {"origin": uuid.uuid4().hex, "data": {"score": 0.5}},
    }
    return {"records": [{"object_id": object_id, **fields[table]}]}


async def client(table: str, token: str, names: list[str], number: int, end: float, taken: list[float]) -> None:
    """Writes one record after the other on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    rng = np.random.default_rng(number)
    count = 0
    while time.perf_counter() < end:
        count += 1
        body = json.dumps(bodies(table, names[rng.integers(len(names))], number * 1_000_000 + count)).encode()
        head = f"POST /api/{table} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        begin = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        content = await reader.readexactly(length)
        if b" 200 " not in answer.split(b"\r\n")[0] + b" ":
            raise SystemExit(content.decode())
        taken.append(time.perf_counter() - begin)
    writer.close()


async def measure(table: str, token: str, names: list[str], clients: int, seconds: float) -> list[float]:
    """Times of all writes of a kind (s)."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    await asyncio.gather(*(client(table, token, names, number, end, taken) for number in range(clients)))
    return taken


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        names, token = filled(Path(directory), options.rows)
        service = subprocess.Popen([sys.executable, "-c", SERVE, directory, str(PORT)])
        try:
            _wait()
            for table in ("comments", "classifications", "redshifts", "annotations"):
                hot = names[:200]
                asyncio.run(measure(table, token, hot, options.clients, 2))
                before = _processor_seconds(service)
                taken = np.array(asyncio.run(measure(table, token, hot, options.clients, options.seconds)))
                used = (_processor_seconds(service) - before) / len(taken) * 1e3
                p50, p99 = np.quantile(taken, [0.5, 0.99]) * 1e3
                ratio = f", {PEER_MS[table] / p50:.1f}× SkyPortal alone" if table in PEER_MS else ""
                rate = len(taken) / options.seconds
                print(
                    f"{table:16s} p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  {rate:5.0f}/s  {used:.2f} ms CPU{ratio}",
                    flush=True,
                )
        finally:
            service.terminate()
            service.wait(20)


def _processor_seconds(service: subprocess.Popen[bytes]) -> float:
    used = psutil.Process(service.pid).cpu_times()
    return float(used.user + used.system)


def _wait() -> None:
    import httpx

    for _ in range(600):
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/health", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("the service did not start")


if __name__ == "__main__":
    main()
