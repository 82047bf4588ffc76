"""A plan in words: what it reaches, why a field is in it or not, and how plans differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from skyhub_widgets._controls import shown
from skyhub_widgets._static import StaticHtml, html_table
from skyhub_widgets.dashboard._view import note

__all__ = ["differences_html", "explained_html", "gap_of", "joint_summary_html", "summary_html"]

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
        f"{plan['n_observations']} observations of {_visits(plan)}"
    )
    assumed = note("Assumed: " + "; ".join(map(str, plan["notes"])) + ".") if plan["notes"] else ""
    return f'<p role="status" style="margin:4px 0">{text}</p>{assumed}'


def _visits(plan: Mapping[str, Any]) -> str:
    """How often fields are visited; without balance what that makes of the probability."""
    if plan["wishes"].get("balance_exposure", True):
        return f"{plan['visits']} visits each"
    if "seen_probability" not in plan:
        return f"up to {plan['visits']} visits each, of which the probability is the mean"
    return (
        f"up to {plan['visits']} visits each; the probability is their mean: {plan['seen_probability']:.4f} is seen at least once, "
        f"{plan['complete_probability']:.4f} in fields with all visits"
    )


def joint_summary_html(joint: Mapping[str, Any], is_preview: bool) -> str:
    """What the plans of several telescopes reach, together and each, and why others do nothing."""
    kind = "Preview" if is_preview else "Plan"
    text = (
        f"<b>{kind}: {joint['probability']:.4f}</b> of at most {joint['upper_bound']:.4f} with {len(joint['plans'])} telescopes "
        f"together, {joint['area']:.0f} deg², overlaps once (gap {100 * gap_of(joint):.1f} %; the bound adds those of each)"
    )
    rows = "".join(f"<li>{_part(plan)}</li>" for plan in joint["plans"])
    idle = "".join(note(f"{name} observes nothing: {reason}") for name, reason in joint["idle"].items())
    assumed = [f"{plan['instrument']}: {text}" for plan in joint["plans"] for text in plan["notes"]]
    said = note("Assumed: " + "; ".join(assumed) + ".") if assumed else ""
    return f'<div role="status" style="margin:4px 0">{text}<ul style="margin:2px 0">{rows}</ul></div>{idle}{said}'


def _part(plan: Mapping[str, Any]) -> str:
    added = f", adds {plan['added']:.4f}" if "added" in plan else ""
    return (
        f"{escape(plan['instrument'])}: {plan['probability']:.4f} alone of at most {plan['upper_bound']:.4f}{added} · "
        f"{plan['n_fields']} fields, {plan['n_observations']} observations of {_visits(plan)}"
    )


def explained_html(found: Mapping[str, Any], field: str = "") -> str:
    """Why a field is in the plan, or not; it may have another name than its number."""
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
    return f"<b>Field {escape(field or str(found['field_id']))}: {escape(found['verdict'])}</b> · {escape('; '.join(told))}."


def differences_html(plans: Sequence[Mapping[str, Any]], joint: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """A table of what plans reach, of the wishes in which they differ, and of the fields that they share.

    Parameters
    ----------
    plans
        The plans.
    joint
        By their ``together`` the plans of several telescopes of which some of them are.
    """
    head = ["", *(str(plan.get("name") or "draft") for plan in plans)]
    facts = [
        ("probability", [f"{plan['probability']:.4f}" for plan in plans]),
        ("upper bound", [f"{plan['upper_bound']:.4f}" for plan in plans]),
        ("gap (%)", [f"{100 * gap_of(plan):.1f}" for plan in plans]),
        ("area (deg²)", [f"{plan['area']:.0f}" for plan in plans]),
        *(
            [("all telescopes together", [_whole(joint.get(plan.get("together") or "")) for plan in plans])]
            if joint
            else []
        ),
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


def _whole(joint: Mapping[str, Any] | None) -> str:
    if joint is None:
        return "—"
    names = ", ".join(plan["instrument"] for plan in joint["plans"])
    return f"{joint['probability']:.4f} of at most {joint['upper_bound']:.4f} ({names})"


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
