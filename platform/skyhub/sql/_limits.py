"""What one statement of a user may use."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """What a statement may use."""

    seconds: float = 30.0
    rows: int = 1_000_000
    answer_mb: int = 256
    """Size of the answer (MB); what is beyond it, or beyond the number of rows, is left out."""
    memory_mb: int = 1000
    """For the engine's own use; the whole process may have twice as much."""
    threads: int = 2
