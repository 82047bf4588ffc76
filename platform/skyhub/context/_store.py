"""Keeping what was found around alerts: with them as they come, and again after catalogues have changed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.context._columns import CONTEXT
from skyhub.context._known import known_sky
from skyhub.context._match import context_of
from skyhub.db import Database, Stale, Transaction, Viewer, settled
from skyhub.errors import InvalidInput

__all__ = ["Matched", "context_rows", "match_again"]

_OF_ALERT = ("candid", "survey", "object_id", "acl")
_ASKED = """
    SELECT DISTINCT candid FROM @alerts
    WHERE object_id IN (SELECT unnest(?)) OR dayobs IN (SELECT unnest(?)) ORDER BY candid
"""
_ALERTS = f"""
    SELECT a.candid, a.survey, a.object_id, a.acl, a.ra, a.dec, a.mag, c.* EXCLUDE (candid, survey)
    FROM @alerts AS a LEFT JOIN (
        SELECT candid, survey, alert_context_id, version, {", ".join(CONTEXT.names)} FROM @alert_context
    ) AS c USING (candid, survey)
    WHERE a.candid IN (SELECT unnest(?)) ORDER BY a.mjd, a.candid
"""
_KEY = ("alert_context",)
_BATCH = 20_000
_MOST_NAMED = 10_000


@dataclass(frozen=True)
class Matched:
    """How many alerts were looked at, and of how many something else was found than before."""

    alerts: int
    changed: int

    def to_json(self) -> dict[str, int]:
        """As a JSON object."""
        return asdict(self)


def context_rows(transaction: Transaction, alerts: pa.Table, context: pa.Table) -> pa.Table:
    """Rows of ``alert_context`` for alerts that are about to be stored, in their order."""
    first = transaction.next_id("alert_context", "alert_context_id", len(alerts))
    identifiers = pa.array(first + np.arange(len(alerts)))
    return _rows(alerts, context, identifiers, pa.repeat(pa.scalar(1, pa.int32()), len(alerts)))


def match_again(db: Database, viewer: Viewer, object_ids: Sequence[str] = (), nights: Sequence[date] = ()) -> Matched:
    """Compare alerts that are stored with the catalogues of now; what differs becomes a new version of their context.

    Parameters
    ----------
    db, viewer
        The database, and who asks: of the alerts that the viewer may see.
    object_ids, nights
        All alerts of these objects, and of these nights.

    Raises
    ------
    InvalidInput
        If no object and no night is named, or more than 10,000 are.
    PermissionRefused
        If the viewer may not bring catalogues in.
    """
    viewer.require("upload")
    if not 0 < len(object_ids) + len(nights) <= _MOST_NAMED:
        raise InvalidInput(
            f"{len(object_ids)} objects and {len(nights)} nights were named: 1 to {_MOST_NAMED} are permitted.",
            "objects",
        )
    candids = db.reader.query(viewer, _ASKED, [list(object_ids), list(nights)])["candid"].to_pylist()
    parts = [_match_part(db, viewer, candids[begin : begin + _BATCH]) for begin in range(0, len(candids), _BATCH)]
    return Matched(sum(part.alerts for part in parts), sum(part.changed for part in parts))


def _match_part(db: Database, viewer: Viewer, candids: list[int]) -> Matched:
    def attempt() -> Future[Matched]:
        commit = db.writer.commits
        alerts = db.reader.query(viewer, _ALERTS, [candids]).combine_chunks()
        sky = known_sky(db)
        context = context_of(sky, alerts)
        changed = np.flatnonzero(_differ(alerts.select(CONTEXT.names).cast(CONTEXT), context))

        def write(transaction: Transaction) -> Matched:
            if not sky.holds(transaction) or transaction.touched_since(_KEY, commit):
                raise Stale
            if len(changed):
                _add_versions(transaction, alerts.take(changed), context.take(changed))
                transaction.touch(_KEY)
            return Matched(len(alerts), len(changed))

        return db.writer.submit(write)

    return settled(attempt)


def _add_versions(transaction: Transaction, alerts: pa.Table, context: pa.Table) -> None:
    """Alerts without a context, which came before there was one, begin with version 2: nothing was known as they came."""
    identifiers = np.nan_to_num(alerts["alert_context_id"].to_numpy()).astype(np.int64)
    new = identifiers == 0
    first = transaction.next_id("alert_context", "alert_context_id", int(new.sum()))
    identifiers[new] = first + np.arange(new.sum())
    versions = pc.add(pc.fill_null(alerts["version"], 1), 1).cast(pa.int32())
    transaction.insert("alert_context", _rows(alerts, context, pa.array(identifiers), versions))
    ended = dict(zip(identifiers[~new].tolist(), versions.to_numpy()[~new].tolist(), strict=True))
    transaction.supersede("alert_context", "alert_context_id", ended)


def _rows(alerts: pa.Table, context: pa.Table, identifiers: pa.Array, versions: Any) -> pa.Table:
    columns = {"alert_context_id": identifiers, "version": versions}
    columns |= {name: alerts[name] for name in _OF_ALERT} | {name: context[name] for name in context.column_names}
    return pa.table(columns)


def _differ(before: pa.Table, after: pa.Table) -> NDArray[np.bool_]:
    """Rows in which a column differs; nulls are equal to each other."""
    differ = np.zeros(len(after), dtype=bool)
    for name in CONTEXT.names:
        one, other = (_comparable(table[name]) for table in (before, after))
        unequal = pc.fill_null(pc.not_equal(one, other), False).to_numpy(zero_copy_only=False)
        differ |= unequal | (
            one.is_null().to_numpy(zero_copy_only=False) != other.is_null().to_numpy(zero_copy_only=False)
        )
    return differ


def _comparable(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pc.binary_join(whole, " ") if pa.types.is_list(whole.type) else whole
