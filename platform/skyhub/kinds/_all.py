"""The list of all kinds: the interface, SQL and the client know a kind from here."""

from __future__ import annotations

from typing import Any

from skyhub import (
    analyses,
    attachments,
    candidates,
    catalogs,
    classification,
    default_plans,
    discovery,
    events,
    facilities,
    followup,
    localizations,
    notes,
    notify,
    photometry,
    planning,
    published,
    requests,
    schedules,
    search,
    sources,
    spectra,
    submissions,
)
from skyhub.errors import NotFound
from skyhub.records import Kind

__all__ = ["KINDS", "kind_of"]

KINDS: tuple[Kind[Any], ...] = (
    *attachments.KINDS,
    *catalogs.KINDS,
    *facilities.KINDS,
    *photometry.KINDS,
    *spectra.KINDS,
    *followup.KINDS,
    *localizations.KINDS,
    *events.KINDS,
    *planning.KINDS,
    *notes.KINDS,
    *analyses.KINDS,
    *classification.KINDS,
    *candidates.KINDS,
    *sources.KINDS,
    *search.KINDS,
    *notify.KINDS,
    *discovery.KINDS,
    *submissions.KINDS,
    *published.KINDS,
    *schedules.KINDS,
    *default_plans.KINDS,
    *requests.KINDS,
)
"""All kinds, capability by capability."""


def kind_of(table: str) -> Kind[Any]:
    """The kind whose records are in a table. Raises `NotFound` if there is none."""
    for kind in KINDS:
        if kind.table == table:
            return kind
    raise NotFound(f"there is no kind of record {table!r}: {', '.join(k.table for k in KINDS)} are known.", table)
