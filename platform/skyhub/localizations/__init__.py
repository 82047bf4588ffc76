"""Localizations: where events may be, and what lies there."""

from skyhub.localizations._files import FileAnswer, coverage_of_files, read_map, search_file, stats_of_map

__all__ = ["FileAnswer", "coverage_of_files", "read_map", "search_file", "stats_of_map"]
