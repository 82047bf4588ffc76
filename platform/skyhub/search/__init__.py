"""Search: objects and sources by what is known of them, and searches that are kept and run again each night."""

from skyhub.search._find import found_names, search_objects, search_places, search_table
from skyhub.search._query import SORTS, Search

__all__ = ["SORTS", "Search", "found_names", "search_objects", "search_places", "search_table"]
