"""The board as a piece of HTML, to be read from across the room; all text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from skyhub.board._state import BoardState

__all__ = ["board_html", "trouble_html"]

_STYLE = """<style>
.board { --ink: #e9eef4; --soft: #98a6b5; --tile: #151d27; --line: #2a3643; --good: #6fd08c; --bad: #ff8a80; --warn: #ffcf66;
  min-height: 100vh; box-sizing: border-box; padding: 1.4vw; background: #0b1017; color: var(--ink);
  font: clamp(15px, 1.15vw, 30px)/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.board header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .2em 1.5em; }
.board h1 { font-size: 1.5em; margin: 0; } .board time { font-size: 2em; font-weight: 600; }
.board .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22em), 1fr)); gap: 1em; margin-top: 1em; }
.board section { background: var(--tile); border: 1px solid var(--line); border-radius: 10px; padding: .8em 1.1em; min-width: 0; }
.board h2 { font-size: 1em; color: var(--soft); font-weight: 600; margin: 0 0 .4em; }
.board ul { list-style: none; margin: 0; padding: 0; }
.board li { padding: .2em 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; } .board li:first-child { border: 0; }
.board dl { display: flex; flex-wrap: wrap; gap: .3em 1.4em; margin: 0 0 .3em; }
.board dl div { display: flex; flex-direction: column-reverse; }
.board dd { margin: 0; font-size: 1.9em; font-weight: 700; line-height: 1.15; }
.board .soft { color: var(--soft); } .board .good { color: var(--good); } .board .bad { color: var(--bad); }
.board .warn { color: var(--warn); }
</style>"""
_STATES = {
    "good": {"done", "running", "ok", "approved"},
    "bad": {"failed", "down", "missed", "unsure"},
    "warn": {"queued", "slow", "paused", "waiting", "reviewed", "sending", "handed over", "submitted"},
}
_MARKS = {"good": "✓ ", "bad": "✕ ", "warn": "◐ ", "soft": ""}
_TAGS = 4
_SECONDS = {"d": 86400, "h": 3600, "min": 60}


def board_html(state: BoardState) -> str:
    """The board."""
    tiles = [
        _tile("Night", _night(state), state.refused.get("night")),
        _tile("Events", _list(map(_event(state.at), state.events), "No event yet."), state.refused.get("events")),
        _tile("Reports, last 24 h", _runs(state), state.refused.get("runs")),
        _tile("Queues", _queues(state), state.refused.get("queues")),
        _tile("On shift", _list(map(_shift, state.shifts), "Nobody is on shift."), state.refused.get("shifts")),
        _tile("Streams and brokers", _feeds(state), state.refused.get("streams")),
    ]
    seen = f"as {state.viewer} sees it ({', '.join(state.groups) or 'public'})"
    head = f'<h1>skyhub</h1><span class="soft">{escape(seen)}</span><time>{state.at:%Y-%m-%d %H:%M:%S} UTC</time>'
    return f'{_STYLE}<main class="board"><header>{head}</header><div class="tiles">{"".join(tiles)}</div></main>'


def trouble_html(message: str) -> str:
    """What stands there when the board cannot be read."""
    return f'{_STYLE}<main class="board" role="alert"><h1>skyhub</h1><p class="bad">{escape(message)}</p></main>'


def _tile(title: str, content: str, refused: str | None) -> str:
    shown = f'<p class="bad">{escape(refused)}</p>' if refused else content
    return f'<section aria-label="{escape(title)}"><h2>{escape(title)}</h2>{shown}</section>'


def _night(state: BoardState) -> str:
    night = state.night
    if not night:
        return '<p class="soft">No night has candidates yet.</p>'
    last = night["last_alert_at"]
    came = f"last alert stored {_ago(state.at, last)} ago" if last else "no alert"
    left = night["n_candidates"] - night["n_decided"]
    figures = {
        "alerts": night["n_alerts"],
        "candidates": night["n_candidates"],
        "decided": night["n_decided"],
        "saved": night["n_saved"],
        "left": left,
    }
    return f'{_figures(figures)}<p class="soft">{escape(night["dayobs"])}, {came}</p>'


def _event(at: datetime) -> Any:
    def line(event: Mapping[str, Any]) -> str:
        name = next((alias.rpartition("#")[2] for alias in event["aliases"]), event["event"])
        tags = ", ".join(event["tags"][:_TAGS])
        retracted = '<span class="bad">✕ retracted</span> ' if event["retracted"] else ""
        ago = _ago(at, event["trigger_time"] or event["dateobs"])
        return f'<b>{escape(name)}</b> {retracted}<span class="soft">{ago} ago; {escape(tags)}</span>'

    return line


def _runs(state: BoardState) -> str:
    lines = (
        f'{_state(run["state"])} {escape(run["name"])} <span class="soft">{run["changed_at"][11:16]}'
        f"{escape(': ' + run['detail'][:120]) if run['state'] == 'failed' and run['detail'] else ''}</span>"
        for run in state.runs
    )
    return _figures(state.n_runs) + _list(lines, "No report ran.")


def _queues(state: BoardState) -> str:
    lines = [
        *(f"{n} requests to telescopes: {_state(name)}" for name, n in state.n_requests.items()),
        *(f"{n} circulars: {_state(name)}" for name, n in state.n_circulars.items()),
    ]
    return _list(lines, "Nothing waits.")


def _shift(shift: Mapping[str, Any]) -> str:
    names = ", ".join(member["user"] for member in shift.get("members") or ())
    until = shift["end_date"][11:16]
    return f'<b>{escape(shift["name"])}</b> until {until} UTC <span class="soft">{escape(names)}</span>'


def _feeds(state: BoardState) -> str:
    feeds = [(row["stream_name"], row) for row in state.streams] + [(row["name"], row) for row in state.brokers]
    lines = (
        f'{_state(row["state"])} {escape(name)} <span class="soft">{escape(row["reason"] or "")}</span>'
        for name, row in sorted(feeds, key=lambda feed: _kind(feed[1]["state"]))
    )
    return _list(lines, "No stream and no broker is declared.")


def _figures(figures: Mapping[str, int]) -> str:
    return "<dl>" + "".join(f"<div><dt>{escape(name)}</dt><dd>{n}</dd></div>" for name, n in figures.items()) + "</dl>"


def _list(lines: Iterable[str], nothing: str) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else f'<p class="soft">{nothing}</p>'


def _state(name: str) -> str:
    kind = _kind(name)
    return f'<span class="{kind}">{_MARKS[kind]}{escape(name)}</span>'


def _kind(state: str) -> str:
    return next((kind for kind, names in _STATES.items() if state in names), "soft")


def _ago(at: datetime, then: datetime) -> str:
    """How long ago, in the largest unit of which there are at least two."""
    seconds = max(0.0, (at - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds())
    for unit, length in _SECONDS.items():
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
