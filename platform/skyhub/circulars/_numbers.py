"""Numbers that somebody changed by hand in a text that a run wrote, beside the facts of that run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

__all__ = ["HandNumber", "numbers_by_hand"]

_WORD = re.compile(r"[^\s|,;()]+")
_NUMBER = re.compile(r"[<>~=+\-]*\d[\d.+\-/:TZeE%]*")
_VALUE = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


class _Word(NamedTuple):
    line: int
    text: str


@dataclass(frozen=True)
class HandNumber:
    """A number that a person wrote, changed or took out."""

    line: int
    """The line of the text, from 1; of one that was taken out, the line where it would be."""
    was: str | None
    """What the run had written; None where there was no number."""
    now: str | None
    """What stands there; None if it was taken out."""
    in_facts: bool
    """Whether the facts have the number that stands there, as far as it is written."""


def numbers_by_hand(base: str, text: str, facts: Mapping[str, Any]) -> list[HandNumber]:
    """The numbers of a text that are not those which its run had written there.

    Parameters
    ----------
    base, text
        What the run wrote, and what it says now.
    facts
        Those of the run.

    Examples
    --------
    >>> numbers_by_hand("r = 19.62 mag", "r = 19.52 mag", {"mag": 19.6213})
    [HandNumber(line=1, was='19.62', now='19.52', in_facts=False)]
    """
    old, new = _words(base), _words(text)
    matcher = SequenceMatcher(None, [word.text for word in old], [word.text for word in new], autojunk=False)
    known = set(_values(facts))
    found: list[HandNumber] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            here = new[k].line if k < len(new) else new[-1].line if new else 1
            found += _pairs([w for w in old[i:j] if _is_number(w)], [w for w in new[k:m] if _is_number(w)], known, here)
    return found


def _pairs(old: list[_Word], new: list[_Word], known: set[float | str], here: int) -> Iterator[HandNumber]:
    kept = {word.text for word in old} & {word.text for word in new}
    was, now = ([word for word in words if word.text not in kept] for words in (old, new))
    for n in range(max(len(was), len(now))):
        before, after = (words[n] if n < len(words) else None for words in (was, now))
        yield HandNumber(
            after.line if after else here,
            before and before.text,
            after and after.text,
            after is not None and _is_known(after.text, known),
        )


def _words(text: str) -> list[_Word]:
    return [
        _Word(number, match[0].rstrip(".:"))
        for number, line in enumerate(text.splitlines(), 1)
        for match in _WORD.finditer(line)
    ]


def _is_number(word: _Word) -> bool:
    return _NUMBER.fullmatch(word.text) is not None


def _is_known(text: str, known: set[float | str]) -> bool:
    """Whether facts have each value of a word at the precision at which it is written, or a time that begins so."""
    if any(isinstance(fact, str) and text in fact for fact in known):
        return True
    scale = 100 if text.endswith("%") else 1
    numbers = [scale * fact for fact in known if isinstance(fact, float)]
    for value in _VALUE.findall(text):
        digits = len(value.partition(".")[2]) if "e" not in value.lower() else 15
        if not any(round(abs(fact), digits) == float(value) for fact in numbers):
            return False
    return True


def _values(fact: Any) -> Iterator[float | str]:
    """The numbers and texts within facts; the queries are none."""
    if isinstance(fact, Mapping):
        for name, value in fact.items():
            if name != "queries":
                yield from _values(value)
    elif isinstance(fact, list):
        for value in fact:
            yield from _values(value)
    elif isinstance(fact, str):
        yield fact
    elif isinstance(fact, int | float) and not isinstance(fact, bool):
        yield float(fact)
