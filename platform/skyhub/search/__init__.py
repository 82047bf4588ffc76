"""Search: objects and sources by what is known of them, and searches that are kept and run again each night."""

from skyhub.search._board import Board, board_of
from skyhub.search._find import found_names, search_objects, search_places, search_table
from skyhub.search._query import SORTS, Search
from skyhub.search._runs import run_due_searches, run_search, search_finds, search_runs
from skyhub.search._searches import SEARCHES, PersistentSearch
from skyhub.search._similar import FEATURES, similar_objects

KINDS = (SEARCHES,)

__all__ = [
    "FEATURES",
    "KINDS",
    "SEARCHES",
    "SORTS",
    "Board",
    "PersistentSearch",
    "Search",
    "board_of",
    "found_names",
    "run_due_searches",
    "run_search",
    "search_finds",
    "search_objects",
    "search_places",
    "search_runs",
    "search_table",
    "similar_objects",
]
