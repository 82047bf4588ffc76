"""A plan's own state follows its requests: sent when a telescope has one, cancelled when the last one was taken back."""

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
_SENT = ("submitted", "completed", "expired", "ended")


def follow_plan(db: Database, state: RequestState, row: Mapping[str, Any]) -> None:
    """Let a plan say how far a request for it (its row) has come, in the name of who submitted it.

    A plan that is another one by now is left alone.
    """
    if state.state not in (*_SENT, "cancelled"):
        return
    others = db.reader.rows(ADMINISTRATOR, _OTHERS, [row["plan_id"], row["request_id"]])
    wanted = "cancelled" if state.state == "cancelled" and not others else "sent"

    def change(plan: KeptPlan, _: Mapping[str, Any]) -> dict[str, Any]:
        same = plan.digest == row["plan_digest"] and plan.state in ("approved", "sent")
        return {"state": wanted} if same and plan.state != wanted else {}

    try:
        viewer = db.part(OwnersBook).rights(state.user_name)
        if viewer is not None:
            amend(db, viewer, PLANS, row["plan_id"], change)
    except SkyhubError:
        _log.warning("plan %s does not say that it is %s", row["plan_id"], wanted, exc_info=True)
