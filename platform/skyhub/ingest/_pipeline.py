"""From packets to candidates: one transaction stores a batch whole, or nothing of it."""

from __future__ import annotations

from collections.abc import Container
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from skyhub.alerts import PACKET_SCHEMA, alert_rows, places_of_new, stream_acls
from skyhub.candidates import Owners, owners_of_filters, results_of_conditions, run_functions
from skyhub.context import KnownSky, context_of, context_rows, known_sky
from skyhub.db import Database, Stale, Transaction, append_points, settled
from skyhub.errors import InvalidInput
from skyhub.notes import INGEST, packet_annotations, write_packet_annotations
from skyhub.photometry import add_up, announce_points, new_points

__all__ = ["Stored", "store_packets"]

_RANGES = {"mjd": (0.0, 1e6), "ra": (0.0, 360.0), "dec": (-90.0, 90.0)}
_NEW_OBJECTS = """
    SELECT object_id, acl, any_value(survey) AS survey,
        arg_min(ra, (mjd, candid)) AS ra, arg_min(dec, (mjd, candid)) AS dec, arg_min(hpx, (mjd, candid)) AS hpx
    FROM skyhub_objects ANTI JOIN objects USING (object_id, acl) GROUP BY object_id, acl
"""


@dataclass(frozen=True)
class Stored:
    """What became of a batch: packets stored, packets that were there already, candidates that passed filters."""

    stored: int
    duplicates: int
    candidates: int

    def to_json(self) -> dict[str, int]:
        """As a JSON object."""
        return asdict(self)


def store_packets(db: Database, batch: pa.Table) -> Stored:
    """Store what is new of a batch of packets with its context, and run the live filters over both.

    Parameters
    ----------
    db
        The database, opened by its owner.
    batch
        Packets with the columns of `skyhub.alerts.PACKET_SCHEMA`.

    Raises
    ------
    InvalidInput
        If the table has other columns, or a value that cannot be stored; then nothing of it is.
    """
    if not batch.schema.equals(PACKET_SCHEMA):
        raise InvalidInput(
            f"a batch of packets has the columns {PACKET_SCHEMA.names}, not {batch.schema.names}", "batch"
        )
    for table, where in ((batch, "batch"), (_points(batch), "photometry")):
        _require_possible(table, where, db.access.streams)

    def attempt() -> Future[Stored]:
        sky = known_sky(db)
        known = {"sky": sky, "context": context_of(sky, batch), "owners": owners_of_filters(db)}
        return db.writer.submit(partial(_store, db, batch=batch, **known))

    stored = settled(attempt)
    return replace(stored, candidates=stored.candidates + run_functions(db))


def _points(batch: pa.Table) -> pa.Table:
    return pa.Table.from_struct_array(pc.list_flatten(batch["photometry"].combine_chunks()))


def _require_possible(table: pa.Table, where: str, streams: Container[str]) -> None:
    """Arrow's own readers do not hold a table to its schema, and a client may be of another release."""
    for field in table.schema:
        if not field.nullable and table[field.name].null_count:
            raise InvalidInput(f"{field.name} is missing in {where}: every row needs one.", field.name)
    for name, (low, high) in _RANGES.items():
        values = table[name].drop_null().to_numpy()
        if not ((values >= low) & (values <= high)).all():
            raise InvalidInput(f"{name} in {where} goes beyond {low:g} to {high:g}, which are permitted.", name)
    for stream in table["stream"].unique().to_pylist():
        if stream is not None and stream not in streams:
            raise InvalidInput(f"there is no stream {stream!r}: add it before its alerts.", "stream")


def _store(
    db: Database, transaction: Transaction, *, batch: pa.Table, sky: KnownSky, context: pa.Table, owners: Owners
) -> Stored:
    if not sky.holds(transaction):
        raise Stale
    places = places_of_new(transaction, batch)
    annotations = packet_annotations(transaction, batch, _acls(transaction, db, batch))
    if not len(places):
        write_packet_annotations(transaction, annotations)
        return Stored(0, len(batch), 0)
    packets, context = batch.take(places), context.take(places)
    points = new_points(db, transaction, packets)
    alerts = alert_rows(db.packs, packets, _acls(transaction, db, packets))
    objects = transaction.with_table("skyhub_objects", alerts, _NEW_OBJECTS)
    results = results_of_conditions(transaction, db, _beside(alerts, context), owners)
    transaction.insert("alerts", alerts)
    transaction.insert("alert_context", context_rows(transaction, alerts, context))
    points = _with_acl(transaction, db, points)
    append_points(transaction, points)
    add_up(transaction, points)
    announce_points(transaction, INGEST.name, "added", points)
    transaction.insert("objects", objects)
    for object_id in objects["object_id"].to_pylist():
        transaction.touch(("objects", object_id))
    results.write(transaction, db)
    write_packet_annotations(transaction, annotations)
    return Stored(len(packets), len(batch) - len(packets), len(results.candidates))


def _beside(alerts: pa.Table, context: pa.Table) -> pa.Table:
    """Alerts with the columns of their context."""
    return pa.table([*alerts.columns, *context.columns], names=[*alerts.column_names, *context.column_names])


def _with_acl(transaction: Transaction, db: Database, points: pa.Table) -> pa.Table:
    return points.drop_columns("stream").append_column("acl", _acls(transaction, db, points))


def _acls(transaction: Transaction, db: Database, table: pa.Table) -> pa.Array:
    return stream_acls(transaction, db.access.streams, table["stream"])
