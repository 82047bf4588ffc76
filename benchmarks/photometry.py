"""Photometry of many points: light curves while others write, appending in bulk, scans over what one may see, room on disk.

    .venv/bin/python benchmarks/photometry.py [--points 400000] [--requests 300] [--no-postgresql] [--json]

The full size is ``--points 20000000``. A tenth of the points belongs to objects with 1,000 points each, the rest to
objects with 18; they arrive in the order of time. As in ZTF's alerts, 45 % are detections and the rest limits. 300 sets
of 64 groups share them; the caller is in 5 groups and sees about a quarter. Light curves are those of random objects with
1,000 points, all of which the caller sees, asked for with a token that is no administrator's.

The peer is PostgreSQL 15 on this machine, if it is installed (``postgres`` on the path or below ``/usr/lib/postgresql``),
with the same points in a data directory of its own, ``shared_buffers`` of 3 GB, and B-tree indexes on (object_id, mjd)
and photometry_id; the last points are appended when the indexes are there, and only they are timed. Its light curve is a
prepared statement on a local connection, without HTTP, token or decoding.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from skyhub.db import Database, Viewer, append_points
from skyhub.photometry import photometry_table
from skyhub.service import open_database
from skyhub.team import add_groups
from skyhub.web import ARROW, TokenSigner

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _postgresql import PostgreSQL, installed

LONG, SHORT = 1000, 18
BATCH = 200_000
GROUPS, SETS = 64, 300
OF_CALLER = 5
CALLER = Viewer("ann", frozenset(f"group{n}" for n in range(OF_CALLER)), scopes=frozenset({"view"}))
WRITER = Viewer("bob", frozenset({"group0"}), scopes=frozenset({"view", "upload"}))
SCAN = (
    "SELECT filter, count(*) AS n, count(mag) AS detections, avg(mag) AS mean, min(mjd) AS first, max(mjd) AS last "
    "FROM {} GROUP BY filter ORDER BY filter"
)
WRITE = """
import sys, time, httpx, itertools
url, token = sys.argv[1:]
client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60)
times = []
for turn in itertools.count():
    rows = [{"object_id": f"W{turn}", "mjd": 60000 + n, "filter": "ztfr", "flux": 100.0 + n, "fluxerr": 5.0, "magsys": "ab",
             "zp": 23.9, "instrument": "ZTF", "ra": 10.0, "dec": 20.0} for n in range(20)]
    answer = client.post("/api/photometry", json={"rows": rows})
    if answer.status_code != 200:
        sys.exit(answer.text)
    print(turn, flush=True)
"""

Figures = dict[str, float]


class Points:
    """Synthetic points in the order of time.

    Parameters
    ----------
    n
        How many.
    acls
        Numbers of the sets of groups.
    seen
        Those that the caller sees.
    """

    def __init__(self, n: int, acls: NDArray[np.int32], seen: NDArray[np.int32]) -> None:
        self.rng = np.random.default_rng(20)
        self.acls, self.seen = acls, seen
        self.n_long = max(n // 10 // LONG, 1)
        n_short = (n - self.n_long * LONG) // SHORT
        sizes = np.repeat([LONG, SHORT], [self.n_long, n_short])
        self.owners = self.rng.permutation(np.repeat(np.arange(len(sizes), dtype=np.int32), sizes))
        letters = self.rng.integers(97, 123, (len(sizes), 7), dtype=np.uint8)
        years = 17 + np.arange(len(sizes)) % 9
        tails = letters.tobytes().decode()
        self.names = np.array(
            [f"ZTF{year}{tails[7 * i : 7 * i + 7]}{i % 10}" for i, year in enumerate(years)], dtype=object
        )
        self.ra = self.rng.uniform(0, 360, len(sizes))
        self.dec = np.degrees(np.arcsin(self.rng.uniform(-0.5, 1, len(sizes))))

    def __len__(self) -> int:
        return len(self.owners)

    def batches(self) -> Iterator[pa.Table]:
        """All of them."""
        mjd = np.linspace(58194.0, 61000.0, len(self))
        for start in range(0, len(self), BATCH):
            yield self._batch(self.owners[start : start + BATCH], mjd[start : start + BATCH])

    def _batch(self, owners: NDArray[np.int32], mjd: NDArray[np.float64]) -> pa.Table:
        n, rng = len(owners), self.rng
        limit = rng.uniform(19.5, 21, n).astype(np.float32)
        detected = rng.random(n) < 0.45
        mag = rng.uniform(16, 21, n).astype(np.float32)
        magerr = rng.uniform(0.02, 0.22, n).astype(np.float32)
        flux = 10 ** (0.4 * (23.9 - mag.astype(float)))
        fluxerr = np.where(detected, flux * magerr / 1.0857362, 10 ** (0.4 * (23.9 - limit.astype(float))) / 5)
        exposure = ((mjd - 57754) * 1e6).astype(np.int64) * 1000 + rng.integers(0, 1000, n)
        acl = np.where(owners < self.n_long, rng.choice(self.seen, n), rng.choice(self.acls, n)).astype(np.int32)

        def where_detected(values: NDArray[Any]) -> pa.Array:
            return pa.array(values, mask=~detected)

        return pa.table(
            {
                "object_id": pa.array(self.names[owners], pa.string()),
                "instrument": pa.repeat("ZTF", n),
                "origin": pa.repeat("alert", n),
                "filter": pa.array(
                    np.array(["ztfg", "ztfr", "ztfi"], dtype=object)[rng.choice(3, n, p=(0.43, 0.47, 0.1))]
                ),
                "mjd": mjd,
                "flux": where_detected(flux),
                "fluxerr": fluxerr,
                "mag": where_detected(mag),
                "magerr": where_detected(magerr),
                "limiting_mag": limit,
                "limiting_nsigma": pa.array(np.full(n, 5, np.float32)),
                "ra": where_detected(np.round(self.ra[owners] + rng.normal(0, 3e-5, n), 7)),
                "dec": where_detected(np.round(self.dec[owners] + rng.normal(0, 3e-5, n), 7)),
                "survey": pa.repeat("ZTF", n),
                "point_id": np.where(detected, exposure * 1_000_000 + 15_000 + rng.integers(0, 60, n), -exposure),
                "acl": acl,
            }
        )

    @property
    def long_names(self) -> list[str]:
        """The objects with 1,000 points."""
        names: list[str] = self.names[: self.n_long].tolist()
        return names


def share(db: Database) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Sets of groups, and those that the caller sees."""
    add_groups(db, {f"group{n}": [] for n in range(GROUPS)})
    rng = np.random.default_rng(1)
    ids = [db.access.groups[f"group{n}"] for n in range(GROUPS)]

    def sets(transaction: Any) -> list[int]:
        return [transaction.acl(rng.choice(ids, rng.integers(1, 6), replace=False).tolist()) for _ in range(SETS)]

    acls = np.unique(np.array(db.writer.write(sets), dtype=np.int32))
    return acls, acls[db.access.visible(CALLER)[acls]]


