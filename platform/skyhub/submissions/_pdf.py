"""The PDF of a draft of a circular, as it stands: not kept, as it is a page or two of text."""

from __future__ import annotations

from datetime import datetime

from skyhub.db import Database, Viewer
from skyhub.paper import Labels, pdf_of_text
from skyhub.records import get
from skyhub.submissions._drafts import CIRCULARS

__all__ = ["circular_pdf"]


def circular_pdf(db: Database, viewer: Viewer, circular_id: int, as_of: datetime | None = None) -> bytes:
    """A draft as PDF: subject, text, and how far this version has come.

    Raises
    ------
    NotFound
        If there is no such draft among those that the viewer may see (at a time).
    Unavailable
        If what makes it is not installed, or is too slow.
    """
    draft = get(db, viewer, CIRCULARS, circular_id, as_of=as_of)
    signed = [("Reviewed by", ", ".join(draft["reviewed_by"])), ("Approved by", draft["approved_by"] or "")]
    about = [
        ("Event", draft["event"] or ""),
        ("State", draft["state"]),
        *signed,
        ("Made of run", draft["report_id"] or ""),
    ]
    number = f" · GCN Circ. {draft['number']}" if draft["number"] else ""
    labels = Labels(
        title=draft["subject"] or draft["name"],
        about=tuple((name, value) for name, value in about if value),
        footer=f"circular {draft['circular_id']}, version {draft['version']} by {draft['edited_by']}, {draft['known_at']}{number}",
        checksum=f"SHA-256 of subject, text and format: {draft['digest']}",
        made_at=datetime.fromisoformat(draft["known_at"]),
    )
    return pdf_of_text(draft["body"], labels, "markdown" if draft["format"] == "text/markdown" else "text")
