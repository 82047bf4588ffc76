"""What stands around the content of a page: title, lines below it, footer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Labels"]


@dataclass(frozen=True)
class Labels:
    """Title and footer of a document.

    Parameters
    ----------
    title
        What it is called.
    about
        Pairs of a name and a value, below the title.
    footer
        What stands on every page beside its number.
    checksum
        What stands below the footer, such as a SHA-256.
    made_at
        The time in the file (with its zone); none for none.
    """

    title: str
    about: tuple[tuple[str, str], ...] = ()
    footer: str = ""
    checksum: str = ""
    made_at: datetime | None = None
