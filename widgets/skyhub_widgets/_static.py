"""What a widget leaves in a report: plain HTML that needs neither a kernel nor JavaScript."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["StaticHtml", "data_url", "download_link", "html_table", "text_of"]

MISSING = "—"


@dataclass(frozen=True)
class StaticHtml:
    """A piece of HTML that shows itself in notebooks and reports."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.html


def text_of(value: object, digits: int | None = None) -> str:
    """A value as text: numbers with ``digits`` decimals, missing ones as an em dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and digits is not None:
        return f"{value:.{digits}f}"
    return str(value)


def data_url(media: str, content: bytes) -> str:
    """Bytes of a media type as the address of themselves."""
    return f"data:{media};base64,{b64encode(content).decode()}"


def download_link(name: str, media: str, content: bytes, label: str) -> str:
    """A link that saves bytes as a file of a name."""
    return f'<a href="{data_url(media, content)}" download="{escape(name)}">{escape(label)}</a>'


def html_table(head: Sequence[str], rows: Iterable[Sequence[str | StaticHtml]], caption: str = "") -> str:
    """An HTML table, without a head if no column has a name; every text is escaped, HTML stays."""
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{_inner(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    top = f"<thead><tr>{cells}</tr></thead>" if any(head) else ""
    return f"<table>{title}{top}<tbody>{body}</tbody></table>"


def _inner(cell: str | StaticHtml) -> str:
    return cell.html if isinstance(cell, StaticHtml) else escape(cell)
