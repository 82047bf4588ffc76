"""Candidates: alerts that passed a group's filter, shown to its scanners, saved or rejected."""

from skyhub.candidates._book import DecisionBook, Standing, write_sources
from skyhub.candidates._cards import cards
from skyhub.candidates._decisions import VERDICTS, current_decisions, decide
from skyhub.candidates._explain import explain_candidate, explain_filter
from skyhub.candidates._filters import Filter, add_filter, candidate_rows, filter_documents, live_filters
from skyhub.candidates._queue import STATUSES, Selection, queue, queue_nights

__all__ = [
    "STATUSES",
    "VERDICTS",
    "DecisionBook",
    "Filter",
    "Selection",
    "Standing",
    "add_filter",
    "candidate_rows",
    "cards",
    "current_decisions",
    "decide",
    "explain_candidate",
    "explain_filter",
    "filter_documents",
    "live_filters",
    "queue",
    "queue_nights",
    "write_sources",
]
