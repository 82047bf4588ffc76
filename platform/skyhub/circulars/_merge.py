"""Three texts to one: what a person wrote over what a run said is kept when the run is made again.

Prose is compared sentence by sentence and folded anew, all else line by line, so that a number which has changed in a
paragraph does not clash with a sentence that somebody added to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from skyhub.circulars._layout import folded
from skyhub.circulars._sentences import sentences_of

__all__ = ["CONFLICT_MARKS", "Merged", "merge_texts"]

CONFLICT_MARKS = ("<<<<<<< edited", "======= new run", ">>>>>>> choose one")
"""What stands before, between and after two texts of which a person chooses one."""

_SHORTEST_FULL_LINE = 50


class _Unit(NamedTuple):
    """A sentence of prose, or a line."""

    is_prose: bool
    text: str


@dataclass(frozen=True)
class Merged:
    """A text in which two changed ones are united."""

    text: str
    conflicts: tuple[tuple[str, str], ...]
    """What was edited, and what the new run says instead, where both have changed."""


def merge_texts(base: str, edited: str, new: str) -> Merged:
    """What was edited in a text, carried over to a new one.

    Parameters
    ----------
    base
        The text that both come from.
    edited, new
        What a person made of it, and what it says by now.

    Examples
    --------
    >>> merge_texts("Two found.\\n\\nThanks.", "Two found.\\n\\nThanks, all.", "Three found.\\n\\nThanks.").text
    'Three found.\\n\\nThanks, all.'
    """
    parts: list[_Unit] = []
    conflicts = []
    for was, mine, theirs in _regions(*(_units(text) for text in (base, edited, new))):
        united = _united(was, mine, theirs)
        if united is not None:
            parts += united
        else:
            conflicts.append((_laid_out(mine), _laid_out(theirs)))
            begin, between, end = (_Unit(False, mark) for mark in CONFLICT_MARKS)
            parts += [begin, *mine, between, *theirs, end]
    return Merged(_laid_out(parts), tuple(conflicts))


def _united(was: list[_Unit], mine: list[_Unit], theirs: list[_Unit]) -> list[_Unit] | None:
    """A piece that one side left as it was, or only wrote something before or after; None if both have changed it."""
    if mine in (was, theirs):
        return theirs
    if theirs == was:
        return mine
    for longer, other in ((mine, theirs), (theirs, mine)):
        if was and longer[: len(was)] == was:
            return other + longer[len(was) :]
        if was and longer[-len(was) :] == was:
            return longer[: -len(was)] + other
    return None


def _units(text: str) -> list[_Unit]:
    units: list[_Unit] = []
    for is_empty, group in groupby(text.strip().splitlines(), lambda line: not line.strip()):
        lines = list(group)
        if is_empty or not _is_prose(lines):
            units += [_Unit(False, line.rstrip()) for line in lines]
        else:
            units += [_Unit(True, sentence.text) for sentence in sentences_of("\n".join(lines))]
    return units


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether lines that stand together are a folded paragraph: full ones, and none that is a row or begins with blanks."""
    return (
        all(len(line) >= _SHORTEST_FULL_LINE for line in lines[:-1])
        and not any(line.startswith((" ", "\t", "|")) for line in lines)
        and not any(sentence.is_row for sentence in sentences_of("\n".join(lines)))
    )


def _laid_out(units: Sequence[_Unit]) -> str:
    blocks: list[str] = []
    for is_prose, group in groupby(units, lambda unit: unit.is_prose):
        texts = [unit.text for unit in group]
        blocks += [folded(" ".join(texts))] if is_prose else texts
    return "\n".join(blocks)


def _regions(
    base: list[_Unit], edited: list[_Unit], new: list[_Unit]
) -> Iterator[tuple[list[_Unit], list[_Unit], list[_Unit]]]:
    """The three texts in pieces: those that all have, and what lies between."""
    b = e = n = 0
    for at, at_edited, at_new, size in [*_common(base, edited, new), (len(base), len(edited), len(new), 0)]:
        if (b, e, n) != (at, at_edited, at_new):
            yield base[b:at], edited[e:at_edited], new[n:at_new]
        b, e, n = at + size, at_edited + size, at_new + size
        if size:
            yield base[at:b], edited[at_edited:e], new[at_new:n]


def _common(base: list[_Unit], edited: list[_Unit], new: list[_Unit]) -> Iterator[tuple[int, int, int, int]]:
    """Runs of units that stand in all three texts: where they begin, and how long they are."""
    blocks = [SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks() for other in (edited, new)]
    for first in blocks[0]:
        for second in blocks[1]:
            begin = max(first.a, second.a)
            size = min(first.a + first.size, second.a + second.size) - begin
            if size > 0:
                yield begin, first.b + begin - first.a, second.b + begin - second.a, size
