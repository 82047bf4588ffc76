"""What becomes of alerts that passed filters: candidates, annotations, sources; and of what could not be computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from skyhub.candidates._annotating import plan_annotations, write_annotations
from skyhub.candidates._autosave import Saved, plan_saves, write_saves
from skyhub.candidates._faults import failure_row, fault_rows, write_faults
from skyhub.candidates._filters import Filter
from skyhub.candidates._nights import NightBook
from skyhub.candidates._owners import Owners
from skyhub.candidates._verdicts import Verdicts
from skyhub.db import Database, Transaction

__all__ = ["Judged", "Results", "results_of"]

_COPIED = ("candid", "object_id", "survey", "dayobs", "mjd", "ra", "dec", "filter", "mag", "rb", "drb", "n_detections")


class Judged(NamedTuple):
    """What a version makes of some alerts, or why it failed on all of them."""

    version: Filter
    alerts: pa.Table
    """Rows of ``alerts`` with their context."""
    verdicts: Verdicts | str


@dataclass(frozen=True)
class Results:
    """All that follows from what filters make of alerts, to be written in one transaction."""

    candidates: list[dict[str, Any]]
    _annotations: list[dict[str, Any]]
    _saves: list[Saved]
    _faults: list[dict[str, Any]]

    def write(self, transaction: Transaction, db: Database) -> None:
        """Write it."""
        transaction.insert("candidates", self.candidates)
        for (acl, dayobs), count in sorted(Counter((row["acl"], row["dayobs"]) for row in self.candidates).items()):
            transaction.announce("candidates", {"dayobs": dayobs.isoformat(), "count": count}, acl)
        db.part(NightBook).added(transaction, {row["dayobs"] for row in self.candidates})
        write_annotations(transaction, self._annotations)
        write_saves(transaction, db, self._saves)
        write_faults(transaction, self._faults)


def results_of(transaction: Transaction, db: Database, judged: Sequence[Judged], owners: Owners) -> Results:
    """What follows from what filters make of alerts; reads, and writes nothing yet.

    Parameters
    ----------
    transaction, db
        In the writer's thread, before the first insert.
    judged
        What versions make of alerts.
    owners
        The rights of their owners.
    """
    passed: list[tuple[Filter, dict[str, Any], dict[str, Any]]] = []
    faults: list[dict[str, Any]] = []
    for version, alerts, verdicts in judged:
        if isinstance(verdicts, str):
            faults.append(failure_row(transaction, db, version, alerts, verdicts))
            continue
        rows = _candidates(transaction, db, version, alerts, verdicts)
        passed += [(version, *pair) for pair in zip(rows, verdicts.annotations, strict=True)]
        faults += fault_rows(transaction, db, version, alerts, verdicts.faults)
    first = transaction.next_id("candidates", "candidate_id", len(passed))
    candidates = [{**row, "candidate_id": first + n} for n, (_, row, _) in enumerate(passed)]
    return Results(
        candidates,
        plan_annotations(transaction, passed),
        plan_saves(transaction, db, ((version, row) for version, row, _ in passed), owners),
        faults,
    )


def _candidates(
    transaction: Transaction, db: Database, version: Filter, alerts: pa.Table, verdicts: Verdicts
) -> list[dict[str, Any]]:
    """Rows of ``candidates`` without their numbers: for the filter's group and each alert's streams."""
    groups = [] if version.group_id is None else [version.group_id]
    about = {"filter_id": version.filter_id, "filter_version": version.version}
    rows = alerts.select([*_COPIED, "acl"]).take(np.flatnonzero(verdicts.passed)).to_pylist()
    return [{**row, **about, "acl": transaction.acl(groups, sorted(db.access.members(row["acl"])[1]))} for row in rows]
