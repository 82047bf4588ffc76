"""Checks of files: packs, runs, the log, the disk, the clock, the last backup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from skyhub.care._files import file_sha256, free_bytes, regular_files
from skyhub.care._manifest import DATABASE, LastBackup, Manifest, last_backup
from skyhub.care._problem import Problem
from skyhub.care._tables import Schema
from skyhub.db import ADMINISTRATOR, Database, iso
from skyhub.errors import SkyhubError

__all__ = ["RESTORE", "backup_age", "changed_since_backup", "clock", "kept_files", "packs", "room", "runs"]

RESTORE = "Stop the service and restore the last backup: `skyhub restore BACKUP --data-dir DIR --replace`."
_OLDEST_HOURS = 24.0
_LONGEST_LOG = 2**30
_LEAST_FREE = 2**30
_LEEWAY = timedelta(seconds=5)

_KEPT = """
    SELECT digest FROM @attachments* WHERE digest IS NOT NULL
    UNION SELECT digest FROM @localizations* WHERE digest IS NOT NULL
    UNION SELECT corner_digest FROM @analyses* WHERE corner_digest IS NOT NULL
"""


def packs(db: Database, schema: Schema) -> Iterator[Problem]:
    """Places in packs that lie beyond the end of the file."""
    for table, columns in schema.tables.items():
        kinds = [c.removesuffix("_at") for c in columns if c.endswith("_at") and f"{c[:-3]}_size" in columns]
        if "pack" not in columns or not kinds:
            continue
        ends = ", ".join(f"max({kind}_at + {kind}_size)" for kind in kinds)
        rows = db.reader.rows(
            ADMINISTRATOR,
            f"SELECT pack, greatest({ends}) AS needed FROM @{table}* WHERE pack IS NOT NULL GROUP BY pack",
        )
        for row in rows:
            yield from _pack(db.data_dir / "packs" / f"{row['pack']}.pack", row["needed"], table)


def _pack(path: Path, needed: int | None, table: str) -> Iterator[Problem]:
    size = path.stat().st_size if path.exists() else 0
    if needed and size < needed:
        text = f"{path} has {size} bytes and {table} speaks of {needed}: what lies beyond is lost."
        yield Problem("pack", str(path), text, RESTORE)


def runs(db: Database, deep: bool) -> Iterator[Problem]:
    """Files of runs that are missing, damaged or belong to nobody."""
    directory = db.data_dir / "runs"
    rows = db.reader.rows(ADMINISTRATOR, "SELECT file_id, n_bytes, checksum FROM @photometry_runs")
    known = {f"{row['file_id']:06d}.duckdb": row for row in rows}
    for name, row in sorted(known.items()):
        path = directory / name
        if not path.is_file():
            yield Problem("run", str(path), f"{path} is missing: its points cannot be read.", RESTORE)
        elif path.stat().st_size != row["n_bytes"]:
            text = f"{path} has {path.stat().st_size} bytes and was written with {row['n_bytes']}."
            yield Problem("run", str(path), text, RESTORE)
        elif deep and file_sha256(path) != row["checksum"]:
            yield Problem("run", str(path), f"{path} does not have its checksum: it is damaged.", RESTORE)
    for path in regular_files(directory):
        if path.suffix == ".duckdb" and path.name not in known:
            text = f"{path} belongs to nobody: a merge was interrupted."
            yield Problem("stray_run", str(path), text, "It is removed at the next start; or remove it.", "warning")


def kept_files(db: Database, deep: bool) -> Iterator[Problem]:
    """Attachments, and users' tables in force, whose files are missing or damaged."""
    attachments = db.reader.rows(ADMINISTRATOR, _KEPT)
    for digest in (row["digest"] for row in attachments):
        path = db.data_dir / "attachments" / digest[:2] / digest
        if not path.is_file():
            yield Problem("file", str(path), f"{path}, an attachment, is missing.", RESTORE)
        elif deep and file_sha256(path) != digest:
            yield Problem("file", str(path), f"{path}, an attachment, does not have its checksum.", RESTORE)
    tables = db.reader.rows(ADMINISTRATOR, "SELECT name, owner, file FROM @user_tables WHERE file IS NOT NULL")
    for table in tables:
        path = db.data_dir / "user_tables" / table["file"]
        if not path.is_file():
            text = f"{path}, the table {table['name']} of {table['owner']}, is missing."
            yield Problem("file", str(path), text, RESTORE)


def changed_since_backup(db: Database) -> Iterator[Problem]:
    """What only grows, or never changes, and differs from its copy in the last backup."""
    last = last_backup(db.data_dir)
    try:
        files = Manifest.read(Path(last.path)).files if last else {}
    except SkyhubError:
        return
    for name, entry in files.items():
        path = db.data_dir / name
        if not name.startswith(("packs/", "runs/")) or not path.is_file():
            continue
        if path.stat().st_size < entry.bytes or file_sha256(path, entry.bytes) != entry.sha256:
            text = f"{path} differs in its first {entry.bytes} bytes from the last backup: it is damaged."
            yield Problem("checksum", str(path), text, RESTORE)


def clock(db: Database, schema: Schema) -> Iterator[Problem]:
    """Facts that are said to be known only in the future: the clock was, or is, wrong."""
    now = datetime.now(UTC).replace(tzinfo=None)
    for table, columns in schema.tables.items():
        if "known_at" not in columns:
            continue
        [row] = db.reader.rows(ADMINISTRATOR, f"SELECT max(known_at) AS latest FROM @{table}*")
        if row["latest"] and row["latest"] > now + _LEEWAY:
            text = f"{table} has facts known since {iso(row['latest'])}, and by this machine's clock it is {iso(now)}."
            advice = "Set the clock; until that moment, all new facts bear it as their time."
            yield Problem("clock", table, text, advice)


def room(db: Database) -> Iterator[Problem]:
    """A disk that is nearly full, and a log that grows without a checkpoint."""
    free, log = free_bytes(db.data_dir), db.data_dir / f"{DATABASE}.wal"
    if trouble := db.writer.trouble:
        yield Problem("writes", str(db.data_dir), trouble, "Free disk space; writes go on by themselves.")
    elif free < _LEAST_FREE:
        text = f"the disk has {free / 2**20:.0f} MiB free."
        yield Problem("disk", str(db.data_dir), text, "Free disk space before writes are refused.", "warning")
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        text = f"the log has {log.stat().st_size / 2**20:.0f} MiB: no checkpoint could be made for long."
        yield Problem("log", str(log), text, "Look into the service's log; end reads that last for hours.", "warning")


def backup_age(data_dir: Path, now: LastBackup | None) -> Iterator[Problem]:
    """No backup, one that is too old, or one that is no longer there."""
    advice = "Run `skyhub backup`, daily, to another disk."
    if now is None:
        yield Problem("backup", str(data_dir), "there was no backup yet.", advice, "warning")
    elif not Path(now.path).is_dir():
        yield Problem("backup", now.path, f"the last backup is not at {now.path} any more.", advice, "warning")
    elif now.age_hours > _OLDEST_HOURS:
        yield Problem("backup", now.path, f"the last backup is {now.age_hours:.0f} hours old.", advice, "warning")
