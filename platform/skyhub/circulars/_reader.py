"""What a circular tells in numbers: positions, redshifts and magnitudes, each with the sentence that it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from skyhub.circulars._circular import Circular
from skyhub.circulars._names import names_in
from skyhub.circulars._sentences import sentences_of
from skyhub.circulars._tables import values_in_tables

__all__ = ["Reading", "magnitudes_in", "positions_in", "read_numbers", "redshifts_in"]

_ERROR = r"(?:\s*(?:\+/-|\+-|±)\s*(?P<error>\d*\.?\d+))"
_SAID = r"(?P<relation><=|>=|[=~<>≈])"
_DEGREES = re.compile(
    r"\bR\.?A\.?(?:[^\d+\-]|J2000(?:\.0)?){0,30}?(?P<ra>\d{1,3}\.\d+)(?![\d:h])(?:\s*deg)?"
    r"(?:[\s,;|]{1,6}|(?:(?!\bR\.?A\b).){0,80}?\bDec[^\d+\-]{0,16})(?P<dec>[+-]?\d{1,2}\.\d+)(?![\d:])",
    re.DOTALL,
)
_SEXAGESIMAL = re.compile(
    r"(?<![\d:.+-])(?P<h>\d{1,2})(?::|\s*h\s*|[ ])(?P<m>[0-5]\d)(?::|\s*m\s*|[ ])(?P<s>[0-5]\d(?:\.\d+)?)(?:\s*s(?![a-z]))?"
    r"(?P<gap>(?:[^\d+\-]|J2000(?:\.0)?){1,40}?)"
    r"(?P<sign>[+-])\s?(?P<d>\d{1,2})(?::|\s*[d°]\s*|[ ])(?P<dm>[0-5]\d)(?::|\s*[m'’]\s*|[ ])(?P<ds>[0-5]\d(?:\.\d+)?)"
)
_REDSHIFT = re.compile(
    rf"(?<![A-Za-z0-9'])(?:z(?:_?(?:phot|spec))?\s*{_SAID}\s*~?|redshift(?:\s+(?:of|is|was|at|about|around|z))*\s*[=~]?\s*)"
    r"(?P<value>\d{1,2}(?:\.\d+)?)(?![\d.]*\d)(?!\s*(?:\+/-\s*[\d.]+\s*)?\(?\s*(?:mag|AB|d\b|arc|sigma))"
)
_HIGHEST_REDSHIFT = 15.0
_NAMES = r"(?:[ugrizyUBVRIYJHKLG]|Ks|[RIV]c|CR|ztf[gri]|uvw[12]|uvm2|UVW[12]|UVM2|white|clear)['’_]?"
_FILTER = rf"(?:(?<![A-Za-z0-9_])|(?<=\bm_)|(?<=\bm\())(?P<filter>{_NAMES})(?:[\s-]*(?:band|filter|mag(?:nitude)?))?"
_BAND = re.compile(rf"(?<![A-Za-z0-9_'’-])({_NAMES})[\s-]*(?:bands?|filters?)\b|\b(?:un|filter)(?:filtered|less)\b")
_WORD = r"\bmag(?:nitude)?s?\b"
_VALUE = rf"(?P<mag>\d{{1,2}}(?:\.\d+)?){_ERROR}?"
_NO_UNIT = r"(?!\.?\d)(?!\)?\s?(?:error|deg|arc|['\"]|[kM]pc\b|km\b))"
"""What stands behind a magnitude is no unit of something else, such as the radius R of an error circle."""
_LISTED = re.compile(rf"(?P<mag>\d{{1,2}}\.\d+){_ERROR}(?=\s*(?:[,;.)]|and\b|mag|AB|respectively|$))")
_LIST = re.compile(r"\bmagnitudes\b(?P<list>[^\n]*)")
_MAGNITUDES = (
    re.compile(rf"{_FILTER}\)?(?:\s?\(AB\))?\s*{_SAID}\s*~?\s*{_VALUE}{_NO_UNIT}"),
    re.compile(rf"{_FILTER}[\s,|]+(?P<mag>\d{{1,2}}\.\d+){_ERROR}"),
    re.compile(rf"(?P<relation>[<>~]?)\s*{_VALUE}\s*(?:\(?AB\)?\s*)?{_WORD[2:]}(?!\s*(?:/|per\b|over\b|in \d))"),
    re.compile(
        rf"{_WORD}(?:\s+(?:of|is|was|about|around))*\s*{_SAID}?\s*~?(?P<mag>\d{{1,2}}\.\d+){_ERROR}?"
        rf"(?:\s+(?P<filter>{_NAMES})(?![\w-]))?"
    ),
    re.compile(rf"{_SAID}\s*(?P<mag>\d{{1,2}}\.\d+)\s+in\s+(?:\w+\s+){{0,2}}?{_FILTER}"),
)
_BRIGHTEST, _FAINTEST = 8.0, 30.0
_COMPLETE = re.compile(r"\bcomplete(?:ness)?\s+(?:to|of)(?:\s+about)?\s*$", re.IGNORECASE)
_LIMIT = re.compile(
    r"\b(?:upper limits?|limiting|magnitude limit|depths?\b|not detect|no (?:new )?(?:optical )?(?:source|counterpart|afterglow))",
    re.IGNORECASE,
)
_LIMIT_OF = re.compile(r"\blimit(?:s|ing)?(?:\s+(?:of|is|are|about|at))*\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """Numbers that a circular tells, and the sentence or row in which they begin."""

    values: dict[str, Any]
    line: int
    """The line of the body on which the sentence begins, from 1."""
    sentence: str


_Found = Iterator[tuple[int, int, dict[str, Any]]]


def positions_in(body: str) -> list[Reading]:
    """Positions: ``ra_deg, dec_deg``, as degrees or sexagesimal, in the frame that the text says.

    Examples
    --------
    >>> [reading.values for reading in positions_in("The source is at RA, Dec = 9.91061, -40.95001 (J2000).")]
    [{'ra_deg': 9.91061, 'dec_deg': -40.95001}]
    """
    return _readings(body, lambda text: (*_degrees(text), *_sexagesimal(text)))


def redshifts_in(body: str) -> list[Reading]:
    """Redshifts: ``redshift`` and ``relation``, one of ``= ~ < > <= >=``.

    Examples
    --------
    >>> [reading.values for reading in redshifts_in("A redshift of 0.36 and z < 3.5 agree, with z > 20.1 mag.")]
    [{'redshift': 0.36, 'relation': '='}, {'redshift': 3.5, 'relation': '<'}]
    """
    return _readings(body, _redshifts)


def magnitudes_in(body: str) -> list[Reading]:
    """Magnitudes: ``filter`` (None if neither head, value nor sentence names one), ``mag``, ``magerr`` (or None), ``is_limit``.

    Examples
    --------
    >>> [reading.values for reading in magnitudes_in("We measure r = 19.64 +/- 0.05 mag.")]
    [{'filter': 'r', 'mag': 19.64, 'magerr': 0.05, 'is_limit': False}]
    """
    rows = values_in_tables(body)
    told = {row.line for row in rows}
    rest = "\n".join("" if number in told else line for number, line in enumerate(body.splitlines(), 1))
    readings = [Reading(row.values, row.line, row.row) for row in rows] + _readings(rest, _magnitudes)
    return sorted(readings, key=lambda reading: reading.line)


def read_numbers(circular: Circular) -> dict[str, Any]:
    """A circular's ``number, subject, names, positions, redshifts, magnitudes`` as a JSON object; lines are those of the file."""
    kinds = {"positions": positions_in, "redshifts": redshifts_in, "magnitudes": magnitudes_in}
    return {
        "number": circular.number,
        "subject": circular.subject,
        "names": [name.name for name in names_in(f"{circular.subject}\n{circular.body}")],
        **{
            kind: [
                {**one.values, "line": one.line + circular.first_line - 1, "sentence": one.sentence}
                for one in read(circular.body)
            ]
            for kind, read in kinds.items()
        },
    }


