"""Running the live filters over alerts as they come."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.candidates._filter_book import known_filters
from skyhub.candidates._filters import Filter
from skyhub.candidates._judge import judge, met_by
from skyhub.candidates._owners import Owners, OwnersBook, owner_name
from skyhub.candidates._results import Judged, Results, results_of
from skyhub.db import ADMINISTRATOR, Database, Stale, Transaction
from skyhub.errors import InvalidInput

__all__ = ["judged", "live_filters", "owners_of_filters", "results_of_conditions"]

_log = logging.getLogger(__name__)
_LIVE = """
    SELECT f.* FROM filters AS f JOIN (
        SELECT * FROM filter_states QUALIFY row_number() OVER (PARTITION BY filter_id ORDER BY filter_state_id DESC) = 1
    ) AS s USING (filter_id, version) WHERE s.active ORDER BY filter_id
"""


def live_filters(transaction: Transaction) -> list[Filter]:
    """The version of each filter that is live."""
    return [Filter.of_row(row) for row in transaction.rows(_LIVE)]


def owners_of_filters(db: Database) -> Owners:
    """The rights of those whose live filters save what passes, as they are now."""
    live = [row for known in known_filters(db, ADMINISTRATOR).values() if (row := known.live_at())]
    return db.part(OwnersBook).of(map(Filter.of_row, live))


def results_of_conditions(transaction: Transaction, db: Database, alerts: pa.Table, owners: Owners) -> Results:
    """What follows from what the live filters in SQL make of new alerts.

    Raises
    ------
    Stale
        If one of them saves for an owner whose rights were not looked up.
    """
    live = [version for version in live_filters(transaction) if version.language == "sql"]
    if any(version.autosave and owner_name(version) not in owners for version in live):
        raise Stale
    met = met_by(live, alerts)
    return results_of(
        transaction, db, [judged(db, version, alerts, met.get(version.filter_id)) for version in live], owners
    )


def judged(db: Database, version: Filter, alerts: pa.Table, met: NDArray[np.bool_] | None = None) -> Judged:
    """What a version makes of alerts; one that fails lets none through, and holds up neither them nor other filters."""
    try:
        return Judged(version, alerts, judge(db, version, alerts, met))
    except InvalidInput as error:
        _log.error("no candidates of %d alerts: %s", len(alerts), error)
        return Judged(version, alerts, error.message)
