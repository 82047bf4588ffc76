"""Plan: the plans that are kept, one that is made, and several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import ipywidgets as widgets
from skyhub.client._plans import Plan
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._efficiency_panel import EfficiencyPanel
from skyhub_widgets.dashboard._event_observed import ObservedPanel
from skyhub_widgets.dashboard._observers_panel import ObserversPanel
from skyhub_widgets.dashboard._panels import Panels
from skyhub_widgets.dashboard._plan_comparison import comparison_of
from skyhub_widgets.dashboard._plan_desk import PlanDesk
from skyhub_widgets.dashboard._plan_keeping import KeepingPanel
from skyhub_widgets.dashboard._plan_sending import SendingPanel
from skyhub_widgets.dashboard._plan_treasuremap import TreasureMapPanel
from skyhub_widgets.dashboard._view import Page, alert, button, header, note, row, stack

__all__ = ["PlanView"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "plan_id", "title": "Plan"},
    {"field": "name", "title": "Name"},
    {"field": "instrument", "title": "Instrument"},
    {"field": "with", "title": "Together with"},
    {"field": "probability", "title": "Probability", "kind": "number", "digits": 4},
    {"field": "upper_bound", "title": "At most", "kind": "number", "digits": 4},
    {"field": "n_fields", "title": "Fields", "kind": "integer"},
    {"field": "n_observations", "title": "Observations", "kind": "integer"},
    {"field": "planned_at", "title": "Planned", "unit": "UTC", "kind": "time"},
    {"field": "standing", "title": "State"},
    {"field": "author", "title": "By"},
]


_UNREPORTED = "Save the plan first: what is reported is a plan that is kept and approved."
_SEVERAL = "The plans of several telescopes are reported one by one: open each from the list of plans."


class PlanView:
    """The page of plans.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._message = widgets.HTML()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="plan_id", table_key="plans", selectable=True, page_size=10,
            empty_text="No plan is kept yet.",
        )  # fmt: skip
        self._table.on_click(lambda number: page.go("plan", plan=number))
        self._table.observe(self._offer, "selected")
        self._compare = button("Compare the marked", lambda: page.go("plan", compare=",".join(self._table.selected)))
        new = button("New plan", lambda: page.go("plan", new="1"))
        targets = button("Observability of targets", lambda: page.go("observability"))
        text = note("Plans that you may see. A click opens one; mark two or more to compare them.")
        self._list = stack(widgets.HTML(text), row(new, self._compare, targets), self._table)
        self.desk = PlanDesk(page, self._changed)
        self.keeping = KeepingPanel(
            page, lambda: self.desk.plan, lambda: self.desk.joint, lambda n, some: self._go_to(n, together=some)
        )
        self.sending: list[SendingPanel] = []
        self._sending = stack()
        self._siblings = widgets.HTML()
        self._about = ("", "")
        self._more = Panels(
            {
                "Who can see it": self._who_can_see,
                "Observed so far": self._observed,
                "Efficiency": self._efficiency,
                "Treasure Map": self._treasuremap,
            }
        )
        notebook = button("Open as notebook", self._open_notebook)
        self._making = stack(self._siblings, self.desk.box, self.keeping.box, self._sending, self._more, row(notebook))
        self._offer_sending()
        self._compared = widgets.VBox(layout=widgets.Layout(overflow="visible"))
        self._all = button("← All plans", lambda: page.go("plan"))
        self.box = stack(header("Plan", self._all), self._message, self._list, self._making, self._compared)
        self._offer()

    def show(self, params: Mapping[str, str]) -> None:
        """List them; show one that is kept as ``plan`` alone or ``together`` with those of other telescopes, those to ``compare``,
        or a desk with the wishes of the address."""
        self._message.value, self._siblings.value = "", ""
        named = ("plan", "together", "compare")
        wanted = next((name for name in named if params.get(name)), "wishes" if params else "list")
        parts = {"list": self._list, "compare": self._compared} | dict.fromkeys(
            ("plan", "together", "wishes"), self._making
        )
        for part in (self._list, self._making, self._compared):
            part.layout.display = None if part is parts[wanted] else "none"
        self._all.layout.display = "none" if wanted == "list" else None
        try:
            if wanted == "list":
                self.desk.cancel()
                self._list_plans()
            elif wanted == "compare":
                self._compared.children = (comparison_of(self._page.sky, params["compare"].split(",")),)
            elif wanted == "plan":
                plan = self._page.sky.plans.load(params["plan"])
                self._siblings.value = _siblings_html(plan)
                self.desk.open_kept(plan)
            elif wanted == "together":
                self.desk.open_kept_together(self._page.sky.plans.load_together(params["together"]))
            elif not self._is_shown(params):
                self.desk.open(params)
        except SkyhubError as error:
            parts[wanted].layout.display = "none"
            self._message.value = alert(error.message)

    def hear(self, event: Mapping[str, Any]) -> None:
        """Somebody has kept a plan or changed one, or a telescope has told of one."""
        if self.box.layout.display != "none":
            for panel in self.sending:
                panel.hear(event)
        if event["kind"] == "plans" and self._list.layout.display is None and self.box.layout.display != "none":
            self._list_plans()

    def _list_plans(self) -> None:
        """List the plans, each with how far it has come and the telescopes for which plans were made together with it."""
        rows = self._page.sky.plans.rows()
        made: dict[str, list[str]] = {}
        for one in rows:
            made.setdefault(one["together"] or "", []).append(one["instrument"])
        self._table.records = [
            {
                **one,
                "standing": _standing(one),
                "with": ", ".join(n for n in made[one["together"]] if n != one["instrument"])
                if one["together"]
                else "",
            }
            for one in rows
        ]

    def _go_to(self, number: str, *, together: bool) -> None:
        self._page.go("plan", **{"together" if together else "plan": number})

    def _offer_sending(self) -> None:
        """A panel for the plan that is shown, or for that of each telescope."""
        joint = self.desk.joint
        if joint is None:
            self.sending = [SendingPanel(self._page, lambda: self.desk.plan, self.keeping.renew)]
        else:
            self.sending = [
                SendingPanel(
                    self._page, partial(lambda one: one, part), self.keeping.renew, f"Send that of {part['instrument']}"
                )
                for part in joint["plans"]
            ]
        self._sending.children = [panel.box for panel in self.sending]

    def _is_shown(self, params: Mapping[str, str]) -> bool:
        """Whether the desk shows already what an address wishes."""
        made = bool(self.desk.parts) and "plan_id" not in self.desk.parts[0]
        return made and {name: text for name, text in self.desk.params.items() if text} == dict(params)

    def _changed(self) -> None:
        self.keeping.renew()
        if self.desk.joint is not None or len(self.sending) > 1:
            self._offer_sending()
        else:
            self.sending[0].renew()
        number, kept = self.desk.params["localization"], self._kept_number()
        before, self._about = self._about, (number, kept)
        if number != before[0]:
            self._more.renew("Who can see it", "Observed so far", "Efficiency")
        if kept != before[1]:
            self._more.renew("Treasure Map")

    def _kept_number(self) -> str:
        """The number of the plan that is shown, if it is kept."""
        return "" if self.desk.plan is None else str(self.desk.plan.get("plan_id", ""))

    def _who_can_see(self) -> widgets.Widget:
        number = self.desk.params["localization"]
        if not number:
            return widgets.HTML(note("No localization is chosen."))
        return ObserversPanel(self._page, number, self.desk.t0).box

    def _observed(self) -> widgets.Widget:
        panel = ObservedPanel(self._page, self._draw_pointings)
        panel.show(self.desk.params["localization"] or None, 0.9, None)
        return panel.box

    def _efficiency(self) -> widgets.Widget:
        number = self.desk.params["localization"]
        return EfficiencyPanel(self._page, number).box if number else widgets.HTML(note("No localization is chosen."))

    def _draw_pointings(self, rows: list[dict[str, Any]]) -> None:
        labels = [f"{each['instrument']} {each['filter'] or ''}" for each in rows]
        self.desk.figures.sky.set_points(
            "Pointings", [each["ra"] for each in rows], [each["dec"] for each in rows], labels, "good"
        )

    def _treasuremap(self) -> widgets.Widget:
        plan = self.desk.plan
        if plan is None or not self._kept_number():
            return widgets.HTML(note(_UNREPORTED if self.desk.joint is None else _SEVERAL))
        return TreasureMapPanel(self._page, plan).box

    def _offer(self, change: object = None) -> None:
        count = len(self._table.selected)
        self._compare.disabled = count < 2
        self._compare.tooltip = "Mark two plans or more first." if count < 2 else f"Compare {count} plans"

    def _open_notebook(self) -> None:
        first = next(iter(self.desk.parts), Plan())
        name = "plan" if self.desk.joint is None else "together"
        kept = {name: first["plan_id"]} if "plan_id" in first else self.desk.params
        self._page.go("notebook", of="plan", **kept)


def _standing(plan: Mapping[str, Any]) -> str:
    rule = plan["sending_rule_id"]
    return f"{plan['state']}, by rule {rule}" if rule else str(plan["state"])


def _siblings_html(plan: Mapping[str, Any]) -> str:
    """Where the plans are that were made together with one."""
    if not plan.get("together"):
        return ""
    address = f"?view=plan&amp;together={plan['plan_id']}"
    return f'<p>It was made together with plans of other telescopes: <a href="{address}">show all of them</a>.</p>'
