"""What objects are: taxonomies of classes, classifications, votes."""

from skyhub.classification._classifications import (
    CLASSIFICATION_VOTES,
    CLASSIFICATIONS,
    classify,
    most_probable,
    vote,
)
from skyhub.classification._files import read_taxonomy
from skyhub.classification._taxonomies import SHIPPED, TAXONOMIES, class_names, ensure_shipped, taxonomy_tree
from skyhub.classification._tree import Taxon, Tree

KINDS = (TAXONOMIES, CLASSIFICATIONS, CLASSIFICATION_VOTES)

__all__ = [
    "CLASSIFICATIONS",
    "CLASSIFICATION_VOTES",
    "KINDS",
    "SHIPPED",
    "TAXONOMIES",
    "Taxon",
    "Tree",
    "class_names",
    "classify",
    "ensure_shipped",
    "most_probable",
    "read_taxonomy",
    "taxonomy_tree",
    "vote",
]
