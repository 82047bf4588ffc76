"""Objects on the sky, and sources: objects that groups have saved."""

from skyhub.sources._distance import Distance, distance_of
from skyhub.sources._names import ALIASES, SAME_AS, linked_objects
from skyhub.sources._notes import notes_of_several
from skyhub.sources._objects import duplicates, find_objects, sources_table
from skyhub.sources._record import object_record
from skyhub.sources._saving import groups_that_saved, save_source, unsave_source

KINDS = (ALIASES, SAME_AS)

__all__ = [
    "ALIASES",
    "KINDS",
    "SAME_AS",
    "Distance",
    "distance_of",
    "duplicates",
    "find_objects",
    "groups_that_saved",
    "linked_objects",
    "notes_of_several",
    "object_record",
    "save_source",
    "sources_table",
    "unsave_source",
]
