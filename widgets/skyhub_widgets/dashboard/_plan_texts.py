"""A plan in words: what it reaches, why a field is in it or not, and how plans differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from skyhub_widgets._controls import shown
from skyhub_widgets._static import StaticHtml, html_table
from skyhub_widgets.dashboard._view import note

__all__ = ["differences_html", "explained_html", "gap_of", "summary_html"]

_CAMERA = "numbers of another camera's fields"


def gap_of(plan: Mapping[str, Any]) -> float:
    """By which part of the bound a plan may fall short of the best one."""
    bound = plan["upper_bound"]
    return 1 - plan["probability"] / bound if bound > 0 else 0.0


def summary_html(plan: Mapping[str, Any], is_preview: bool) -> str:
    """What a plan reaches, with its proven bound, and what was assumed."""
    kind = "Preview" if is_preview else "Plan"
    proof = "no plan reaches more" if not is_preview else "found at once; optimise for a tighter one"
    text = (
        f"<b>{kind}: {plan['probability']:.4f}</b> of at most {plan['upper_bound']:.4f} "
        f"({proof}; gap {100 * gap_of(plan):.1f} %) · {plan['n_fields']} fields, {plan['area']:.0f} deg² · "
        f"{plan['n_observations']} observations of {plan['visits']} visits each"
    )
    assumed = note("Assumed: " + "; ".join(map(str, plan["notes"])) + ".") if plan["notes"] else ""
    return f'<p role="status" style="margin:4px 0">{text}</p>{assumed}'


def explained_html(found: Mapping[str, Any]) -> str:
    """Why a field is in the plan, or not."""
    told = [f"holds {found['probability']:.4f} of the probability"]
    if found["verdict"] == "observed":
        told.append(f"the plan would lose {found['gain']:.4f} without it")
        times = (
            f"{start[11:19]} at airmass {height:.2f}"
            for start, height in zip(found["starts"], found["airmass"], strict=True)
        )
        told.append(f"observed at {', '.join(times)}")
    else:
        told.append(f"the plan would gain {found['gain']:.4f} with it")
    if found["limits"]:
        told.append(f"never keeps {', '.join(name.replace('_', ' ') for name in found['limits'])}")
    if found["best_airmass"] is not None:
        told.append(f"lowest airmass {found['best_airmass']:.2f}")
    told.append(f"observable for {found['observable']:.1f} h")
    return f"<b>Field {found['field_id']}: {escape(found['verdict'])}</b> · {escape('; '.join(told))}."


def differences_html(plans: Sequence[Mapping[str, Any]]) -> str:
    """A table of what plans reach, of the wishes in which they differ, and of the fields that they share."""
    head = ["", *(str(plan.get("name") or "draft") for plan in plans)]
    facts = [
        ("probability", [f"{plan['probability']:.4f}" for plan in plans]),
        ("upper bound", [f"{plan['upper_bound']:.4f}" for plan in plans]),
        ("gap (%)", [f"{100 * gap_of(plan):.1f}" for plan in plans]),
        ("area (deg²)", [f"{plan['area']:.0f}" for plan in plans]),
        ("observations", [str(len(plan["observations"])) for plan in plans]),
        ("exposure (h)", [f"{sum(row['exposure_s'] for row in plan['observations']) / 3600:.2f}" for plan in plans]),
        ("first start (UTC)", [plan["observations"][0]["start"][:19] for plan in plans]),
        ("last start (UTC)", [plan["observations"][-1]["start"][:19] for plan in plans]),
        ("localization", [str(plan["localization_id"] or "of a file") for plan in plans]),
        ("instrument", [plan["instrument"] for plan in plans]),
        *_fields(plans),
    ]
    names = dict.fromkeys(name for plan in plans for name in plan["wishes"])
    wished = [(name.replace("_", " "), [shown(plan["wishes"].get(name)) or "—" for plan in plans]) for name in names]
    rows = [*facts, *((name, values) for name, values in wished if len(set(values)) > 1)]
    return html_table(
        head, [[name, *map(_cell, values, [len(set(values)) > 1] * len(values))] for name, values in rows]
    )


def _cell(text: str, differs: bool) -> str | StaticHtml:
    return StaticHtml(f"<b>{escape(text)}</b>") if differs else text


def _fields(plans: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """How many fields each has, and how many the others have not."""
    own = [{row["field_id"] for row in plan["observations"]} for plan in plans]
    count = ("fields", [str(len(each)) for each in own])
    if len({plan["instrument"] for plan in plans}) > 1:
        return [count, ("fields of it alone", [_CAMERA] * len(plans))]
    others = [set().union(*(other for other in own if other is not each)) for each in own]
    alone = ("fields of it alone", [str(len(each - rest)) for each, rest in zip(own, others, strict=True)])
    return [count, ("fields of all", [str(len(set.intersection(*own)))] * len(plans)), alone]
