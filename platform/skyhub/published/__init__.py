"""Circulars that others published: kept, linked to events, and their magnitudes taken over as cited points."""

from skyhub.published._archive import archive_members
from skyhub.published._confirm import ConfirmedPoint, confirm_reading, origin_of
from skyhub.published._events import circulars_about, circulars_of_event, events_of_circular
from skyhub.published._names import names_of_event
from skyhub.published._read import circular_table, published_circular, reading_table
from skyhub.published._statuses import CIRCULAR_STATUSES, STATUSES, CircularStatus, mark_circular
from skyhub.published._store import StoredCirculars, store_circulars

__all__ = [
    "CIRCULAR_STATUSES",
    "KINDS",
    "STATUSES",
    "CircularStatus",
    "ConfirmedPoint",
    "StoredCirculars",
    "archive_members",
    "circular_table",
    "circulars_about",
    "circulars_of_event",
    "confirm_reading",
    "events_of_circular",
    "mark_circular",
    "names_of_event",
    "origin_of",
    "published_circular",
    "reading_table",
    "store_circulars",
]

KINDS = (CIRCULAR_STATUSES,)
