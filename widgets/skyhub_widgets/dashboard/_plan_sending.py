"""Sending a kept plan: approved as it stands, sent to its telescope on somebody's time, followed, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.client._plans import Plan
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._request_panel import RequestPanel
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row, stack

__all__ = ["SendingPanel"]

_AGREED = ("approved", "sent")
_STATES = {
    "draft": "A plan is sent once somebody has approved it as it stands.",
    "cancelled": "Its last request was cancelled: approve it again to send it anew.",
    "approved": "It is approved as it stands, and may be sent.",
    "sent": "A telescope has it.",
}
_UNKEPT = "Save the plan first: what is approved and sent is a plan that is kept."


class SendingPanel:
    """Approval of the plan that is shown, and its requests: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    plan
        Gives the plan that is shown, if there is one.
    changed
        Called when the plan has another state.
    title
        What stands above it.
    """

    def __init__(
        self, page: Page, plan: Callable[[], Plan | None], changed: Callable[[], object], title: str = "Send it"
    ) -> None:
        self._page, self._plan, self._changed = page, plan, changed
        self._number = ""
        self.requests: RequestPanel | None = None
        self._said, self._refusal = widgets.HTML(), widgets.HTML()
        self._approve = button("Approve this plan", self._approve_it)
        self._place = widgets.VBox(layout=widgets.Layout(overflow="visible"))
        self.box = stack(heading(title), row(self._said, self._approve), self._refusal, self._place)
        self.renew()

    def renew(self) -> None:
        """Offer what can be done with the plan that is shown."""
        plan = self._plan() or Plan()
        number, state = str(plan.get("plan_id", "")), plan.get("state", "")
        if number != self._number:
            self._number, self.requests, self._place.children, self._refusal.value = number, None, (), ""
        self._said.value = note(_STATES[state] + _by_rule(plan) if number else _UNKEPT)
        self._approve.layout.display = (
            None if number and state not in _AGREED and may(self._page, "trigger") else "none"
        )
        if number and self.requests is None and (state in _AGREED or self._was_sent()):
            about = {"plan_id": number, "instrument": plan["instrument"]}
            self.requests = RequestPanel(self._page, about, self._sentence)
            self._place.children = (self.requests,)
        if self.requests is not None:
            self.requests.place.layout.display = None if state in _AGREED else "none"

    def hear(self, event: Mapping[str, Any]) -> None:
        """A request for the plan has come further, or the plan was changed."""
        if not self._number or str(event.get("plan_id")) != self._number:
            return
        if event["kind"] == "requests" and self.requests is not None:
            self.requests.refresh()
        if event["kind"] == "plans":
            self._read_state()

    def _was_sent(self) -> bool:
        return bool(self._page.sky.requests.rows(plan_id=self._number, limit=1))

    def _approve_it(self) -> None:
        plan = self._plan()
        if plan is None:
            return
        try:
            self._take(plan, self._page.sky.plans.approve(plan))
        except SkyhubError as error:
            self._refusal.value = alert(error.message)

    def _read_state(self) -> None:
        plan = self._plan()
        if plan is None:
            return
        try:
            self._take(plan, self._page.sky.plans.get(self._number))
        except SkyhubError as error:
            self._refusal.value = alert(error.message)

    def _take(self, plan: Plan, record: Mapping[str, Any]) -> None:
        """The plan that is shown is as it is kept now, unless its observations are others by now."""
        if record["digest"] != plan["digest"]:
            self._refusal.value = alert("Somebody has changed this plan since: open it again to see it.")
            return
        plan.update({name: value for name, value in record.items() if name not in ("wishes", "notes")})
        self._refusal.value = ""
        self.renew()
        self._changed()

    def _sentence(self) -> str:
        plan = self._plan() or Plan()
        rows = plan["observations"]
        first, last = (rows[place]["start"][:16].replace("T", " ") for place in (0, -1))
        return (
            f"{plan['n_observations']} exposures of {plan['n_fields']} fields, {first} to {last} UTC, go to the queue of "
            f"{plan['instrument']}: plan {self._number} as it stands."
        )


def _by_rule(plan: Plan) -> str:
    """That a rule has sent a plan, if one did."""
    rule = plan.get("sending_rule_id")
    return f" Rule {rule} has approved and submitted it by itself (Library, Sending rules)." if rule else ""
