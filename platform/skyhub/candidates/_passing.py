"""Running the live filters over alerts as they come."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.candidates._filters import Filter, seen_by_filters
from skyhub.candidates._nights import NightBook
from skyhub.db import Database, Transaction
from skyhub.errors import InvalidInput

__all__ = ["candidate_rows", "live_filters"]

_log = logging.getLogger(__name__)
_LIVE = """
    SELECT f.* FROM filters AS f JOIN (
        SELECT * FROM filter_states QUALIFY row_number() OVER (PARTITION BY filter_id ORDER BY filter_state_id DESC) = 1
    ) AS s USING (filter_id, version) WHERE s.active ORDER BY filter_id
"""
_COPIED = ("candid", "object_id", "survey", "dayobs", "mjd", "ra", "dec", "filter", "mag", "rb", "drb", "n_detections")


def live_filters(transaction: Transaction) -> list[Filter]:
    """The version of each filter that is live."""
    return [Filter.of_row(row) for row in transaction.rows(_LIVE)]


def candidate_rows(
    transaction: Transaction, db: Database, filters: list[Filter], alerts: pa.Table
) -> list[dict[str, Any]]:
    """Rows of ``candidates``: each alert that passes a filter, for the filter's group and the alert's streams."""
    rows: list[dict[str, Any]] = []
    seen = seen_by_filters(alerts)
    for candidate_filter in filters:
        passed = np.flatnonzero(_passes(candidate_filter, seen))
        groups = [] if candidate_filter.group_id is None else [candidate_filter.group_id]
        for row in alerts.select([*_COPIED, "acl"]).take(passed).to_pylist():
            _, streams = db.access.members(row["acl"])
            rows.append(
                {
                    **row,
                    "filter_id": candidate_filter.filter_id,
                    "filter_version": candidate_filter.version,
                    "acl": transaction.acl(groups, sorted(streams)),
                }
            )
    db.part(NightBook).added(transaction, {row["dayobs"] for row in rows})
    first = transaction.next_id("candidates", "candidate_id", len(rows))
    return [{**row, "candidate_id": first + n} for n, row in enumerate(rows)]


def _passes(candidate_filter: Filter, alerts: pa.Table) -> NDArray[np.bool_]:
    """A filter that fails on these alerts lets none of them through, and holds up neither them nor other filters."""
    try:
        of_survey = np.array([survey == candidate_filter.survey for survey in alerts["survey"].to_pylist()], dtype=bool)
        passed: NDArray[np.bool_] = candidate_filter.passes(alerts) & of_survey
        return passed
    except InvalidInput as error:
        _log.error("no candidates of %d alerts: %s", len(alerts), error)
        return np.zeros(len(alerts), dtype=bool)
