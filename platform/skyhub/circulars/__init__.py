"""Circulars: read, checked by rules of form and content, and written from facts."""

from skyhub.circulars._choices import PHOTOMETRY_COLUMNS, chosen, parse_columns, parse_names, parse_span, why_rejected
from skyhub.circulars._circular import MOST_BYTES, Circular, read_circular, read_circular_file
from skyhub.circulars._classification_draft import (
    ClassificationFacts,
    ClassifiedAs,
    Host,
    Line,
    MeasuredRedshift,
    TakenSpectrum,
    classification_draft,
)
from skyhub.circulars._compare import ComparedLine, compare_texts
from skyhub.circulars._event_summary import Galaxy, SummaryFacts, SummarySource, event_summary
from skyhub.circulars._layout import Draft, ascii_of, counted, listed, paragraph, table
from skyhub.circulars._limits_draft import Limit, LimitFacts, limits_draft
from skyhub.circulars._lint import RULES, circulars_per_rule, lint
from skyhub.circulars._merge import CONFLICT_MARKS, Merged, merge_texts
from skyhub.circulars._names import Name, names_in
from skyhub.circulars._numbers import HandNumber, numbers_by_hand
from skyhub.circulars._observations_draft import ObservationFacts, ObservedBand, observations_draft
from skyhub.circulars._reader import Reading, magnitudes_in, positions_in, read_numbers, redshifts_in
from skyhub.circulars._records import (
    band_of,
    candidate_of,
    limit_of,
    parse_lines,
    parse_references,
    point_of,
    spectrum_of,
    subject_name,
)
from skyhub.circulars._rule import Finding, Rule, Severity
from skyhub.circulars._search_draft import Candidate, Point, SearchFacts, search_draft
from skyhub.circulars._sentences import Sentence, sentences_of
from skyhub.circulars._times import time_in

__all__ = [
    "CONFLICT_MARKS",
    "MOST_BYTES",
    "PHOTOMETRY_COLUMNS",
    "RULES",
    "Candidate",
    "Circular",
    "ClassificationFacts",
    "ClassifiedAs",
    "ComparedLine",
    "Draft",
    "Finding",
    "Galaxy",
    "HandNumber",
    "Host",
    "Limit",
    "LimitFacts",
    "Line",
    "MeasuredRedshift",
    "Merged",
    "Name",
    "ObservationFacts",
    "ObservedBand",
    "Point",
    "Reading",
    "Rule",
    "SearchFacts",
    "Sentence",
    "Severity",
    "SummaryFacts",
    "SummarySource",
    "TakenSpectrum",
    "ascii_of",
    "band_of",
    "candidate_of",
    "chosen",
    "circulars_per_rule",
    "classification_draft",
    "compare_texts",
    "counted",
    "event_summary",
    "limit_of",
    "limits_draft",
    "lint",
    "listed",
    "magnitudes_in",
    "merge_texts",
    "names_in",
    "numbers_by_hand",
    "observations_draft",
    "paragraph",
    "parse_columns",
    "parse_lines",
    "parse_names",
    "parse_references",
    "parse_span",
    "point_of",
    "positions_in",
    "read_circular",
    "read_circular_file",
    "read_numbers",
    "redshifts_in",
    "search_draft",
    "sentences_of",
    "spectrum_of",
    "subject_name",
    "table",
    "time_in",
    "why_rejected",
]
