"""Asking for observations in one step: the request is checked whole, kept, and submitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.records import add, check
from skyhub.requests._clicks import require_sendable, submit_request
from skyhub.requests._models import REQUESTS, FollowupRequest, checked_request

__all__ = ["ask"]


def ask(db: Database, viewer: Viewer, fields: Mapping[str, Any], groups: Sequence[str] | None = None) -> dict[str, Any]:
    """Keep a request and let it be sent.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    fields
        Of a request.
    groups
        Who shall see it; by default those of the viewer's groups that see the allocation and what it is about.

    Raises
    ------
    InvalidInput, NotFound, PermissionRefused, Conflict
        If it cannot be asked for so, or not be sent now; then it is not kept either.
    """
    viewer.require(REQUESTS.scope)
    request: FollowupRequest = check(FollowupRequest, fields)
    require_sendable(db, viewer, checked_request(db, viewer, request))
    kept = add(db, viewer, REQUESTS, [request], groups)["records"][0]
    return submit_request(db, viewer, int(kept["request_id"]))
