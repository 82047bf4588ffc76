"""Sending rules through the client: made, switched on and off, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport

__all__ = ["SendingRules"]


class SendingRules(Records):
    """By which the plans of default plans are sent without a click; call it for a table of those that you see.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> rule = sky.sending_rules.add(                                                           # doctest: +SKIP
    ...     default_plan_id=2, payload={"program_pi": "Kulkarni"}, lowest_probability=0.3, most_hours=3, latest_start=24
    ... )
    >>> sky.sending_rules.on(rule["sending_rule_id"])["words"]                                  # doctest: +SKIP
    >>> sky.sending_rules.off(rule["sending_rule_id"])                                          # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "sending_rules")

    def on(self, sending_rule_id: int | str) -> dict[str, Any]:
        """Switch a rule of one's own on: plans that are drafted from now on are sent.

        Raises
        ------
        PermissionRefused
            If you are no administrator of the allocation, or the default plan is somebody else's.
        """
        self.edit(sending_rule_id, active=True)
        return self.get(sending_rule_id)

    def off(self, sending_rule_id: int | str) -> dict[str, Any]:
        """Switch a rule off at once, as every member of its groups may; what no telescope has is not sent any more."""
        document: dict[str, Any] = self._transport.post(f"{self._path(sending_rule_id)}/off", {})
        return document

    def sendings(
        self, sending_rule_id: int | str | None = None, *, limit: int = 100, as_of: datetime | str | None = None
    ) -> SkyTable:
        """What rules did with plans, newest first.

        Parameters
        ----------
        sending_rule_id
            By this rule alone.
        limit
            At most so many.
        as_of
            By what was known then.

        Returns
        -------
        SkyTable
            ``sending_rule_id, event, localization_id, plan_id, request_id``; ``state``: sent, updated (the plan took the place of
            an earlier one), held (it was not sent: ``detail`` says why), stopped (the rule is off since), cancelled (the event was
            retracted), taken over (``user_name`` has submitted the request); ``known_at`` (UTC).
        """
        asked = {"sending_rule_id": sending_rule_id, "limit": limit, "as_of": iso_time(as_of)}
        return SkyTable.from_rows(self._transport.get(f"{self._path()}/sendings", **asked)["rows"])
