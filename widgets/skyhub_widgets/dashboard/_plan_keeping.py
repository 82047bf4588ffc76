"""Keeping a plan: under a name, for groups, and as files for others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.client._plans import JointPlan, Plan
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._fields import several, text_field
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row, server_path, stack

__all__ = ["KeepingPanel"]

_EXPORTS = {
    "csv": "CSV", "json": "JSON", "ecsv": "ECSV", "ztf": "ZTF queue", "rubin": "Rubin list", "gcn": "GCN text",
    "ds9": "ds9 regions", "pdf": "PDF", "gif": "animation",
}  # fmt: skip


class KeepingPanel:
    """What is done with a plan as a whole: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    plan, joint
        Give the plan that is shown, or those of several telescopes, if there are any.
    kept
        Called with the number of a plan that was kept, and whether others were kept with it.
    """

    def __init__(
        self,
        page: Page,
        plan: Callable[[], Plan | None],
        joint: Callable[[], JointPlan | None],
        kept: Callable[[str, bool], object],
    ) -> None:
        self._page, self._plan, self._joint, self._kept = page, plan, joint, kept
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
        parts = self._parts
        kept = bool(parts) and all("plan_id" in part for part in parts)
        self._save.disabled, self._share.disabled = not parts, not kept
        self._save.tooltip = "Keep this plan under the name" if parts else "There is no plan yet."
        self._share.tooltip = "Say which groups see it" if kept else "Save the plan first."
        self._exports.value = (
            "".join(_links(part, alone=len(parts) == 1) for part in parts)
            if kept
            else note("Files: save the plan first; what leaves the house is kept.")
        )
        self._said.value = "".join(map(_about, parts)) if kept else ""

    @property
    def _parts(self) -> list[Plan]:
        """The plans that are shown."""
        plan, joint = self._plan(), self._joint()
        if joint is not None:
            return list(joint["plans"])
        return [] if plan is None else [plan]

    def _keep(self) -> None:
        plan, joint, name = self._plan(), self._joint(), self._name.value.strip()
        if plan is None and joint is None:
            return
        if not name:
            self._said.value = alert("The plan needs a name: give one.")
            return
        try:
            record = self._saved(plan, joint, name, list(self._groups.value) or None)
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        self._name.value = ""
        self._kept(str(record["plan_id"]), joint is not None)

    def _saved(
        self, plan: Plan | None, joint: JointPlan | None, name: str, groups: list[str] | None
    ) -> Mapping[str, Any]:
        """The plan as it is kept, or the first of those of several telescopes."""
        plans = self._page.sky.plans
        return plans.save(plan or {}, name, groups) if joint is None else plans.save_together(joint, name, groups)[0]

    def _share_it(self) -> None:
        if not self._groups.value:
            self._said.value = alert("No group is chosen: choose those that shall see the plan.")
            return
        for part in self._parts:
            try:
                record = self._page.sky.plans.share(part["plan_id"], *self._groups.value)
            except SkyhubError as error:
                self._said.value = alert(error.message)
                return
            part.update({name: record[name] for name in ("groups", "public", "version") if name in record})
        self._said.value = "".join(map(_about, self._parts))


def _about(plan: Mapping[str, Any]) -> str:
    groups = "everybody" if plan.get("public") else ", ".join(plan.get("groups", ())) or "nobody else"
    return note(f"{plan['name']}: plan {plan['plan_id']}, {plan['state']}, by {plan['author']}, seen by {groups}.")


def _links(plan: Mapping[str, Any], alone: bool) -> str:
    """Links to the files of a kept plan; of which instrument, if there are several."""
    address = server_path(f"skyhub/api/plans/{plan['plan_id']}/export/")
    whose = "" if alone else f" of {escape(plan['instrument'])}"
    files = " · ".join(f'<a href="{escape(address + form)}" download>{text}</a>' for form, text in _EXPORTS.items())
    return f"<p>Files{whose}: {files}</p>"