def load(peer: PostgreSQL, points: Points) -> Figures:
    """The same points for PostgreSQL: the last of them are appended when the indexes are there, and only they are timed."""
    n_timed = max(1, min(5, len(points) // BATCH // 2))
    n_batches, seconds, rows = -(-len(points) // BATCH), 0.0, 0
    for number, batch in enumerate(points.batches()):
        if number == n_batches - n_timed:
            peer.index()
        taken = peer.append(batch)
        if number >= n_batches - n_timed:
            seconds, rows = seconds + taken, rows + len(batch)
    peer.finish()
    return {
        "appended per second, PostgreSQL": rows / seconds,
        "bytes per point, PostgreSQL": peer.n_bytes() / len(points),
    }


def build(
    data_dir: Path, n_points: int, peer: PostgreSQL | None, load_peer: Callable[[PostgreSQL, Points], Figures] = load
) -> tuple[Figures, list[str]]:
    """A database with the points, all in runs; what that took."""
    figures: Figures = {}
    with open_database(data_dir) as db:
        points = Points(n_points, *share(db))
        seconds = cpu = 0.0
        for batch in points.batches():
            begin, used = time.perf_counter(), time.process_time()
            db.writer.write(lambda t, batch=batch: append_points(t, batch))  # type: ignore[misc]
            seconds += time.perf_counter() - begin
            cpu += time.process_time() - used
        figures["appended per second"] = len(points) / seconds
        figures["appended per second of CPU"] = len(points) / cpu
        begin = time.perf_counter()
        while db.photometry.n_recent and db.photometry.merge():
            pass
        db.photometry.compact(everything=True)
        figures["rewritten per second"] = len(points) / (time.perf_counter() - begin)
    n_bytes = sum(path.stat().st_size for path in (data_dir / "runs").iterdir())
    figures["bytes per point"] = n_bytes / len(points)
    figures["bytes per point, with the owner's file"] = (n_bytes + (data_dir / "skyhub.duckdb").stat().st_size) / len(
        points
    )
    if peer:
        figures |= load_peer(peer, points)
    return figures, points.long_names


def percentiles(name: str, work: Callable[[], Any], n: int) -> Figures:
    """Milliseconds of something that is done often."""
    times, used = [], []
    for _ in range(n):
        begin, cpu = time.perf_counter(), time.process_time()
        work()
        times.append(1000 * (time.perf_counter() - begin))
        used.append(1000 * (time.process_time() - cpu))
    cuts = statistics.quantiles(times, n=100)
    return {f"{name}, p50": cuts[49], f"{name}, p99": cuts[98], f"{name}, CPU": statistics.median(used)}


def in_process(data_dir: Path, names: Sequence[str], requests: int, peer: PostgreSQL | None) -> Figures:
    """Light curves and scans without HTTP."""
    rng = np.random.default_rng(3)
    with open_database(data_dir) as db:
        figures = percentiles(
            "light curve in process", lambda: photometry_table(db, CALLER, str(rng.choice(names))), requests
        )
        scans = percentiles("visible scan", lambda: db.reader.query(CALLER, SCAN.format("@photometry")), 7)
        figures |= {"visible scan": scans["visible scan, p50"], "visible scan, CPU": scans["visible scan, CPU"]}
        if peer:
            seen = np.flatnonzero(db.access.visible(CALLER)).tolist()
            figures |= percentiles(
                "light curve, PostgreSQL", lambda: peer.light_curve(str(rng.choice(names)), seen), requests
            )
            scans = percentiles("scan", lambda: peer.scan(SCAN, seen), 3)
            figures["visible scan, PostgreSQL"] = scans["scan, p50"]
    return figures


def over_http(data_dir: Path, names: Sequence[str], requests: int) -> Figures:
    """Light curves through the data service, in its own process: nobody else there, then with somebody who writes."""
    from ingest import service

    signer, rng = TokenSigner(data_dir), np.random.default_rng(4)
    token, writer = (signer.issue(viewer, timedelta(hours=1)) for viewer in (CALLER, WRITER))
    with service(data_dir):
        url = json.loads((data_dir / "service.json").read_text())["url"]
        headers = {"Authorization": f"Bearer {token}", "Accept": ARROW, "Accept-Encoding": "identity"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60) as client:

            def ask() -> None:
                answer = client.get(f"/api/photometry/{rng.choice(names)}")
                assert pa.ipc.open_stream(answer.content).read_all().num_rows == LONG

            percentiles("", ask, 30)
            used = cpu_seconds(data_dir)
            figures = percentiles("light curve", ask, requests)
            figures["light curve, CPU"] = 1000 * (cpu_seconds(data_dir) - used) / requests
            with writing(url, writer) as count:
                time.sleep(3)
                before, begin = count(), time.perf_counter()
                figures |= percentiles("light curve while writing", ask, requests)
                figures["writes of 20 points per second"] = (count() - before) / (time.perf_counter() - begin)
    return figures


def cpu_seconds(data_dir: Path) -> float:
    """What the data service has used."""
    pid = json.loads((data_dir / "service.json").read_text())["pid"]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def writing(url: str, token: str) -> Iterator[Callable[[], int]]:
    """Somebody who uploads 20 points after 20 points; how often so far."""
    seen = [0]
    process = subprocess.Popen([sys.executable, "-c", WRITE, url, token], stdout=subprocess.PIPE, text=True)

    def follow() -> None:
        for line in process.stdout or ():
            seen[0] = int(line)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield lambda: seen[0]
        if process.poll() is not None:
            sys.exit("the writer has failed")
    finally:
        process.terminate()
        process.wait(30)


def report(figures: Figures) -> None:
    """Print the figures with their goals and the peer's."""
    goals = {
        "light curve, p50": "≤ 3 ms", "light curve, p99": "", "light curve, CPU": "", "light curve while writing, p50": "≤ 3 ms",
        "light curve while writing, p99": "≤ 20 ms", "light curve in process, p50": "≤ 1.5 ms",
        "light curve in process, p99": "", "light curve in process, CPU": "", "appended per second": "≥ 500,000",
        "appended per second of CPU": "", "rewritten per second": "", "visible scan": "≤ 300 ms for 2e7",
        "visible scan, CPU": "", "bytes per point": "≤ 25", "bytes per point, with the owner's file": "",
        "writes of 20 points per second": "",
    }  # fmt: skip
    print(f"{'':38s}{'skyhub':>12s}  {'goal':18s}{'PostgreSQL':>12s}  ratio")
    for name, goal in goals.items():
        peer = figures.get(f"{name}, PostgreSQL")
        if name in ("light curve, p50", "light curve, p99"):
            peer = figures.get(name.replace("light curve", "light curve, PostgreSQL"))
        rest = ""
        if peer:
            ratio = figures[name] / peer if "per second" in name else peer / figures[name]
            rest = f"{peer:12,.1f}  {ratio:.1f}"
        print(f"{name:38s}{figures[name]:12,.1f}  {goal:18s}{rest}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=400_000, help="how many points")
    parser.add_argument("--requests", type=int, default=300, help="how many light curves")
    parser.add_argument("--no-postgresql", action="store_true", help="leave the peer out")
    parser.add_argument("--directory", type=Path, help="where to work; the directory for temporary files by default")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    programs = None if arguments.no_postgresql else installed()
    if programs is None:
        print("without PostgreSQL", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="skyhub-photometry-", dir=arguments.directory) as name:
        folder, peer = Path(name), None
        if programs:
            peer = PostgreSQL(programs, folder / "postgresql")
        try:
            figures, names = build(folder / "data", arguments.points, peer)
            figures |= in_process(folder / "data", names, arguments.requests, peer)
        finally:
            if peer:
                peer.stop()
        figures |= over_http(folder / "data", names, arguments.requests)
    if arguments.json:
        print(json.dumps(figures))
    else:
        report(figures)


if __name__ == "__main__":
    os.environ.setdefault("no_proxy", "127.0.0.1")
    main()
