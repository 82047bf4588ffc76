"""Having a PDF made: by a process that is confined, one at a time, within bounds of size, time and memory."""

from __future__ import annotations

import atexit
import threading
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal

from skyhub.confined import Keeper, Message, converse
from skyhub.errors import InvalidInput, Unavailable
from skyhub.paper._labels import Labels

__all__ = ["MOST_BYTES", "pdf_of_notebook", "pdf_of_text"]

MOST_BYTES = 64 * 2**20
"""The largest document of which a PDF is made (bytes)."""

_LARGEST_PDF = 256 * 2**20
_SECONDS, _MEMORY_MB = 60.0, 2048
_turn = threading.Semaphore(1)


@cache
def _keeper() -> Keeper:
    limits = {"seconds": _SECONDS, "memory_mb": _MEMORY_MB}
    keeper = Keeper("skyhub.paper._worker", {}, lambda: limits, "PDF", ready=0)
    atexit.register(keeper.close)
    return keeper


def pdf_of_notebook(content: bytes, labels: Labels) -> bytes:
    """The Markdown and the outputs of an executed notebook as PDF, on A4.

    Parameters
    ----------
    content
        The notebook's file (format 4).
    labels
        Title, what stands below it, and the footer.

    Raises
    ------
    InvalidInput
        If it is too large, or no notebook.
    Unavailable
        If it takes too long, or there is no typst here.
    """
    return _made("notebook", content, labels)


def pdf_of_text(text: str, labels: Labels, form: Literal["text", "markdown"] = "text") -> bytes:
    """A text as PDF, its lines as they stand or as Markdown; it raises what `pdf_of_notebook` does."""
    return _made(form, text.encode(), labels)


def _made(form: str, content: bytes, labels: Labels) -> bytes:
    if len(content) > MOST_BYTES:
        raise InvalidInput(
            f"{labels.title} has {len(content):,} bytes: a PDF is made of at most {MOST_BYTES:,}. Ask for fewer rows or images.",
            labels.title,
        )
    if find_spec("typst") is None:
        raise Unavailable("a PDF is made by typst, which is not installed here: pip install typst.")
    header: dict[str, Any] = {
        "form": form,
        "labels": {**asdict(labels), "made_at": labels.made_at and labels.made_at.isoformat()},
    }
    with _turn:
        answer = converse(_keeper(), header, content, _SECONDS, _LARGEST_PDF)
    if isinstance(answer, Message) and answer.header.get("kind") == "done":
        return answer.payload
    if isinstance(answer, Message):
        raise InvalidInput(f"no PDF can be made of {labels.title}: {answer.header.get('why')}.", labels.title)
    raise Unavailable(f"no PDF was made of {labels.title}: {answer}. Ask for fewer rows or images.")
