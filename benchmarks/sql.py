"""SQL for users: a statement about one object, aggregates over all that one may see, a join with a table of one's own.

    .venv/bin/python benchmarks/sql.py [--points 400000] [--requests 40] [--no-postgresql] [--peer-seconds 240] [--json]

The full size is ``--points 20000000``. Points, groups and caller are those of `photometry.py`. Each statement goes over
HTTP to the data service in its own process, with the caller's token; it runs in a worker of its own and comes back as
Arrow. The processor time is the data service's, without the worker's. The peer is PostgreSQL with row-level security, on a
local connection as a role that the policy applies to; its answers are fetched as rows. Only reads are timed, so its table is
unlogged and loaded over two connections before it is indexed; if that takes longer than ``--peer-seconds``, it is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from skyhub.client import Sky, Transport
from skyhub.db import Viewer
from skyhub.service import open_database
from skyhub.web import TokenSigner

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _postgresql import PostgreSQL, installed
from ingest import service
from photometry import CALLER, Points, build, cpu_seconds

POINT = "SELECT mjd, filter, mag, magerr FROM photometry WHERE object_id = {} ORDER BY mjd"
SCANS = {
    "count": "SELECT count(*) FROM photometry",
    "aggregate by filter": "SELECT filter, count(*), avg(mag), max(flux) FROM photometry GROUP BY filter",
    "aggregate by object": "SELECT object_id, count(mag) AS n, min(mag) AS peak FROM photometry GROUP BY object_id "
    "HAVING count(mag) > 5 ORDER BY peak LIMIT 100",
    "ten newest": "SELECT object_id, mjd, filter, mag FROM photometry ORDER BY mjd DESC LIMIT 10",
    "any ten": "SELECT object_id, mjd, filter, mag FROM photometry LIMIT 10",
}
MINE = "SELECT object_id, count(mag) FROM {} mine JOIN photometry USING (object_id) GROUP BY object_id"
"""A join with objects of one's own."""
_OWN = 20
_POLICY = """
    CREATE ROLE ann LOGIN; GRANT SELECT ON photometry TO ann;
    CREATE TABLE seen (role name, acl integer); GRANT SELECT ON seen TO ann;
    ALTER TABLE photometry ENABLE ROW LEVEL SECURITY;
    CREATE POLICY visible ON photometry FOR SELECT TO ann
        USING (acl = ANY (ARRAY(SELECT s.acl FROM seen s WHERE s.role = current_user)) AND known_until IS NULL);
"""

Figures = dict[str, float]


def median_ms(work: Callable[[], Any], n: int) -> float:
    """Median time of something that is done often, after a first time (ms)."""
    work()
    times = []
    for _ in range(n):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


def of_skyhub(data_dir: Path, names: list[str], requests: int) -> tuple[Figures, Figures]:
    """Times of all statements through the data service, and its processor time (ms)."""
    owner = Viewer(CALLER.name, CALLER.groups, scopes=frozenset({"view", "upload"}))
    token = TokenSigner(data_dir).issue(owner, timedelta(hours=1))
    rng = np.random.default_rng(5)
    times: Figures = {}
    used: Figures = {}
    with service(data_dir):
        url = json.loads((data_dir / "service.json").read_text())["url"]
        with Sky(Transport(url, token)) as sky:

            def measure(name: str, work: Callable[[], Any], n: int) -> None:
                before = cpu_seconds(data_dir)
                times[name] = median_ms(work, n)
                used[name] = 1000 * (cpu_seconds(data_dir) - before) / (n + 1)

            measure("one object", lambda: sky.sql(POINT.format("?"), [str(rng.choice(names))]), requests)
            measure("no table", lambda: sky.sql("SELECT 1"), requests)
            for name, statement in SCANS.items():
                measure(name, lambda s=statement: sky.sql(s), 5)  # type: ignore[misc]
            chosen = {"mine": pa.table({"object_id": names[:_OWN]})}
            measure(f"join with {_OWN} objects", lambda: sky.sql(MINE.format(""), tables=chosen), 5)
            times["rows that are seen"] = sky.sql(SCANS["count"]).to_rows()[0]["count_star()"]
    return times, used


def of_postgresql(peer: PostgreSQL, seen: list[int], names: list[str], requests: int) -> Figures:
    """Times of the same statements with row-level security (ms)."""
    import psycopg

    peer.execute(_POLICY)
    peer.execute(f"INSERT INTO seen SELECT 'ann', unnest(ARRAY{seen})")
    rng = np.random.default_rng(5)
    with psycopg.connect(peer.url.replace("user=postgres", "dbname=postgres user=ann"), autocommit=True) as connection:

        def ask(statement: str, *values: Any) -> None:
            connection.execute(statement, values or None, prepare=True).fetchall()

        join = MINE.format("(SELECT unnest(%s::text[]) AS object_id)")
        figures = {
            "one object": median_ms(lambda: ask(POINT.format("%s"), str(rng.choice(names))), requests),
            "no table": median_ms(lambda: ask("SELECT 1"), requests),
            f"join with {_OWN} objects": median_ms(lambda: ask(join, names[:_OWN]), 5),
        }
        return figures | {name: median_ms(lambda s=s: ask(s), 3) for name, s in SCANS.items()}  # type: ignore[misc]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=400_000, help="how many points")
    parser.add_argument("--requests", type=int, default=40, help="how many statements about one object")
    parser.add_argument("--no-postgresql", action="store_true", help="leave the peer out")
    parser.add_argument("--peer-seconds", type=float, default=240, help="how long the peer may be loaded (s)")
    parser.add_argument("--directory", type=Path, help="where to work; the directory for temporary files by default")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    programs = None if arguments.no_postgresql else installed()
    if programs is None:
        print("without PostgreSQL", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="skyhub-sql-", dir=arguments.directory) as name:
        folder = Path(name)
        peer = PostgreSQL(programs, folder / "postgresql", lasting=False) if programs else None

        def load(peer: PostgreSQL, points: Points) -> Figures:
            return {"loaded": float(peer.load(points.batches(), arguments.peer_seconds))}

        try:
            figures, names = build(folder / "data", arguments.points, peer, load)
            ours, used = of_skyhub(folder / "data", names, arguments.requests)
            theirs: Figures = {}
            if peer and not figures["loaded"]:
                print(f"without PostgreSQL: loading it took more than {arguments.peer_seconds:g} s", file=sys.stderr)
            elif peer:
                with open_database(folder / "data") as db:
                    seen = np.flatnonzero(db.access.visible(CALLER)).tolist()
                theirs = of_postgresql(peer, seen, names, arguments.requests)
        finally:
            if peer:
                peer.stop()
    if arguments.json:
        print(json.dumps({"skyhub": ours, "skyhub, CPU": used, "postgresql": theirs}))
        return
    print(f"{ours.pop('rows that are seen'):,.0f} of {arguments.points:,} points are seen\n")
    print(f"{'median, ms':30s}{'skyhub':>10s}{'its CPU':>10s}{'PostgreSQL':>12s}  ratio")
    for name, value in ours.items():
        other = theirs.get(name)
        print(f"{name:30s}{value:10.1f}{used[name]:10.1f}" + (f"{other:12.1f}  {other / value:.1f}" if other else ""))


if __name__ == "__main__":
    os.environ.setdefault("no_proxy", "127.0.0.1")
    main()
