"""Rules about the form of a circular: plain text that everybody can read, of one page, without remains of a mail."""

from __future__ import annotations

import re
import textwrap
import unicodedata

from skyhub.circulars._circular import Circular
from skyhub.circulars._rule import Found, Rule

__all__ = ["COLUMNS", "FORM_RULES"]

COLUMNS = 80
_MOST_LINES = 60
_FIRST_CHARACTERS = 3000
_LATEX = re.compile(r"\\[a-zA-Z]{2,}|[\^_]\{|\$[^$\n]{0,60}[\\^_][^$\n]{0,60}\$")
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|b|i|a|sub|sup|table|tr|td|font)\b[^>]*>|&(?:nbsp|amp|lt|gt|plusmn|#\d+);", re.IGNORECASE
)
_ADDRESS = re.compile(r"^\s*(?:\w+:?\s+)?<?[\w.+-]+@[\w-]+(?:\.[\w-]+)+>?\s*$")
_CLOSING = re.compile(
    r"^\s*(?:(?:best|kind|warm)\s+(?:regards|wishes)|regards|cheers|sincerely)\s*[,.]?\s*$|^-- $", re.IGNORECASE
)
_QUOTED = re.compile(r"^>+ +[A-Za-z]|^On .{8,80} wrote:\s*$|^-+ ?Original Message ?-+", re.IGNORECASE)
_HEADER = re.compile(r"^\s*(?:subject|from|to|date|number|title)\s*:", re.IGNORECASE)
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)")
_AUTHORS = re.compile(r"\breport(?:s|ed|ing)?\b|\bon behalf\b|\bwrites?\b|\bcommunicates?\b", re.IGNORECASE)
_NAMES = re.compile(
    r"(?:[A-Z][a-z]?\.[ -]?)+ ?[^\W\d_][\w'’-]+|[A-Z][\w'-]+ (?:[A-Z]\. ?)*[A-Z][\w'-]+ ?(?:,|\(|and\b)"
)
"""How a list of authors begins: initials and a surname, or a name and what follows it in a list."""


def _empty(circular: Circular) -> Found:
    if not circular.body.strip():
        yield 1, "there is no text below the subject"


def _long(circular: Circular) -> Found:
    lines = [part for line in circular.body.splitlines() if line.strip() for part in textwrap.wrap(line, COLUMNS)]
    if len(lines) > _MOST_LINES:
        yield 1, f"the text fills {len(lines)} lines of {COLUMNS} columns: at most {_MOST_LINES} are wanted"


def _wide(circular: Circular) -> Found:
    wide = [number for number, line in enumerate(circular.body.splitlines(), 1) if len(line) > COLUMNS]
    if wide:
        yield wide[0], f"lines longer than {COLUMNS} columns: {len(wide)}; they are folded where it does not suit"


def _tabs(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if "\t" in line:
            yield number, "there is a tabulator: columns stand where they should with blanks alone"
            return


def _latex(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if found := _LATEX.search(line):
            yield number, f"{found[0]!r} is LaTeX: it is shown as it stands, so write it as text"


def _markup(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if found := _MARKUP.search(line):
            yield number, f"{found[0]!r} is HTML: it is shown as it stands, so write it as text"


def _damaged(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if "\ufffd" in line:
            yield number, "a character was lost in this line (it shows as a question mark)"


def _control(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if any(unicodedata.category(c) == "Cc" and c != "\t" for c in line):
            yield number, "there is a control character in this line"


def _beyond_ascii(circular: Circular) -> Found:
    odd = dict.fromkeys(c for c in circular.subject + circular.body if ord(c) > 127 and c != "\ufffd")
    if odd:
        line = next((i for i, one in enumerate(circular.body.splitlines(), 1) if any(c in odd for c in one)), 0)
        yield line, f"characters that are not ASCII ({' '.join(map(ascii, odd))}): some readers of circulars lose them"


def _signature(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if found := _ADDRESS.match(line) or _CLOSING.match(line):
            yield number, f"{found[0].strip()!r} is part of a mail: GCN names the submitter by itself"


def _quoted(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if _QUOTED.match(line):
            yield number, "this line quotes a mail: refer to a circular by its number instead"
            return


def _conflict(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines(), 1):
        if _CONFLICT.match(line):
            yield (
                number,
                f"{line.strip()!r} marks two texts of which one is to be chosen: take the other one and the marks out",
            )


def _header(circular: Circular) -> Found:
    for number, line in enumerate(circular.body.splitlines()[:5], 1):
        if found := _HEADER.match(line):
            yield number, f"{found[0].strip()!r} begins a header, in the text: headers come above the first empty line"
            return


def _authors(circular: Circular) -> Found:
    if circular.body.strip() and not (_report(circular) or _NAMES.match(circular.body.lstrip())):
        yield 1, "nothing says who reports: begin with 'A. Author (Institute), B. Author (Institute) report:'"


def _verb(circular: Circular) -> Found:
    if not _report(circular) and _NAMES.match(circular.body.lstrip()):
        yield 1, "the list of authors runs into the text: end it with 'report:'"


def _report(circular: Circular) -> bool:
    return _AUTHORS.search(circular.body[:_FIRST_CHARACTERS]) is not None


FORM_RULES = (
    Rule("body-empty", "error", _empty),
    Rule("body-long", "warning", _long),
    Rule("line-long", "info", _wide),
    Rule("tabulator", "warning", _tabs),
    Rule("latex", "warning", _latex),
    Rule("markup", "warning", _markup),
    Rule("damaged", "warning", _damaged),
    Rule("control-character", "error", _control),
    Rule("not-ascii", "info", _beyond_ascii),
    Rule("signature", "warning", _signature),
    Rule("quoted-mail", "warning", _quoted),
    Rule("conflict", "error", _conflict),
    Rule("header-in-text", "warning", _header),
    Rule("authors-missing", "warning", _authors),
    Rule("authors-verb", "info", _verb),
)
