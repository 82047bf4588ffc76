"""What differs between two versions of a text, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

__all__ = ["ComparedLine", "compare_texts"]


@dataclass(frozen=True)
class ComparedLine:
    """A line of either text, or of both."""

    change: Literal["same", "removed", "added"]
    text: str


def compare_texts(was: str, now: str) -> list[ComparedLine]:
    """All lines of two texts in their order, with what became of each.

    Examples
    --------
    >>> [(line.change, line.text) for line in compare_texts("a\\nb", "a\\nc")]
    [('same', 'a'), ('removed', 'b'), ('added', 'c')]
    """
    old, new = was.splitlines(), now.splitlines()
    found: list[ComparedLine] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [ComparedLine("same", line) for line in new[k:m]]
        else:
            found += [ComparedLine("removed", line) for line in old[i:j]]
            found += [ComparedLine("added", line) for line in new[k:m]]
    return found
