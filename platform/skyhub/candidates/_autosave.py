"""Saving what passes a filter, at once and once: what somebody has decided on is left to people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from skyhub.candidates._book import DecisionBook, Standing, write_decision
from skyhub.candidates._filters import Filter
from skyhub.candidates._owners import Owners, owner_name, savable_by
from skyhub.db import Database, Transaction

__all__ = ["Saved", "plan_saves", "write_saves"]

_STANDING = """
    SELECT * FROM decisions
    WHERE object_id IN (SELECT unnest(?)) AND verdict != 'undo' AND injection_id IS NULL
        AND decision_id NOT IN (SELECT undoes FROM decisions WHERE undoes IS NOT NULL)
    ORDER BY decision_id
"""
_SAVED = """
    SELECT object_id, group_id, saved_by FROM sources WHERE object_id IN (SELECT unnest(?)) AND injection_id IS NULL
    QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC, known_at DESC) = 1 AND active
"""


class Saved(NamedTuple):
    """An object that is to be saved by a filter."""

    version: Filter
    object_id: str
    groups: list[int]
    streams: list[int]
    before: Standing


def plan_saves(
    transaction: Transaction, db: Database, passed: Iterable[tuple[Filter, dict[str, Any]]], owners: Owners
) -> list[Saved]:
    """Which objects are saved for which groups, of candidates that passed filters.

    An object is saved for a group if nobody in it has saved, rejected or taken it off the list: each filter saves once.
    """
    wanted = [(version, row) for version, row in passed if version.autosave]
    if not wanted:
        return []
    standing = _standing(transaction, sorted({row["object_id"] for _, row in wanted}))
    saves: list[Saved] = []
    for version, row in wanted:
        _, streams = db.access.members(row["acl"])
        before = standing[row["object_id"]]
        decided = {group for decision in before.decisions for group in decision["group_ids"]}
        owner = owners.get(owner_name(version))
        groups = sorted(savable_by(db, owner, version.autosave, streams) - decided - before.saved.keys())
        if groups:
            saves.append(Saved(version, row["object_id"], groups, sorted(streams), before))
            standing[row["object_id"]] = before.after(_decision(saves[-1], 0))
    return saves


def write_saves(transaction: Transaction, db: Database, saves: list[Saved]) -> None:
    """Write what was planned: decisions without a candidate, as those who save directly make them."""
    first = transaction.next_id("decisions", "decision_id", len(saves))
    for number, saved in enumerate(saves, start=first):
        decision = {**_decision(saved, number), "acl": transaction.acl(saved.groups, saved.streams)}
        write_decision(transaction, decision, saved.before, saved.streams)
        told = {"filter_id": str(saved.version.filter_id), "filter": saved.version.name}
        change = {"action": "saved", "user": decision["user_name"], "object_id": saved.object_id, **told}
        transaction.announce("sources", change, decision["acl"])
    db.part(DecisionBook).forget(transaction, {saved.object_id for saved in saves})


def _standing(transaction: Transaction, object_ids: list[str]) -> dict[str, Standing]:
    decisions = transaction.rows(_STANDING, [object_ids])
    saved = transaction.rows(_SAVED, [object_ids])
    return {
        name: Standing(
            tuple(d for d in decisions if d["object_id"] == name),
            {row["group_id"]: row["saved_by"] for row in saved if row["object_id"] == name},
        )
        for name in object_ids
    }


def _decision(saved: Saved, number: int) -> dict[str, Any]:
    return {
        "decision_id": number,
        "idempotency_key": uuid.uuid4().hex,
        "object_id": saved.object_id,
        "candidate_id": None,
        "user_name": owner_name(saved.version),
        "verdict": "save",
        "group_ids": saved.groups,
        "undoes": None,
        "injection_id": None,
    }
