"""Streams and brokers: what comes in from where, how each fares, and what was refused; looked after by administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._ticker import Ticker
from skyhub_widgets.dashboard._view import Page, alert, button, header, heading, note, row, stack

__all__ = ["StreamsView"]

_SECONDS = 5.0
_SHOWN_BYTES = 1024
_LINE = 16
_CUT = 3
"""Bytes of a character that the end of what is shown may have cut."""
_MARKS = {
    "running": "✓ running",
    "ok": "✓ ok",
    "waiting": "… waiting",
    "unasked": "… not asked yet",
    "slow": "◐ slow",
    "paused": "‖ paused",
    "down": "✕ down",
}
_STREAM_COLUMNS: list[dict[str, Any]] = [
    {"field": "stream_name", "title": "Stream"},
    {"field": "state", "title": "State"},
    {"field": "reason", "title": "Why"},
    {"field": "last_packet_at", "title": "Last packet", "unit": "UTC", "kind": "time"},
    {"field": "rate", "title": "Rate", "unit": "1/s", "kind": "number", "digits": 1},
    {"field": "lag", "title": "Waiting", "kind": "integer", "description": "Messages, files or objects to be read"},
    {"field": "n_stored", "title": "Stored", "kind": "integer"},
    {"field": "n_refused", "title": "Refused", "kind": "integer"},
    {"field": "next_try_at", "title": "Next try", "unit": "UTC", "kind": "time"},
    {"field": "kind", "title": "Kind"},
    {"field": "n_duplicates", "title": "There already", "kind": "integer", "hidden": True},
    {"field": "seconds", "title": "Answer took", "unit": "s", "kind": "number", "digits": 1, "hidden": True},
    {"field": "since", "title": "Counted since", "unit": "UTC", "kind": "time", "hidden": True},
]
_BROKER_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Broker"},
    {"field": "state", "title": "State"},
    {"field": "reason", "title": "Why"},
    {"field": "last_answer_at", "title": "Last answer", "unit": "UTC", "kind": "time"},
    {"field": "seconds", "title": "Took", "unit": "s", "kind": "number", "digits": 2},
    {"field": "next_try_at", "title": "Next try", "unit": "UTC", "kind": "time"},
    {"field": "kind", "title": "Kind"},
    {"field": "survey", "title": "Survey"},
]
_REFUSED_COLUMNS: list[dict[str, Any]] = [
    {"field": "refused_message_id", "title": "Message"},
    {"field": "reason", "title": "Why"},
    {"field": "place", "title": "Where"},
    {"field": "known_at", "title": "When", "unit": "UTC", "kind": "time"},
    {"field": "n_records", "title": "Records", "kind": "integer"},
    {"field": "message_size", "title": "Size", "unit": "B", "kind": "integer"},
]


class StreamsView:
    """The page of streams and brokers.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._message, self._summary, self._detail = widgets.HTML(), widgets.HTML(), stack()
        self._streams = RecordTable(
            columns=_STREAM_COLUMNS,
            id_field="stream_name",
            table_key="streams",
            empty_text="No stream has said anything yet: declare some under “streams” in the settings.",
        )
        self._streams.on_click(lambda name: page.go("streams", name=name))
        self._brokers = RecordTable(
            columns=_BROKER_COLUMNS,
            id_field="name",
            table_key="brokers",
            empty_text="No broker is declared under “brokers” in the settings.",
        )
        self._brokers.on_click(lambda name: page.go("streams", broker=name))
        self._lists = stack(self._streams, heading("Brokers"), self._brokers)
        self._all = button("← All streams", lambda: page.go("streams"))
        up = button("← Library", lambda: page.go("library"))
        head = header("Streams and brokers", up, self._all)
        self.box = widgets.VBox([head, self._summary, self._message, self._lists, self._detail])
        self._live: Callable[[], object] = _nothing
        self._ticker = Ticker(self, StreamsView.look_again, _SECONDS)

    def show(self, params: Mapping[str, str]) -> None:
        """List them anew; ``name`` or ``broker`` in the address chooses one."""
        self._message.value = ""
        self._live = _nothing
        self._refresh()
        detail: tuple[widgets.Widget, ...] = ()
        if name := params.get("name"):
            detail = self._stream(name)
        elif name := params.get("broker"):
            detail = self._broker(name)
        self._detail.children = detail
        self._lists.layout.display = "none" if detail else None
        self._all.layout.display = None if detail else "none"
        self._ticker.start()

    def hear(self, event: Mapping[str, Any]) -> None:
        """A stream has changed its state."""
        if event["kind"] == "streams" and self._is_shown():
            self._refresh()

    def look_again(self) -> None:
        """Bring the lists up to date while they are looked at; called from another thread."""
        if self._is_shown():
            with suppress(SkyhubError):
                self._page.in_main(self._present, *self._told())

    def _is_shown(self) -> bool:
        return bool(self.box.layout.display != "none")

    def _refresh(self) -> None:
        try:
            self._present(*self._told())
        except SkyhubError as error:
            self._summary.value = alert(error.message)

    def _told(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        ask = self._page.sky.transport.get
        return ask("/api/streams")["streams"], ask("/api/brokers")["brokers"]

    def _present(self, streams: list[dict[str, Any]], brokers: list[dict[str, Any]]) -> None:
        self._summary.value = _summary(streams, brokers)
        _update(self._streams, [{**s, "state": _MARKS[s["state"]]} for s in streams])
        _update(self._brokers, [{**b, "state": _MARKS[b["state"]]} for b in brokers])
        self._live()

    def _stream(self, name: str) -> tuple[widgets.Widget, ...]:
        told, streams = widgets.HTML(), self._page.sky.streams
        pause, resume, again = (
            button(text, lambda text=text, give=give: self._order(text, give, name))  # type: ignore[misc]
            for text, give in (("Pause", streams.pause), ("Resume", streams.resume), ("Try again now", streams.retry))
        )

        def live() -> None:
            known = next((s for s in self._streams.records if s["stream_name"] == name), None)
            told.value = _words(known) if known else note(f"The stream {name} has said nothing yet.")
            paused = known is not None and known["state"] == _MARKS["paused"]
            pause.layout.display, resume.layout.display = ("none", None) if paused else (None, "none")

        self._live = live
        live()
        if not self._administers():
            closed = note("What it has refused is shown to administrators, who may also pause it.")
            return heading(name), told, widgets.HTML(closed)
        return heading(name), told, row(again, pause, resume), heading("Refused"), *self._refused(name)

    def _refused(self, name: str) -> tuple[widgets.Widget, ...]:
        shown = widgets.HTML()
        table = RecordTable(
            self._page.sky.streams.refused(name).to_rows(),
            _REFUSED_COLUMNS,
            id_field="refused_message_id",
            table_key="refused",
            empty_text="It has refused nothing.",
        )

        def look(number: str) -> None:
            try:
                shown.value = _bytes_shown(number, self._page.sky.streams.refused_message(number))
            except SkyhubError as error:
                shown.value = alert(error.message)

        table.on_click(look)
        return table, shown

    def _broker(self, name: str) -> tuple[widgets.Widget, ...]:
        told = widgets.HTML()

        def live() -> None:
            known = next((b for b in self._brokers.records if b["name"] == name), None)
            told.value = _words(known) if known else note(f"No broker {name} is declared.")

        self._live = live
        live()
        again = button(
            "Ask again now", lambda: self._order("Ask again now", lambda n: self._page.sky.broker(n).retry(), name)
        )
        return heading(name), told, *((row(again),) if self._administers() else ())

    def _administers(self) -> bool:
        return "administer" in self._page.me["scopes"]

    def _order(self, text: str, give: Callable[[str], object], name: str) -> None:
        try:
            give(name)
            self._message.value = note(f"“{text}” was passed on to {name}; it hears of it within seconds.")
        except SkyhubError as error:
            self._message.value = alert(error.message)
        self._refresh()


def _nothing() -> None:
    """No stream or broker is chosen."""


def _update(table: RecordTable, records: list[dict[str, Any]]) -> None:
    """New rows, unless they are those that are shown: a table that is drawn anew forgets where one was."""
    if table.records != records:
        table.records = records


def _summary(streams: list[dict[str, Any]], brokers: list[dict[str, Any]]) -> str:
    bad = [entry.get("stream_name") or entry["name"] for entry in (*streams, *brokers) if entry["state"] == "down"]
    if bad:
        return alert(f"Down: {', '.join(map(str, bad))}.")
    refused = sum(stream["n_refused"] for stream in streams)
    words = f"{len(streams)} streams, {len(brokers)} brokers; none is down."
    return note(f"{words} {refused} records were refused." if refused else words)


def _words(known: Mapping[str, Any]) -> str:
    reason = f": {known['reason']}" if known["reason"] else ""
    due = f" Next try {str(known['next_try_at'])[:19].replace('T', ' ')} UTC." if known["next_try_at"] else ""
    counts = ""
    if "n_stored" in known:
        waiting = "" if known["lag"] is None else f"; {known['lag']} wait"
        counts = note(
            f"{known['rate']:.1f} packets a second{waiting}. Since {str(known['since'])[:16].replace('T', ' ')} UTC "
            f"{known['n_stored']} were stored, {known['n_duplicates']} were there already, {known['n_refused']} refused."
        )
    return f"<p>{escape(known['state'])}{escape(reason)}{escape(due)}</p>{counts}"


def _bytes_shown(number: str, data: bytes) -> str:
    """A message as text if it is one, else as hexadecimal numbers beside the characters."""
    begin = data[:_SHOWN_BYTES]
    text = begin.decode(errors="ignore")
    cut = _CUT if len(data) > _SHOWN_BYTES else 0
    if len(text.encode()) < len(begin) - cut or not all(c.isprintable() or c in "\r\n\t" for c in text):
        text = _hexadecimal(begin)
    rest = f"; the first {_SHOWN_BYTES}" if len(data) > _SHOWN_BYTES else ""
    style = "overflow:auto;max-height:320px;padding:8px;border:1px solid var(--skyhub-border, #c9d1da);font-size:12px"
    return f"{note(f'Message {number}, {len(data)} bytes{rest}:')}<pre style='{style}'>{escape(text)}</pre>"


def _hexadecimal(data: bytes) -> str:
    lines = (data[at : at + _LINE] for at in range(0, len(data), _LINE))
    return "\n".join(
        f"{line.hex(' '):{3 * _LINE}} {''.join(chr(c) if 32 <= c < 127 else '.' for c in line)}" for line in lines
    )
