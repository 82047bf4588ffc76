"""Events of the sky: what notices tell of them, in which version, and who may see them."""

from skyhub.events._advocates import ADVOCATES
from skyhub.events._cuts import passed_over
from skyhub.events._elsewhere import again, claim_map, states_of_maps
from skyhub.events._event import dateobs_text
from skyhub.events._fetched import finish_map
from skyhub.events._read import event_document, event_localizations, event_row, event_table, notice_bytes, notice_table
from skyhub.events._store import ingest_notice
from skyhub.events._triggers import EVENT_TRIGGERS

KINDS = (ADVOCATES, EVENT_TRIGGERS)

__all__ = [
    "ADVOCATES",
    "EVENT_TRIGGERS",
    "KINDS",
    "again",
    "claim_map",
    "dateobs_text",
    "event_document",
    "event_localizations",
    "event_row",
    "event_table",
    "finish_map",
    "ingest_notice",
    "notice_bytes",
    "notice_table",
    "passed_over",
    "states_of_maps",
]
