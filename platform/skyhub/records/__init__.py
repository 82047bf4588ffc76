"""Records: what people and programs write down, kept with all its versions and shared with groups."""

from skyhub.records._about import Subject, subject_row
from skyhub.records._access import (
    EVERYBODY,
    chosen_groups,
    knows_objects,
    require_editor,
    require_objects,
    seen_through,
)
from skyhub.records._audience import groups_about
from skyhub.records._kind import Kind, Sharing
from skyhub.records._pages import page_of
from skyhub.records._plan import Planned, journal_of, require_editor_of, store, touch
from skyhub.records._query import from_fields, from_query, query_parameters
from skyhub.records._read import current_row, find, get, history
from skyhub.records._record import Record, UtcTime, check
from skyhub.records._write import add, adding, adds_without_looking, amend, edit, remove, share

__all__ = [
    "EVERYBODY",
    "Kind",
    "Planned",
    "Record",
    "Sharing",
    "Subject",
    "UtcTime",
    "add",
    "adding",
    "adds_without_looking",
    "amend",
    "check",
    "chosen_groups",
    "current_row",
    "edit",
    "find",
    "from_fields",
    "from_query",
    "get",
    "groups_about",
    "history",
    "journal_of",
    "knows_objects",
    "page_of",
    "query_parameters",
    "remove",
    "require_editor",
    "require_editor_of",
    "require_objects",
    "seen_through",
    "share",
    "store",
    "subject_row",
    "touch",
]
