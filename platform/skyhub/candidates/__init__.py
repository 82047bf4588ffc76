"""Candidates: alerts that passed a group's filter, shown to its scanners, saved or rejected."""

from skyhub.candidates._agreement import scanner_agreement
from skyhub.candidates._backlog import run_functions
from skyhub.candidates._behind import Mark, marks_behind, put_behind
from skyhub.candidates._book import DecisionBook, Place, Standing, write_decision
from skyhub.candidates._cards import cards
from skyhub.candidates._centroid import centroid
from skyhub.candidates._completeness import filter_completeness
from skyhub.candidates._decisions import VERDICTS, current_decisions, decide
from skyhub.candidates._dry_run import dry_run
from skyhub.candidates._explain import explain_alert, explain_candidate, explain_filter
from skyhub.candidates._filter_book import filter_documents, filter_record
from skyhub.candidates._filters import Filter
from skyhub.candidates._injection_results import injection_result
from skyhub.candidates._injections import close_injection, injections, prepare_injection
from skyhub.candidates._monitor import filter_passes, filter_status
from skyhub.candidates._owners import Owners, OwnersBook
from skyhub.candidates._passing import owners_of_filters, results_of_conditions
from skyhub.candidates._population import population
from skyhub.candidates._preferences import PREFERENCES
from skyhub.candidates._profiles import SCAN_PROFILES
from skyhub.candidates._purity import filter_purity
from skyhub.candidates._queue import distributions, queue, queue_nights
from skyhub.candidates._saved import saved_documents, saving_rows
from skyhub.candidates._selection import SAVED_STATUSES, STATUSES, AnnotationRange, Selection, selection_of
from skyhub.candidates._trials import filter_trials, try_filter
from skyhub.candidates._versions import activate_filter, add_filter, deactivate_filter, propose_filter

KINDS = (SCAN_PROFILES, PREFERENCES)

__all__ = [
    "KINDS",
    "PREFERENCES",
    "SAVED_STATUSES",
    "SCAN_PROFILES",
    "STATUSES",
    "VERDICTS",
    "AnnotationRange",
    "DecisionBook",
    "Filter",
    "Mark",
    "Owners",
    "OwnersBook",
    "Place",
    "Selection",
    "Standing",
    "activate_filter",
    "add_filter",
    "cards",
    "centroid",
    "close_injection",
    "current_decisions",
    "deactivate_filter",
    "decide",
    "distributions",
    "dry_run",
    "explain_alert",
    "explain_candidate",
    "explain_filter",
    "filter_completeness",
    "filter_documents",
    "filter_passes",
    "filter_purity",
    "filter_record",
    "filter_status",
    "filter_trials",
    "injection_result",
    "injections",
    "marks_behind",
    "owners_of_filters",
    "population",
    "prepare_injection",
    "propose_filter",
    "put_behind",
    "queue",
    "queue_nights",
    "results_of_conditions",
    "run_functions",
    "saved_documents",
    "saving_rows",
    "scanner_agreement",
    "selection_of",
    "try_filter",
    "write_decision",
]