def _readings(body: str, find: Callable[[str], Any]) -> list[Reading]:
    """What is found in the whole text, each number once, at the sentence in which it begins."""
    sentences = sentences_of(body)
    text, starts = "", []
    for sentence in sentences:
        starts.append(len(text))
        text += sentence.text + "\n"
    readings: list[Reading] = []
    taken: list[tuple[int, int]] = []
    for begin, end, values in find(text):
        if any(begin < other_end and other_begin < end for other_begin, other_end in taken):
            continue
        taken.append((begin, end))
        at = max(i for i, start in enumerate(starts) if start <= begin)
        readings.append(Reading(values, sentences[at].line, sentences[at].text))
    order = sorted(range(len(taken)), key=lambda i: taken[i])
    return [readings[i] for i in order]


def _degrees(text: str) -> _Found:
    for found in _DEGREES.finditer(text):
        ra, dec = float(found["ra"]), float(found["dec"])
        if ra < 360 and abs(dec) <= 90:
            yield found.start(), found.end(), {"ra_deg": ra, "dec_deg": dec}


def _sexagesimal(text: str) -> _Found:
    for found in _SEXAGESIMAL.finditer(text):
        hours, degrees = (
            float(found[a]) + float(found[b]) / 60 + float(found[c]) / 3600 for a, b, c in ("hms", ("d", "dm", "ds"))
        )
        if hours < 24 and degrees <= 90:
            dec = -degrees if found["sign"] == "-" else degrees
            yield found.start(), found.end(), {"ra_deg": round(15 * hours, 6), "dec_deg": round(dec, 6)}


def _redshifts(text: str) -> _Found:
    for found in _REDSHIFT.finditer(text):
        if (value := float(found["value"])) <= _HIGHEST_REDSHIFT:
            yield found.start(), found.end(), {"redshift": value, "relation": found["relation"] or "="}


def _magnitudes(text: str) -> _Found:
    lists = [(_LISTED, *word.span("list")) for word in _LIST.finditer(text)]
    for pattern, first, last in [*((pattern, 0, len(text)) for pattern in _MAGNITUDES), *lists]:
        for found in pattern.finditer(text, first, last):
            given = found.groupdict()
            mag, error, relation = float(given["mag"]), given.get("error"), given.get("relation")
            begin, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.start())
            before = text[begin : found.start()]
            if _BRIGHTEST <= mag <= _FAINTEST and not _COMPLETE.search(before):
                limit = relation in (">", ">=") or (error is None and _is_limit(relation, before))
                yield (
                    found.start("mag"),
                    found.end("mag"),
                    {
                        "filter": given.get("filter") or _only_band(text[begin:end]),
                        "mag": mag,
                        "magerr": None if error is None else float(error),
                        "is_limit": limit,
                    },
                )


def _is_limit(relation: str | None, before: str) -> bool:
    """Whether what stands before a magnitude makes a limit of it; what it is said to be equal to is one only at once."""
    return bool((_LIMIT_OF if relation == "=" else _LIMIT).search(before))


def _only_band(sentence: str) -> str | None:
    """The band that a sentence names, if it is one."""
    named = {match[1] or "clear" for match in _BAND.finditer(sentence)}
    return named.pop() if len(named) == 1 else None
