"""Keeping a plan: under a name, for groups, and as files for others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.client._plans import Plan
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._fields import several, text_field
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row, server_path, stack

__all__ = ["KeepingPanel"]

_EXPORTS = {
    "csv": "CSV", "json": "JSON", "ecsv": "ECSV", "ztf": "ZTF queue", "rubin": "Rubin list", "gcn": "GCN text",
    "ds9": "ds9 regions",
}  # fmt: skip


class KeepingPanel:
    """What is done with a plan as a whole: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    plan
        Gives the plan that is shown, if there is one.
    kept
        Called with the number of a plan that was kept.
    """

    def __init__(self, page: Page, plan: Callable[[], Plan | None], kept: Callable[[str], object]) -> None:
        self._page, self._plan, self._kept = page, plan, kept
        self._name = text_field("Name", "S190425z, first night")
        self._groups = several("Groups", [(name, name) for name in page.me["groups"]])
        self._save = button("Save", self._keep)
        self._share = button("Share with these groups", self._share_it)
        self._said, self._exports = widgets.HTML(), widgets.HTML()
        writes = row(self._name, self._groups, self._save, self._share)
        writes.layout.display = None if may(page, "save") else "none"
        self.box = stack(heading("Keep it"), writes, self._said, self._exports)
        self.renew()

    def renew(self) -> None:
        """Offer what can be done with the plan that is shown."""
        plan = self._plan()
        number = str(plan.get("plan_id", "")) if plan is not None else ""
        self._save.disabled, self._share.disabled = plan is None, not number
        self._save.tooltip = "There is no plan yet." if plan is None else "Keep this plan under the name"
        self._share.tooltip = "Say which groups see it" if number else "Save the plan first."
        self._exports.value = (
            _links(number) if number else note("Files: save the plan first; what leaves the house is kept.")
        )
        self._said.value = _about(plan) if plan is not None and number else ""

    def _keep(self) -> None:
        plan, name = self._plan(), self._name.value.strip()
        if plan is None:
            return
        if not name:
            self._said.value = alert("The plan needs a name: give one.")
            return
        try:
            record = self._page.sky.plans.save(plan, name, list(self._groups.value) or None)
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        self._name.value = ""
        self._kept(str(record["plan_id"]))

    def _share_it(self) -> None:
        plan = self._plan()
        if plan is None:
            return
        if not self._groups.value:
            self._said.value = alert("No group is chosen: choose those that shall see the plan.")
            return
        try:
            record = self._page.sky.plans.share(plan["plan_id"], *self._groups.value)
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        plan.update({name: record[name] for name in ("groups", "public", "version") if name in record})
        self._said.value = _about(plan)


def _about(plan: Mapping[str, Any]) -> str:
    groups = "everybody" if plan.get("public") else ", ".join(plan.get("groups", ())) or "nobody else"
    return note(f"{plan['name']}: plan {plan['plan_id']}, {plan['state']}, by {plan['author']}, seen by {groups}.")


def _links(number: str) -> str:
    """Links to the files of a kept plan."""
    address = server_path(f"skyhub/api/plans/{number}/export/")
    files = " · ".join(f'<a href="{escape(address + form)}" download>{text}</a>' for form, text in _EXPORTS.items())
    return f"<p>Files: {files}</p>"
