"""Rules about what a circular says: times with a scale, magnitudes with band and system, limits with their significance, units."""

from __future__ import annotations

import re

from skyhub.circulars._circular import Circular
from skyhub.circulars._rule import Found, Rule
from skyhub.circulars._sentences import Sentence

__all__ = ["CONTENT_RULES"]

_CLOCK = re.compile(r"(?<![\d:.+-])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-6]\d(?:\.\d+)?)?(?![\d:])")
_SCALE = re.compile(
    r"(?:\b|_)(?:UTC?|UT1|TT|TDB|TAI|GPS|GMT|[Uu]niversal [Tt]ime)\b|T\d\d:\d\d(?::[\d.]+)?Z|\d:\d\d(?::[\d.]+)?UT"
)
_PLACE = re.compile(r"\bR\.?A\.?\b|\bDec|J2000|\balpha\b|\d:\d\d(?::\d\d[.\d]*)?[\s,;|]+[+-]\d\d[: ]")
_NUMBER = r"~?\s?\d+(?:\.\d+)?(?:\s*(?:\+/-|\+-|±)\s*\d+(?:\.\d+)?)?"
_MAGNITUDE = re.compile(
    rf"(?:magnitudes?|mags?)(?:\s+(?:of|is|was|are|at|about|around|limit|down|to|than))*\s*[=~<>]*\s*(?P<after>{_NUMBER})"
    rf"|(?P<before>{_NUMBER})\s*(?:\(?AB\)?\s*)?mags?\b(?!\s*/|\s*per\b)",
    re.IGNORECASE,
)
_BRIGHTEST, _FAINTEST = 8.0, 30.0
_BAND = re.compile(
    r"(?<![A-Za-z0-9])(?:[ugrizyUBVRIYJHKLwco]|Ks|[RIV][CcR]|CR|CV|u?vw[12]|uvm2|UVW[12]|UVM2|[wm][12]|sdss[ugriz]|ztf[gri])['_]?s?"
    r"(?=[\s,/-]*(?:bands?|filters?|images?|mags?|magnitudes?|and|[=><~|:(]|$))"
    r"|(?<![A-Za-z0-9])[ugrizyUBVRIJHK]'"
    r"|\b(?:white|clear|open|unfiltered|[Ff]ilterless|G-?band|F\d{3}[WMN])\b"
    r"|\b(?:[A-Za-z]'?[-_]?band|[a-zA-Z]'?[- ]filters?|infrared|NIR)\b",
)  # fmt: skip
_SYSTEM = re.compile(
    r"\bAB\b|\bVega\b|\bSDSS|\bSloan|\bPS1|\bPan-?\s?STARRS|\bUSNO|\bGaia|\b2MASS|\bAPASS|\bNOMAD|\bSkyMapper|\bLegacy|\bATLAS|"
    r"\bcatalog|\bcalibrat|photometric system|\brefcat|\bUVOT|\bBreeveld|\bstandard star|\bfield stars?",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:upper limits?|limiting magnitudes?|lim(?:iting)?\.? ?mags?|(?:5|3)?-?\s?sigma limits?|depths? of|down to)\b",
    re.IGNORECASE,
)
_SIGNIFICANCE = re.compile(
    r"sigma|σ|\d\s?s\b(?= (?:limit|upper))|% ?(?:C\.?L|conf|cred|level)|confidence|credib|S/N|SNR|signal[- ]to[- ]noise",
    re.IGNORECASE,
)
_FRAME = re.compile(r"J\s?2000|\(2000|ICRS|FK5|B1950|[Ee]quinox|\b[Ee]poch\b|Dec\.?\s?2000")
_COORDINATE = re.compile(r"\bR\.?A\.?\b[^a-zA-Z]{0,12}[\d]|\bR\.?A\.?[\s,/]+[Dd]ec[^a-zA-Z]{0,14}\d")
_QUANTITY = re.compile(
    r"\b(?P<what>(?:error|uncertainty|search|positional)\s+(?:circle\s+|region\s+)?radius|"
    r"radius|uncertainty|fluence|(?:peak |energy )?flux|"
    r"luminosity|distance|exposure time|duration)"
    rf"\s+(?:of|is|was|=|~|about|around|approximately)\s+(?:about\s+|approximately\s+)?(?P<value>{_NUMBER}"
    r"(?:\s*\([^)]{1,30}\))?(?:\s*[x*]\s*10\^?\(?[+-]?\d+\)?|[eE][+-]?\d+)?)(?P<rest>.{0,28})"
)
_UNIT = re.compile(
    r"^[\s(]*(?:(?:and|or|to|-|x|,)\s*~?\s?[\d.x]+(?:e[+-]?\d+)?[\s(]*)*(?:[x*]\s*10|\+|[-(]\d|±|"
    r"(?:milli|micro|mega|kilo)?-?(?:arc\s?-?(?:min|sec)|deg|sq|square|['\"°]|erg|ph|count|ct|m?Jy|[kMGT]?eV|[kMG]?pc|s\b|sec|min|h\b|hr|hour|d\b|day|"
    r"k?s\b|ms\b|mag|light|ly\b|W\b|J\b|cm|km|solar|Crab|%|sigma|percent|x\b|z\b|mas\b|redshift))",
    re.IGNORECASE,
)
_CIRCULAR = re.compile(r"\bGCNs?(?:\s*Circ(?:ular)?s?)?\.?\s*[#:]?\s*(\d{4,6})\b", re.IGNORECASE)
_WHO = re.compile(
    r"(?:\bal\b\.?|[A-Z][\w'’.-]+|[Tt]eams?|[Cc]ollaborations?|\d\)?\]?|[)\]])[\s,;:.]*(?:and|&|in|see|,|;|\(|\[|e\.g\.)?\s*[(\[]?\s*$"
)
_DUST = re.compile(r"extinction|redden|dust|E\(B-V\)|\bA_?V\b", re.IGNORECASE)


