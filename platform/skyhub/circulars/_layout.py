"""How the text of a circular is laid out: ASCII, at most 80 columns, tables aligned, who reports, who is cited."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from skyhub.circulars._form_rules import COLUMNS
from skyhub.errors import InvalidInput

__all__ = [
    "Draft",
    "ascii_of",
    "authors_line",
    "cited",
    "counted",
    "days_after",
    "folded",
    "listed",
    "markdown_table",
    "number_word",
    "paragraph",
    "plain",
    "table",
    "with_article",
]

_PLAIN = str.maketrans(
    {
        "±": "+/-",
        "–": "-",
        "—": "-",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "σ": "sigma",
        "°": " deg",
        "µ": "u",
    }
)
_WHOLE = 1000
_ARTICLES = ("the ", "a ", "an ")
_AN = re.compile(r"[AEIOaeio][a-z]{2}|[Uu]n[a-hj-z]|[AEFHILMNORSX](?:[A-Z0-9\s-]|$)")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Draft:
    """The subject and the body of a circular that nobody has sent yet."""

    subject: str
    body: str
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values of further headers."""

    def text(self) -> str:
        """As a text that the linter and a mail take."""
        headers = "".join(f"{name}: {value}\n" for name, value in (("SUBJECT", self.subject), *self.headers))
        return f"{headers}\n{self.body}"


def ascii_of(text: str) -> str:
    """A text in ASCII: accents are left away, signs are written in letters, white space is drawn together.

    Examples
    --------
    >>> ascii_of("L. Kovács: r = 19.6 ± 0.1")
    'L. Kovacs: r = 19.6 +/- 0.1'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN)).encode("ascii", "ignore").decode()
    return " ".join(plain.split())


def paragraph(*sentences: str) -> str:
    """Sentences as one paragraph of at most 80 columns; empty ones are left out."""
    return folded(ascii_of(" ".join(s for s in sentences if s)))


def folded(text: str) -> str:
    """A text in lines of at most 80 columns; words are never broken."""
    return textwrap.fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows in aligned columns below their heads.

    Raises
    ------
    InvalidInput
        If it is wider than 80 columns.
    """
    cells = [[ascii_of(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    ruled = [lines[0], "-" * (sum(widths) + 3 * (len(widths) - 1)), *lines[1:]]
    if len(ruled[1]) > COLUMNS:
        raise InvalidInput(
            f"a table is {len(ruled[1])} columns wide: {COLUMNS} are permitted. Shorten its names, or choose fewer columns.",
            "table",
        )
    return "\n".join(ruled)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows as a table in Markdown, as wide as it needs; a bar within a cell is escaped.

    Examples
    --------
    >>> print(markdown_table(["a", "b"], [["1", "2|3"]]))
    | a | b |
    |---|---|
    | 1 | 2\\|3 |
    """
    cells = [[ascii_of(cell).replace("|", r"\|") for cell in row] for row in (head, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], f"|{'---|' * len(head)}", *lines[1:]])


def authors_line(authors: Sequence[str], collaboration: str = "") -> str:
    """Who reports, as ``A. Author (Institute) and B. Author (Institute) report on behalf of …``.

    Raises
    ------
    InvalidInput
        If there is no author.
    """
    if not authors:
        raise InvalidInput("no author is given: name who reports, as 'A. Author (Institute)'.", "authors")
    article = "" if collaboration.lower().startswith(_ARTICLES) else "the "
    behalf = f" on behalf of {article}{collaboration}" if collaboration else ""
    return paragraph(f"{listed(authors)} {'reports' if len(authors) == 1 and not collaboration else 'report'}{behalf}:")


def cited(references: Sequence[tuple[str, int]]) -> str:
    """Circulars as ``(A. Author et al., GCN Circ. 34386; …)``; nothing if there are none."""
    return f"({'; '.join(f'{author}, GCN Circ. {number}' for author, number in references)})" if references else ""


def counted(number: int, what: str, plural: str = "") -> str:
    """A number with its noun: small ones as words, ``no candidates``, ``one candidate``, ``two spectra``, ``12 candidates``."""
    return f"{number_word(number)} {what if number == 1 else plural or f'{what}s'}"


def number_word(number: int) -> str:
    """A number as it stands in a sentence: small ones as words."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def with_article(noun: str) -> str:
    """A noun after *a* or *an*, by how it is spoken; capitals one by one.

    Examples
    --------
    >>> with_article("dwarf nova"), with_article("SN Ia"), with_article("eclipsing binary")
    ('a dwarf nova', 'an SN Ia', 'an eclipsing binary')
    """
    return f"{'an' if _AN.match(noun) else 'a'} {noun}"


def plain(value: float) -> str:
    """A quantity in four digits, or to the whole from 1000 on.

    Examples
    --------
    >>> plain(665.97), plain(10183.4)
    ('666', '10183')
    """
    return f"{value:.0f}" if abs(value) >= _WHOLE else f"{value:.4g}"


def days_after(t0: datetime, obstime: datetime) -> str:
    """Days from one time to another, in hundredths; less than a day in thousandths, which are a minute and a half.

    Examples
    --------
    >>> t0 = datetime(2023, 8, 5, 11, 23, 51)
    >>> days_after(t0, datetime(2023, 8, 5, 21, 5, 16)), days_after(t0, datetime(2023, 8, 7))
    ('0.404', '1.53')
    """
    days = (obstime - t0) / timedelta(days=1)
    return f"{days:.3f}" if abs(days) < 1 else f"{days:.2f}"


def listed(words: Sequence[str]) -> str:
    """Words as ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
