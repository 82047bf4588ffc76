"""What is told of a circular beside its text, as HTML: findings, numbers by hand, facts, differences, steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from skyhub_widgets.dashboard._filter_texts import when
from skyhub_widgets.dashboard._view import alert, note, server_path

__all__ = ["differences_html", "event_name", "facts_html", "judgement_html", "state_html", "steps_html"]

_COLOURS = {"error": "bad", "warning": "warning", "info": "text-muted"}
_PRE = "white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 var(--skyhub-font-mono, monospace);margin:4px 0"
_MARKS = {
    "same": (" ", "inherit"),
    "removed": ("−", "var(--skyhub-bad, #b3261e)"),
    "added": ("+", "var(--skyhub-good, #1b7f4d)"),
}
_AROUND = 2
_LEFT_OUT = ("lint", "queries")


def event_name(event: str) -> str:
    """How people call an event: ``LVC#S230518h`` without its mission."""
    return event.rpartition("#")[2]


def judgement_html(judgement: Mapping[str, Any]) -> str:
    """Warnings, what the linter finds, and the numbers that are by hand."""
    warnings = "".join(alert(f"Mind: {text}.") for text in judgement["warnings"])
    findings = "".join(map(_finding, judgement["findings"])) or note("The linter finds nothing.")
    numbers = judgement["numbers"]
    by_hand = "".join(map(_number, numbers)) or note("No number differs from what the run wrote.")
    return f"{warnings}{_head('Linter', len(judgement['findings']))}{findings}{_head('Numbers by hand', len(numbers))}{by_hand}"


def state_html(circular: Mapping[str, Any]) -> str:
    """How far a circular has come, and by whom."""
    reviewed = f" · reviewed by {', '.join(circular['reviewed_by'])}" if circular["reviewed_by"] else ""
    approved = f" · approved by {circular['approved_by']}" if circular["approved_by"] else ""
    number = f" · GCN Circ. {circular['number']}" if circular["number"] else ""
    shared = f" · {', '.join(circular['groups']) or 'everybody'}"
    head = f"<b>{escape(circular['state'])}</b> · version {circular['version']} by {escape(circular['edited_by'])}"
    page = escape(server_path(f"skyhub/api/circulars/{circular['circular_id']}/pdf"))
    told = f'{escape(reviewed + approved + number + shared)} · <a href="{page}">PDF</a>'
    text = f'<p style="margin:4px 0">{head}{told}</p>'
    return text + (note(circular["detail"]) if circular["detail"] else "")


def differences_html(compared: Mapping[str, Any]) -> str:
    """The lines that differ, with two lines around each."""
    lines = compared["lines"]
    changed = {n for n, line in enumerate(lines) if line["change"] != "same"}
    if not changed:
        return note("Nothing differs.")
    shown = sorted({m for n in changed for m in range(n - _AROUND, n + _AROUND + 1) if 0 <= m < len(lines)})
    parts, last = [], -1
    for n in shown:
        parts.append("⋯" if n > last + 1 else "")
        parts.append(_line(lines[n]))
        last = n
    return f'<div style="{_PRE}">{"<br>".join(filter(None, parts))}</div>'


def facts_html(facts: Mapping[str, Any] | None) -> str:
    """The facts of a run; lists of records as tables."""
    if facts is None:
        return note("It was made from no run.")
    return "".join(_fact(name, value) for name, value in facts.items() if name not in _LEFT_OUT)


def steps_html(steps: Sequence[Mapping[str, Any]]) -> str:
    """Who did what with which version, newest first."""
    rows = "".join(
        f"<tr><td>{when(step['known_at'])}</td><td>version {step['version']}</td><td>{escape(_step(step))}</td></tr>"
        for step in reversed(steps)
    )
    return f'<div style="overflow-x:auto"><table>{rows}</table></div>' if rows else note("Nobody has signed it yet.")


def _step(step: Mapping[str, Any]) -> str:
    way = f" by {step['way']}" if step["way"] else ""
    number = f", GCN Circ. {step['number']}" if step["number"] else ""
    who = f": {step['user_name']}" if step["user_name"] else ""
    reason = f" ({step['detail']})" if step["detail"] else ""
    return f"{step['step']}{way}{number}{who}{reason}"


def _head(text: str, count: int) -> str:
    return f'<p style="margin:8px 0 2px"><b>{text}</b>{f" ({count})" if count else ""}</p>'


def _finding(found: Mapping[str, Any]) -> str:
    colour = f"var(--skyhub-{_COLOURS[found['severity']]}, currentColor)"
    where = f"line {found['line']}" if found["line"] else "subject"
    head = f'<b style="color:{colour}">{found["severity"]}</b> · {where} · {escape(found["rule"])}'
    return f'<p style="margin:2px 0">{head}<br>{escape(found["message"])}</p>'


def _number(number: Mapping[str, Any]) -> str:
    where = f"line {number['line']}" if number["line"] else "subject"
    now = f"<b>{escape(number['now'])}</b>" if number["now"] else "left out"
    was = f"{'instead of ' if number['now'] else ''}{escape(number['was'])}" if number["was"] else "written in"
    known = "" if number["now"] is None else "in the facts" if number["in_facts"] else "<b>not in the facts</b>"
    return f'<p style="margin:2px 0">{where} · {" · ".join(filter(None, (f"{now} {was}", known)))}</p>'


def _line(line: Mapping[str, str]) -> str:
    mark, colour = _MARKS[line["change"]]
    return f'<span style="color:{colour}">{mark} {escape(line["text"])}</span>'


def _fact(name: str, value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        names = list(value[0])
        head = "".join(f"<th>{escape(column)}</th>" for column in names)
        rows = "".join(f"<tr>{''.join(f'<td>{_cell(row.get(column))}</td>' for column in names)}</tr>" for row in value)
        table = f'<div style="overflow-x:auto"><table><tr>{head}</tr>{rows}</table></div>'
        return f"<details open><summary><b>{escape(name)}</b> ({len(value)})</summary>{table}</details>"
    return f'<p style="margin:2px 0"><b>{escape(name)}</b>: {_cell(value)}</p>'


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e5 else f"{value:.5f}"
    if isinstance(value, Mapping):
        return "; ".join(f"{escape(name)} {_cell(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return escape(str(value))
