"""The text of a circular in sentences and rows of tables, with the lines on which they begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Sentence", "sentences_of"]


@dataclass(frozen=True)
class Sentence:
    """One sentence, or one row of a table, with its white space drawn together."""

    line: int
    """The line of the body on which it begins, from 1."""
    text: str
    is_row: bool
    block: int
    """Number of the paragraph or table; what stands together has the same."""


_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9(\[\"~])")
_SHORT = re.compile(
    r"(?:\b(?:al|Circs?|Figs?|No|Nos|Sect?|Refs?|vs|approx|Prof|Dr|cf|ca|Univ|Obs|Inst|Eqs?|Vol|e\.g|i\.e|St|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b[A-Z]|\b[A-Z]\.-?[A-Z])\.$"
)
_CELLS = re.compile(r"\s{2,}|\t|\s*\|\s*")
_RULE = re.compile(r"^[\s|+=_*#-]*$")
_FEWEST_CELLS = 3
_FEWEST_SPACED = 6


def sentences_of(body: str) -> list[Sentence]:
    """The sentences and rows of a text, in its order.

    Examples
    --------
    >>> [s.text for s in sentences_of("We used the 1-m (A. Author et al., GCN Circ. 12).  It faded.")]
    ['We used the 1-m (A. Author et al., GCN Circ. 12).', 'It faded.']
    """
    found: list[Sentence] = []
    for block, lines in enumerate(_blocks(body)):
        if _is_row(lines[0][1]):
            found += [Sentence(number, " ".join(line.split()), True, block) for number, line in lines]
        else:
            found += _split(lines, block)
    return found


def _blocks(body: str) -> Iterator[list[tuple[int, str]]]:
    """Lines that stand together: those of a paragraph, or rows of a table also across empty lines and rules."""
    block: list[tuple[int, str]] = []
    for number, line in _numbered(body.splitlines()):
        if _RULE.match(line):
            if block and not _is_row(block[0][1]):
                yield block
                block = []
            continue
        if block and _is_row(line) != _is_row(block[0][1]):
            yield block
            block = []
        block.append((number, line))
    if block:
        yield block


def _numbered(lines: list[str]) -> list[tuple[int, str]]:
    """Lines with their numbers; where each is followed by an empty one, those empty ones say nothing and are left out."""
    full = [i for i, line in enumerate(lines) if line.strip()]
    gaps = [after - before for before, after in pairwise(full)]
    spacing = min(gaps, default=1)
    if spacing == 1 or len(full) < _FEWEST_SPACED:
        return list(enumerate(lines, 1))
    kept: list[tuple[int, str]] = []
    for i, gap in zip(full, [*gaps, spacing], strict=True):
        kept.append((i + 1, lines[i]))
        if gap > spacing:
            kept.append((i + 2, ""))
    return kept


def _is_row(line: str) -> bool:
    cells = [cell for cell in _CELLS.split(line.strip()) if cell]
    return len(cells) >= _FEWEST_CELLS and (
        line.count("|") > 1 or any(any(map(str.isdigit, c)) for c in cells[1:]) or _is_head(cells)
    )


def _is_head(cells: list[str]) -> bool:
    return all(len(cell.split()) <= _FEWEST_CELLS for cell in cells)


def _split(lines: list[tuple[int, str]], block: int) -> Iterator[Sentence]:
    text, starts = "", []
    for number, line in lines:
        starts.append((len(text), number))
        text += " ".join(line.split()) + " "
    begin = 0
    for match in [*_END.finditer(text), None]:
        end = match.start() if match else len(text)
        if match and _SHORT.search(text[begin:end]):
            continue
        if piece := text[begin:end].strip():
            first = [number for at, number in starts if at <= begin][-1]
            yield Sentence(first, piece, False, block)
        begin = match.end() if match else end
