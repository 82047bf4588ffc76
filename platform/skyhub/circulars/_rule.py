"""What a rule about circulars is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from skyhub.circulars._circular import Circular

__all__ = ["Check", "Finding", "Found", "Rule", "Severity"]

Severity = Literal["error", "warning", "info"]
Found = Iterator[tuple[int, str]]
"""Lines (of the body from 1; 0 for the subject) and what is wrong there."""
Check = Callable[[Circular], Found]


@dataclass(frozen=True)
class Rule:
    """A rule: its name, how much it matters, and what looks for what breaks it."""

    name: str
    severity: Severity
    check: Check


@dataclass(frozen=True)
class Finding:
    """What breaks a rule, with the line of the file (of the body if the file is JSON)."""

    rule: str
    severity: Severity
    line: int
    message: str
