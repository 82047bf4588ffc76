"""Default plans through the client: kept, and what became of each as localizations came."""

from __future__ import annotations

from datetime import datetime

from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport

__all__ = ["DefaultPlans"]


class DefaultPlans(Records):
    """Plans that are drafted by themselves when a localization comes; call it for a table of one's own.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.default_plans.add(                                                                  # doctest: +SKIP
    ...     name="ToO", allocation_id=4, wishes={"filters": ["g", "r"]}, conditions={"tags": ["Significant"]}
    ... )
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "default_plans")

    def drafts(self, *, limit: int = 100, as_of: datetime | str | None = None) -> SkyTable:
        """What became of one's default plans, newest first.

        Parameters
        ----------
        limit
            At most so many.
        as_of
            By what was known then.

        Returns
        -------
        SkyTable
            ``default_plan_id, event, localization_id, plan_id, state`` (drafted, failed, missed), ``detail, known_at``.
        """
        found = self._transport.get("/api/default_plans/drafts", limit=limit, as_of=iso_time(as_of))
        return SkyTable.from_rows(found["rows"])
