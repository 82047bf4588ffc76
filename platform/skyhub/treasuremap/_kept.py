"""What was shared: appended as it was sent; cancellations and DOIs are new versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skyhub.adapters.treasuremap import Pointing
from skyhub.db import Database, Transaction, Viewer
from skyhub.errors import NotFound
from skyhub.science.nights import mjd_of_datetime
from skyhub.treasuremap._desk import Account

__all__ = ["keep_shared", "pointings_kept", "restate", "shared_pointings"]

_TABLE, _ID = "treasuremap_pointings", "treasuremap_pointing_id"
_BOOKKEEPING = ("acl", "known_at", "known_until")


def shared_pointings(
    db: Database, viewer: Viewer, graceid: str | None = None, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The pointings that were shared and that the viewer may see, newest first."""
    where, given = ("WHERE graceid = ?", [graceid]) if graceid else ("", [])
    sql = f"SELECT * EXCLUDE (acl, known_until) FROM @{_TABLE} {where} ORDER BY mjd DESC, {_ID} DESC"
    return db.reader.rows(viewer, sql, given, as_of)


def pointings_kept(db: Database, viewer: Viewer, numbers: Sequence[int], allocation_id: int) -> list[dict[str, Any]]:
    """The rows of pointings by their numbers. Raises `NotFound` if one was not shared with the allocation."""
    sql = f"SELECT * FROM @{_TABLE} WHERE allocation_id = ? AND list_contains(?, pointing_id)"
    rows = db.reader.rows(viewer, sql, [allocation_id, list(numbers)])
    if missing := set(numbers) - {row["pointing_id"] for row in rows}:
        raise NotFound(f"no pointing {min(missing)} was shared with allocation {allocation_id}.", str(min(missing)))
    return rows


def keep_shared(
    db: Database,
    viewer: Viewer,
    account: Account,
    told: Mapping[str, Any],
    pointings: Sequence[tuple[Pointing, int, int | None]],
) -> None:
    """Keep pointings that were shared: each with its number there, and the observation that it is."""

    def write(transaction: Transaction) -> None:
        first = transaction.next_id(_TABLE, _ID, len(pointings))
        rows = [
            {
                _ID: first + n, "version": 1, "pointing_id": number, "observation_id": observation, **told,
                "allocation_id": account.allocation["allocation_id"], "instrument": account.instrument["name"],
                "status": pointing.status, "ra": pointing.ra, "dec": pointing.dec, "band": pointing.band,
                "mjd": mjd_of_datetime(pointing.time), "depth": pointing.depth, "author": viewer.name,
                "acl": account.allocation["acl"],
            }
            for n, (pointing, number, observation) in enumerate(pointings)
        ]  # fmt: skip
        transaction.insert(_TABLE, rows)
        _announce(transaction, viewer, "shared", rows)

    db.writer.write(write)


def restate(db: Database, viewer: Viewer, rows: Sequence[Mapping[str, Any]], action: str, **changes: Any) -> None:
    """New versions of rows."""

    def write(transaction: Transaction) -> None:
        fresh = [
            {name: value for name, value in row.items() if name not in _BOOKKEEPING}
            | {"version": row["version"] + 1, "author": viewer.name, "acl": row["acl"], **changes}
            for row in rows
        ]
        transaction.insert(_TABLE, fresh)
        transaction.supersede(_TABLE, _ID, {row[_ID]: row["version"] for row in fresh})
        _announce(transaction, viewer, action, fresh)

    db.writer.write(write)


def _announce(transaction: Transaction, viewer: Viewer, action: str, rows: Sequence[Mapping[str, Any]]) -> None:
    for acl in sorted({row["acl"] for row in rows}):
        mine = [row for row in rows if row["acl"] == acl]
        payload = {
            "action": action, "user": viewer.name, "graceid": mine[0]["graceid"], "instrument": mine[0]["instrument"],
            "count": len(mine),
        }  # fmt: skip
        transaction.announce(_TABLE, payload, acl)
