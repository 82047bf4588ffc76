"""Circulars: read, checked by rules of form and content."""

from skyhub.circulars._circular import MOST_BYTES, Circular, read_circular, read_circular_file
from skyhub.circulars._lint import RULES, circulars_per_rule, lint
from skyhub.circulars._names import Name, names_in
from skyhub.circulars._rule import Finding, Rule, Severity
from skyhub.circulars._sentences import Sentence, sentences_of

__all__ = [
    "MOST_BYTES",
    "RULES",
    "Circular",
    "Finding",
    "Name",
    "Rule",
    "Sentence",
    "Severity",
    "circulars_per_rule",
    "lint",
    "names_in",
    "read_circular",
    "read_circular_file",
    "sentences_of",
]
