"""What a version of a filter, in whichever language, makes of rows of alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.candidates._conditions import conditions_met, judge_condition
from skyhub.candidates._filters import Filter, seen_by_filters
from skyhub.candidates._functions import judge_function
from skyhub.candidates._verdicts import Fault, Verdicts
from skyhub.db import Database

__all__ = ["judge", "met_by"]


def met_by(versions: Sequence[Filter], alerts: pa.Table) -> dict[int, NDArray[np.bool_]]:
    """Which alerts of its survey pass each filter in SQL, by its number, as far as one statement for all filters of a survey tells.

    Parameters
    ----------
    versions
        Filters in SQL.
    alerts
        Whole rows of ``alerts`` with their context.
    """
    by_survey: dict[str, list[Filter]] = defaultdict(list)
    for version in versions:
        by_survey[version.survey].append(version)
    met: dict[int, NDArray[np.bool_]] = {}
    for survey, members in by_survey.items():
        chosen = alerts.take(_places(alerts, survey))
        found = zip(members, conditions_met(members, seen_by_filters(chosen)), strict=True)
        met |= {version.filter_id: passed for version, passed in found if passed is not None}
    return met


def judge(db: Database, version: Filter, alerts: pa.Table, met: NDArray[np.bool_] | None = None) -> Verdicts:
    """What a version makes of alerts; those of other surveys do not pass.

    Parameters
    ----------
    db
        The database, from which a function in Python gets the points that were known then: not in the writer's thread.
    version
        The version.
    alerts
        Whole rows of ``alerts`` with their context.
    met
        Which of those of its survey pass, if `met_by` has found that already.

    Raises
    ------
    InvalidInput
        If it fails on all of them.
    """
    places = _places(alerts, version.survey)
    chosen = alerts if len(places) == len(alerts) else alerts.take(places)
    if version.language == "python":
        found = judge_function(db, version, chosen)
    else:
        found = judge_condition(version, seen_by_filters(chosen), met)
    passed = np.zeros(len(alerts), dtype=bool)
    passed[places] = found.passed
    return Verdicts(passed, found.annotations, [Fault(int(places[f.place]), f.reason) for f in found.faults])


def _places(alerts: pa.Table, survey: str) -> NDArray[np.intp]:
    return np.flatnonzero(pc.equal(alerts["survey"], survey))