def _scale(circular: Circular) -> Found:
    sentences = circular.sentences
    anywhere = bool(_SCALE.search(circular.body))
    for i, sentence in enumerate(sentences):
        clock = _CLOCK.search(sentence.text)
        if clock is None or _PLACE.search(sentence.text) or (sentence.is_row and anywhere):
            continue
        if not any(_SCALE.search(near.text) for near in sentences[max(0, i - 1) : i + 2]):
            yield sentence.line, f"the time {clock[0]} has no scale: write UT or UTC"


def _magnitudes(sentence: Sentence) -> list[float]:
    """Numbers that are magnitudes, not differences of magnitudes."""
    found = [m["after"] or m["before"] for m in _MAGNITUDE.finditer(sentence.text)]
    values = [float(re.findall(r"\d+(?:\.\d+)?", text)[0]) for text in found]
    return [value for value in values if _BRIGHTEST <= value <= _FAINTEST]


def _band(circular: Circular) -> Found:
    sentences = circular.sentences
    for i, sentence in enumerate(sentences):
        near = [s.text for s in sentences[max(0, i - 2) : i + 1]]
        if _magnitudes(sentence) and not sentence.is_row and not any(_BAND.search(text) for text in near):
            yield sentence.line, f"the magnitude {_magnitudes(sentence)[0]:g} has no band: write r = 19.64 +/- 0.05 mag"


def _system(circular: Circular) -> Found:
    first = next((s for s in circular.sentences if _magnitudes(s)), None)
    if first and not _SYSTEM.search(circular.body):
        yield first.line, "magnitudes have no system: say AB or Vega, or the catalogue that they are calibrated with"


def _significance(circular: Circular) -> Found:
    limits = [s for s in circular.sentences if _LIMIT.search(s.text) and _magnitudes(s)]
    if limits and not _SIGNIFICANCE.search(circular.body):
        yield limits[0].line, "a limit has no significance: say 3-sigma, or the level of confidence"


def _dust(circular: Circular) -> Found:
    first = next((s for s in circular.sentences if _magnitudes(s)), None)
    if first and not _DUST.search(circular.body):
        yield first.line, "nothing says whether magnitudes are corrected for Galactic extinction"


def _frame(circular: Circular) -> Found:
    first = next((s for s in circular.sentences if _COORDINATE.search(s.text)), None)
    if first and not _FRAME.search(circular.body):
        yield first.line, "a position has no frame: write J2000 or ICRS"


def _unit(circular: Circular) -> Found:
    for sentence in circular.sentences:
        for found in _QUANTITY.finditer(sentence.text):
            if not sentence.is_row and not _UNIT.match(found["rest"]):
                yield sentence.line, f"the {found['what']} of {found['value'].strip()} has no unit"


def _reference(circular: Circular) -> Found:
    for sentence in circular.sentences:
        for found in _CIRCULAR.finditer(sentence.text):
            if not _WHO.search(sentence.text[: found.start()]) and found.start():
                yield (
                    sentence.line,
                    f"circular {found[1]} is cited without its authors: write A. Author et al., GCN Circ. {found[1]}",
                )


def _later(circular: Circular) -> Found:
    if circular.number is None:
        return
    for sentence in circular.sentences:
        for found in _CIRCULAR.finditer(sentence.text):
            if int(found[1]) >= circular.number:
                yield (
                    sentence.line,
                    f"circular {found[1]} is cited, which is not older than this one ({circular.number})",
                )


CONTENT_RULES = (
    Rule("time-scale", "warning", _scale),
    Rule("band-missing", "warning", _band),
    Rule("magnitude-system", "warning", _system),
    Rule("limit-significance", "warning", _significance),
    Rule("extinction-unsaid", "info", _dust),
    Rule("position-frame", "warning", _frame),
    Rule("unit-missing", "warning", _unit),
    Rule("reference-authors", "info", _reference),
    Rule("reference-later", "warning", _later),
)
