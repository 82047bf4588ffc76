"""Events of the sky: what notices tell of them, in which version, and who may see them."""

from skyhub.events._cuts import passed_over
from skyhub.events._event import dateobs_text
from skyhub.events._read import event_document, event_localizations, event_row, event_table, notice_bytes, notice_table
from skyhub.events._store import ingest_notice

__all__ = [
    "dateobs_text",
    "event_document",
    "event_localizations",
    "event_row",
    "event_table",
    "ingest_notice",
    "notice_bytes",
    "notice_table",
    "passed_over",
]
