"""Rules about the subject of a circular: GCN takes none without a word it knows, and files it under the event it names."""

from __future__ import annotations

import re

from skyhub.circulars._circular import Circular
from skyhub.circulars._names import Name, names_in
from skyhub.circulars._rule import Found, Rule

__all__ = ["SUBJECT_RULES"]

_KEYWORDS = (
    "AGILE", "ALMA", "AMON", "ANTARES", "AXP", "Baksan Neutrino Observatory Alert", "CALET", "Chandra", "EP", "Fermi",
    "FXT", "GRANDMA", "GRB", "GW", "HAWC", "HST", "IBAS", "IceCube", "INTEGRAL", "IPN", "JCMT", "KAGRA", "KamLAND",
    "KONUS", "LIGO", "LOFAR", "LVC", "LVK", "LXT", "MAGIC", "MASTER", "MAXI", "NuEM", "Pan-STARRS", "POLAR", "RATIR",
    "SDSS", "SFXT", "SGR", "Super-Kamiokande", "Suzaku", "Swift", "transient", "VLA", "VLBI", "XRB", "XRF", "XRT",
    "XTR", "Virgo", "ZTF",
)  # fmt: skip
"""Words of which GCN wants one in a subject, in capitals or not."""
_REPLY = re.compile(
    r"^\s*(re|fwd?|aw|wg|tr|r|ris|subject|title)\s*:"
    r"|\b(auto(matic)?[ -]?reply|out of (the )?office|delivery failure|returned mail)\b",
    re.IGNORECASE,
)
_LONGEST = 120
"""Characters; longer subjects are cut in lists."""
_EVENTS = ("burst", "gravitational wave", "neutrino", "magnetar", "radio burst")


def _missing(circular: Circular) -> Found:
    if not circular.subject.strip():
        yield 0, "there is no subject: begin a text with a line such as 'SUBJECT: GRB 230812B: optical observations'"


def _keyword(circular: Circular) -> Found:
    subject = circular.subject.lower()
    if subject.strip() and not any(word.lower() in subject for word in _KEYWORDS):
        yield 0, "the subject has none of the words that GCN wants: name the event, or begin with 'transient'"


def _reply(circular: Circular) -> Found:
    if found := _REPLY.search(circular.subject):
        yield 0, f"the subject looks like a reply or a header ({found[0].strip()!r}): begin with the event"


def _unnamed(circular: Circular) -> Found:
    if circular.subject.strip() and not names_in(circular.subject):
        yield 0, "the subject names no event: give it as 'GRB 230812B', 'S230917af', 'IceCube-230914A' or 'AT 2023sva'"


def _many(circular: Circular) -> Found:
    events = [name for name in names_in(circular.subject) if name.kind in _EVENTS]
    for kind in dict.fromkeys(name.kind for name in events):
        alike = _distinct([name for name in events if name.kind == kind])
        if len(alike) > 1:
            yield 0, f"the subject names {', '.join(alike)}: one circular is about one event"
            return


def _distinct(names: list[Name]) -> list[str]:
    """Names that are not another's beginning, and of bursts those of one catalogue."""
    written = [name.name for name in names]
    catalogue = written[0][:2] if written else ""
    return [a for a in written if a.startswith(catalogue) and not any(b != a and b.startswith(a) for b in written)]


def _long(circular: Circular) -> Found:
    if (length := len(circular.subject)) > _LONGEST:
        yield 0, f"the subject has {length} characters: at most {_LONGEST} are read in lists"


def _spaces(circular: Circular) -> Found:
    if circular.subject != " ".join(circular.subject.split()):
        yield 0, "the subject has white space at an end, or twice"


SUBJECT_RULES = (
    Rule("subject-missing", "error", _missing),
    Rule("subject-keyword", "error", _keyword),
    Rule("subject-reply", "error", _reply),
    Rule("subject-unnamed", "warning", _unnamed),
    Rule("subject-events", "warning", _many),
    Rule("subject-long", "warning", _long),
    Rule("subject-spaces", "info", _spaces),
)
