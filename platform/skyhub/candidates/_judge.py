"""What a version of a filter, in whichever language, makes of rows of alerts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.candidates._conditions import judge_condition
from skyhub.candidates._filters import Filter, seen_by_filters
from skyhub.candidates._functions import judge_function
from skyhub.candidates._verdicts import Fault, Verdicts
from skyhub.db import Database

__all__ = ["judge"]


def judge(db: Database, version: Filter, alerts: pa.Table) -> Verdicts:
    """What a version makes of alerts; those of other surveys do not pass.

    Parameters
    ----------
    db
        The database, from which a function in Python gets the points that were known then: not in the writer's thread.
    version
        The version.
    alerts
        Whole rows of ``alerts`` with their context.

    Raises
    ------
    InvalidInput
        If it fails on all of them.
    """
    places = np.flatnonzero(pc.equal(alerts["survey"], version.survey))
    chosen = alerts if len(places) == len(alerts) else alerts.take(places)
    if version.language == "python":
        found = judge_function(db, version, chosen)
    else:
        found = judge_condition(version, seen_by_filters(chosen))
    passed = np.zeros(len(alerts), dtype=bool)
    passed[places] = found.passed
    return Verdicts(passed, found.annotations, [Fault(int(places[f.place]), f.reason) for f in found.faults])
