"""What is said of filters: their cuts as lines, what a trial found, how they fare."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from skyhub.errors import InvalidInput

from skyhub_widgets._static import text_of
from skyhub_widgets.dashboard._view import alert, note

__all__ = [
    "annotations_of_lines",
    "condition_of_lines",
    "lines_of_annotations",
    "lines_of_version",
    "outcome_html",
    "percent",
    "status_html",
    "trial_html",
    "when",
]


def condition_of_lines(text: str) -> str:
    """A condition of which each line is a cut."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else "\nAND ".join(f"({line})" for line in lines)


def lines_of_version(version: Mapping[str, Any]) -> str:
    """The cuts of a version, one a line, or its function."""
    cuts = version["cuts"]
    if cuts is None or any("\n" in cut for cut in cuts):
        return str(version["expression"])
    return "\n".join(cuts)


def annotations_of_lines(text: str) -> dict[str, str]:
    """Expressions by key, of lines ``key = expression``.

    Raises
    ------
    InvalidInput
        If a line is none.
    """
    found: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        key, equals, expression = line.partition("=")
        if not (equals and key.strip() and expression.strip()):
            raise InvalidInput(f"{line.strip()!r} was given; lines like key = expression are permitted.", "annotations")
        found[key.strip()] = expression.strip()
    return found


def lines_of_annotations(annotations: Mapping[str, str]) -> str:
    """The same the other way round."""
    return "\n".join(f"{key} = {expression}" for key, expression in annotations.items())


def outcome_html(told: Mapping[str, Any]) -> str:
    """How many alerts of some nights pass, and what changes."""
    nights = ", ".join(told["nights"]) or "no night"
    parts = [f"<b>{told['n_passed']} of {told['n_alerts']}</b> alerts of {nights} pass ({percent(told['fraction'])})"]
    if told["live_n_passed"] is not None:
        parts.append(f"{told['live_n_passed']} pass the live version")
    if told["cost_ms"] is not None:
        parts.append(f"{told['cost_ms']:.2g} ms for one alert")
    text = f'<p style="margin:4px 0">{"; ".join(parts)}.</p>'
    for name, title in (("added", "Objects that pass now"), ("removed", "Objects that no longer pass")):
        if told[name]:
            text += note(f"{title}: {_listed(told[name])}")
    if told["n_faults"]:
        text += alert(f"On {told['n_faults']} alerts something could not be computed. {told.get('fault') or ''}")
    return text


def trial_html(told: Mapping[str, Any]) -> str:
    """What a trial found, against its guard and the objects that it should find."""
    kept = told["within_guard"]
    colour, word = ("good", "keeps to") if kept else ("bad", "does not keep to")
    verdict = f"{percent(told['fraction'])} {word} the guard of {percent(told['guard'])}"
    head = (
        f'<b>Version {told["version"]}</b>: <b style="color:var(--skyhub-{colour}, currentColor)">{escape(verdict)}</b>'
    )
    who = f"{told['user_name']}, {when(told['known_at'])}"
    found = ""
    if told["recall"] is not None:
        found = note(
            f"Finds {percent(told['recall'])} of the known objects; missed: {_listed(told['missed']) or 'none'}."
        )
    return f'<p style="margin:4px 0">{head} – {escape(who)}</p>{outcome_html(told)}{found}'


def status_html(told: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Whether a filter is live, and how it has fared since."""
    state = told["states"][-1] if told["states"] else None
    by = f" by {state['user_name']}" if state and state["user_name"] else ""
    why = f" – {state['reason']}" if state and state["reason"] else ""
    if told["live"]:
        text = note(f"Version {told['version']} is live since {when(told['live_since'])}{by}{why}")
    else:
        since = f" since {when(state['known_at'])}{by}{why}" if state else " yet"
        text = note(f"Not live{since}")
    last = status["last_fault"]
    if status["failing"]:
        reason = last["reason"] if last else "the reason is told to those who may see its alerts"
        text += alert(f"It fails, and alerts wait for a version that does not: {reason}")
    elif last:
        text += alert(f"On {status['n_faults']} alerts it could not be computed, last: {last['reason']}")
    return text


def percent(fraction: float | None) -> str:
    """A fraction as people read it."""
    return "none" if fraction is None else f"{100 * fraction:.3g} %"


def when(moment: str | None) -> str:
    """A time to the minute."""
    return f"{text_of(moment)[:16].replace('T', ' ')} UTC"


def _listed(names: list[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
