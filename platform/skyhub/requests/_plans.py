"""A plan's own state follows its requests: sent when a telescope has one, cancelled when the last one was taken back.

A plan whose place in a request another one has taken at the telescope is cancelled too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import SkyhubError
from skyhub.planning import PLANS, KeptPlan
from skyhub.records import amend
from skyhub.requests._standing import NEWEST, RequestState

__all__ = ["follow_plan"]

_log = logging.getLogger(__name__)
_OTHERS = f"""
    SELECT s.request_id FROM @requests AS r JOIN (SELECT * FROM @request_states {NEWEST}) AS s USING (request_id)
    WHERE r.plan_id = ? AND r.request_id != ? AND s.state IN ('submitted', 'completed', 'expired', 'ended')
"""
_BEFORE = "SELECT DISTINCT plan_id, plan_digest FROM @requests* WHERE request_id = ? AND plan_id != ?"
_SENT = ("submitted", "completed", "expired", "ended")


def follow_plan(db: Database, state: RequestState, row: Mapping[str, Any], *, in_place: bool = False) -> None:
    """Let a plan say how far a request for it (the row of what was submitted) has come, in the name of who submitted it.

    A plan that is another one by now is left alone. With `in_place` the telescope has just put it in the place of the one before.
    """
    if state.state not in (*_SENT, "cancelled"):
        return
    others = db.reader.rows(ADMINISTRATOR, _OTHERS, [row["plan_id"], row["request_id"]])
    wanted = "cancelled" if state.state == "cancelled" and not others else "sent"
    _say(db, state, row["plan_id"], row["plan_digest"], wanted)
    if in_place:
        for before in db.reader.rows(ADMINISTRATOR, _BEFORE, [row["request_id"], row["plan_id"]]):
            if not db.reader.rows(ADMINISTRATOR, _OTHERS, [before["plan_id"], row["request_id"]]):
                _say(db, state, before["plan_id"], before["plan_digest"], "cancelled")


def _say(db: Database, state: RequestState, plan_id: int, digest: str, wanted: str) -> None:
    def change(plan: KeptPlan, _: Mapping[str, Any]) -> dict[str, Any]:
        same = plan.digest == digest and plan.state in ("approved", "sent")
        return {"state": wanted} if same and plan.state != wanted else {}

    try:
        viewer = db.part(OwnersBook).rights(state.user_name)
        if viewer is not None:
            amend(db, viewer, PLANS, plan_id, change)
    except SkyhubError:
        _log.warning("plan %s does not say that it is %s", plan_id, wanted, exc_info=True)
