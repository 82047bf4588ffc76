"""Types of the outputs in which a notebook keeps facts and text with its run."""

from __future__ import annotations

__all__ = ["FACTS_MIME", "TEXT_MIME"]

FACTS_MIME = "application/vnd.skyhub.facts+json"
TEXT_MIME = "application/vnd.skyhub.text+json"
