"""What people and programs note about objects: comments, annotations, redshifts, lists, tags."""

from skyhub.notes._annotations import ANNOTATIONS, HOT_KEYS, Annotation, annotated, annotated_objects, annotation_values
from skyhub.notes._comments import COMMENTS
from skyhub.notes._lists import LIST_ENTRIES, OBJECT_TAGS, TAGS, toggle, watches_at
from skyhub.notes._packets import INGEST, packet_annotations, write_packet_annotations
from skyhub.notes._redshifts import REDSHIFTS, REDSHIFTS_IN_FORCE, redshift_in_force
from skyhub.notes._text import html_of, mentions_in

KINDS = (COMMENTS, ANNOTATIONS, REDSHIFTS, LIST_ENTRIES, TAGS, OBJECT_TAGS)

__all__ = [
    "ANNOTATIONS",
    "COMMENTS",
    "HOT_KEYS",
    "INGEST",
    "KINDS",
    "LIST_ENTRIES",
    "OBJECT_TAGS",
    "REDSHIFTS",
    "REDSHIFTS_IN_FORCE",
    "TAGS",
    "Annotation",
    "annotated",
    "annotated_objects",
    "annotation_values",
    "html_of",
    "mentions_in",
    "packet_annotations",
    "redshift_in_force",
    "toggle",
    "watches_at",
    "write_packet_annotations",
]
