"""Kept plans side by side: a table of their differences, and the figures of each."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets
from skyhub.client import Sky
from skyhub.client._plans import JointPlan, Plan
from skyhub.errors import InvalidInput

from skyhub_widgets._plan_figures import PlanFigures
from skyhub_widgets.dashboard._contours import contours_of
from skyhub_widgets.dashboard._plan_texts import differences_html

__all__ = ["MOST_COMPARED", "comparison_of"]

MOST_COMPARED = 4
_LEVELS = (0.5, 0.9)


def comparison_of(sky: Sky, numbers: Sequence[str]) -> widgets.Widget:
    """Plans side by side.

    Raises
    ------
    InvalidInput
        If fewer than two or more than `MOST_COMPARED` are named.
    NotFound
        If the viewer may not see one.
    """
    if not 2 <= len(set(numbers)) <= MOST_COMPARED:
        raise InvalidInput(f"{len(set(numbers))} plans were marked: 2 to {MOST_COMPARED} can be compared.", "compare")
    plans = [sky.plans.load(number) for number in dict.fromkeys(numbers)]
    shown: list[widgets.Widget] = []
    for plan in plans:
        number = plan["plan_id"]
        contours = contours_of(sky, plan["localization_id"], _LEVELS) if plan["localization_id"] else {}
        timeline = sky.plans.timeline(number)
        figures = PlanFigures(plan, timeline, contours, table_key=f"plan-{number}")
        figures.timeline.title = str(plan["name"])
        title = widgets.HTML(
            f'<h3 style="margin:4px 0"><a href="?view=plan&amp;plan={number}">{escape(plan["name"])}</a></h3>'
        )
        layout = widgets.Layout(flex="1 1 420px", min_width="0", overflow="visible")
        shown.append(widgets.VBox([title, figures], layout=layout))
    table = widgets.HTML(f'<div style="overflow-x:auto">{differences_html(plans, _joint_plans(sky, plans))}</div>')
    beside = widgets.HBox(shown, layout=widgets.Layout(flex_flow="row wrap", grid_gap="12px"))
    return widgets.VBox([table, beside], layout=widgets.Layout(overflow="visible", grid_gap="8px"))


def _joint_plans(sky: Sky, plans: Sequence[Plan]) -> dict[str, JointPlan]:
    """The plans of several telescopes of which some of these are, by what is the same for them."""
    parts = {plan["together"]: plan["plan_id"] for plan in plans if plan.get("together")}
    return {key: sky.plans.load_together(number) for key, number in parts.items()}
