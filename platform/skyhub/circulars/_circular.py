"""A circular: read from JSON as GCN serves it, or from text with the headers of an e-mail."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from skyhub.circulars._sentences import Sentence, sentences_of
from skyhub.errors import InvalidInput

__all__ = ["MOST_BYTES", "Circular", "read_circular", "read_circular_file"]

MOST_BYTES = 1_000_000
"""A longer file is no circular."""

_HEADER = re.compile(r"^(TITLE|NUMBER|SUBJECT|DATE|FROM):[ \t]*(.*)$", re.IGNORECASE)
_DATES = ("%y/%m/%d %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Circular:
    """A circular as it was sent, or a draft of one (without a number)."""

    subject: str
    body: str
    number: int | None = None
    event: str | None = None
    """The event that the archive names."""
    submitter: str = ""
    created_at: datetime | None = None
    """UTC."""
    subject_line: int = 0
    """The line of the file that has the subject; 0 in JSON."""
    first_line: int = 1
    """The line of the file in which the body begins; 1 in JSON, where lines are those of the body."""

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The sentences and rows of the body."""
        return sentences_of(self.body)


def read_circular_file(path: Path) -> Circular:
    """Read a circular from a file. Raises `InvalidInput` as `read_circular` does, or if it cannot be opened."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(f"{path} has more than {MOST_BYTES} bytes: this is no circular.", str(path))
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", str(path)) from error
    return read_circular(content, str(path))


def read_circular(content: bytes, where: str = "circular") -> Circular:
    """Read a circular.

    Parameters
    ----------
    content
        JSON with ``subject`` and ``body`` as GCN serves it, or text: headers such as ``SUBJECT:``, an empty line, the body.
    where
        What to call it in errors.

    Raises
    ------
    InvalidInput
        If it is empty, too long, no text, or JSON of something else.
    """
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"{where} has more than {MOST_BYTES} bytes: this is no circular.", where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{where} is no text in UTF-8: give a circular as JSON or text.", where) from None
    if not text.strip():
        raise InvalidInput(f"{where} is empty: give a circular as JSON or text.", where)
    if "\x00" in text:
        raise InvalidInput(f"{where} is binary: give a circular as JSON or text.", where)
    return _from_json(text, where) if text.lstrip().startswith("{") else _from_text(text)


def _from_json(text: str, where: str) -> Circular:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where} begins as JSON and is none: {error}.", where) from None
    if not isinstance(document, dict) or not all(isinstance(document.get(name), str) for name in ("subject", "body")):
        raise InvalidInput(f"{where} has no subject and body: JSON of a circular has both as texts.", where)
    return Circular(
        subject=document["subject"],
        body=document["body"],
        number=_whole(document, "circularId", where),
        event=_text(document, "eventId", where) or None,
        submitter=_text(document, "submitter", where),
        created_at=_created(_whole(document, "createdOn", where), where),
    )


def _text(document: Mapping[str, Any], name: str, where: str) -> str:
    value = document.get(name) or ""
    if not isinstance(value, str):
        raise InvalidInput(f"{where}: {name} is {value!r}: a text is needed.", where)
    return value


def _whole(document: Mapping[str, Any], name: str, where: str) -> int | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(f"{where}: {name} is {str(value)[:40]!r}: a whole number is needed.", where)
    return value


def _created(milliseconds: int | None, where: str) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise InvalidInput(
            f"{where}: createdOn is {milliseconds}: milliseconds since 1970 are needed.", where
        ) from None


def _from_text(text: str) -> Circular:
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.strip())
    headers: dict[str, tuple[int, str]] = {}
    last, at = "", begin
    for at, line in enumerate(lines[begin:], begin):
        if found := _HEADER.match(line):
            last = found[1].upper()
            headers.setdefault(last, (at + 1, found[2].strip()))
        elif last and line[:1] in (" ", "\t") and line.strip():
            headers[last] = (headers[last][0], f"{headers[last][1]} {line.strip()}".strip())
        else:
            break
    else:
        at += 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    subject_line, subject = headers.get("SUBJECT", (0, ""))
    number = headers.get("NUMBER", (0, ""))[1]
    return Circular(
        subject=subject,
        body="\n".join(lines[at:]),
        number=int(number) if number.isascii() and number.isdigit() else None,
        submitter=headers.get("FROM", (0, ""))[1],
        created_at=_date(headers.get("DATE", (0, ""))[1]),
        subject_line=subject_line,
        first_line=at + 1,
    )


def _date(text: str) -> datetime | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
