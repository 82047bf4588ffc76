"""A PostgreSQL of one's own with a table of points: the peer of `photometry.py`."""

from __future__ import annotations

import io
import os
import pwd
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
from skyhub.ports import free_port

_CREATE = """
    CREATE {kind} TABLE photometry (
        photometry_id bigserial, object_id text, instrument text, origin text, filter text, mjd double precision,
        repeat smallint DEFAULT 0, version smallint DEFAULT 1, flux double precision, fluxerr double precision,
        mag real, magerr real, limiting_mag real, limiting_nsigma real, ra double precision, dec double precision,
        given_value double precision, given_error double precision, given_limit double precision, given_unit text,
        given_zp double precision, given_system text, survey text, point_id bigint, owner text, upload_id bigint,
        acl integer, known_at timestamp DEFAULT now(), known_until timestamp)
"""
_BY_OBJECT = "CREATE INDEX ON photometry (object_id, mjd);"
_INDEX = f"{_BY_OBJECT} CREATE INDEX ON photometry (photometry_id);"
_LIGHT_CURVE = """
    SELECT object_id, mjd, filter, flux, fluxerr, mag, magerr, limiting_mag, ra, dec, survey, origin, point_id
    FROM photometry WHERE object_id = %s AND acl = ANY(%s) AND known_until IS NULL ORDER BY mjd
"""
_SETTINGS = (
    "shared_buffers=3GB", "max_wal_size=8GB", "work_mem=256MB", "jit=off", "listen_addresses=127.0.0.1",
    "effective_cache_size=8GB", "maintenance_work_mem=1GB", "checkpoint_timeout=30min",
)  # fmt: skip
_HASTE = "fsync=off", "full_page_writes=off", "synchronous_commit=off"
_LOADERS = 2


def installed() -> Path | None:
    """Where the programs of PostgreSQL are, or None."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return None
    places = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


class PostgreSQL:
    """A server with a private data directory on a free port of this machine.

    Parameters
    ----------
    programs
        Where ``initdb`` and ``postgres`` are.
    directory
        Where the data go.
    lasting
        Whether a commit is on disk when it is acknowledged; where only reads are timed, it need not be.
    """

    def __init__(self, programs: Path, directory: Path, lasting: bool = True) -> None:
        import psycopg

        self._directory = directory
        self._user = {"user": "postgres"} if os.geteuid() == 0 else {}
        directory.mkdir()
        if self._user:
            for folder in (directory, *directory.parents):
                if folder.owner() == "root" and folder.stat().st_mode & 0o001 == 0:
                    folder.chmod(0o711)
            os.chown(directory, pwd.getpwnam("postgres").pw_uid, -1)
        subprocess.run(
            [programs / "initdb", "-D", directory, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **self._user,
        )  # fmt: skip
        port = free_port()
        settings = (*_SETTINGS, *(() if lasting else _HASTE), f"unix_socket_directories={directory}")
        options = [part for setting in settings for part in ("-c", setting)]
        self._process = subprocess.Popen(
            [programs / "postgres", "-D", directory, "-p", str(port), *options],
            stderr=subprocess.DEVNULL, cwd="/", **self._user,
        )  # fmt: skip
        self.url = f"host=127.0.0.1 port={port} user=postgres"
        """How clients connect."""
        for _ in range(300):
            try:
                self._connection: Any = psycopg.connect(self.url, autocommit=True)
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        self._connection.execute(_CREATE.format(kind="" if lasting else "UNLOGGED"))

    def execute(self, statement: str) -> None:
        """Run a statement."""
        self._connection.execute(statement)

    def index(self) -> None:
        """Make the indexes; much is loaded the faster without."""
        self._connection.execute(_INDEX)

    def append(self, batch: pa.Table) -> float:
        """Append points in one commit; seconds without those of writing them as CSV."""
        return _copy(self._connection, batch)

    def load(self, batches: Iterable[pa.Table], seconds: float) -> bool:
        """Load points over several connections, then index them by object; False if that would take longer.

        Parameters
        ----------
        batches
            The points.
        seconds
            After so long no more batches are taken (s).
        """
        import psycopg

        end, waiting = time.monotonic() + seconds, iter(batches)
        lock = threading.Lock()

        def work() -> bool:
            with psycopg.connect(self.url, autocommit=True) as connection:
                while time.monotonic() < end:
                    with lock:
                        batch = next(waiting, None)
                    if batch is None:
                        return True
                    _copy(connection, batch)
            return False

        with ThreadPoolExecutor(_LOADERS) as threads:
            loaded = all([running.result() for running in [threads.submit(work) for _ in range(_LOADERS)]])
        if loaded:
            self._connection.execute(_BY_OBJECT)
            self.finish()
        return loaded

    def finish(self) -> None:
        """Bring the table into order after loading."""
        self._connection.execute("VACUUM ANALYZE photometry")

    def n_bytes(self) -> int:
        """Room of the table with its indexes."""
        return int(self._connection.execute("SELECT pg_total_relation_size('photometry')").fetchone()[0])

    def light_curve(self, object_id: str, acls: Sequence[int]) -> int:
        """Read the points of an object; how many."""
        found = self._connection.execute(_LIGHT_CURVE, [object_id, acls], prepare=True, binary=True)
        return len(found.fetchall())

    def scan(self, statement: str, acls: Sequence[int]) -> list[Any]:
        """Read all that may be seen."""
        table = "photometry WHERE acl = ANY(%s) AND known_until IS NULL"
        return list(self._connection.execute(statement.format(table), [acls]).fetchall())

    def stop(self) -> None:
        """Close the connection and end the server."""
        self._connection.close()
        self._process.terminate()
        self._process.wait(60)


def _copy(connection: Any, batch: pa.Table) -> float:
    sink = io.BytesIO()
    pyarrow.csv.write_csv(batch, sink, pyarrow.csv.WriteOptions(include_header=False))
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        names = ", ".join(batch.column_names)
        with cursor.copy(f"COPY photometry ({names}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(sink.getbuffer())
    return time.perf_counter() - begin
