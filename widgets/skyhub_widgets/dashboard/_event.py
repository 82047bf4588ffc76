"""One event: its notices, its localizations, its sky, and the objects that may be its counterpart."""

from __future__ import annotations

from collections.abc import Container, Mapping
from contextlib import suppress
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import NotFound, SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._counterparts import CounterpartPanel
from skyhub_widgets.dashboard._efficiency_panel import EfficiencyPanel
from skyhub_widgets.dashboard._event_circulars import EventCirculars
from skyhub_widgets.dashboard._event_galaxies import GalaxyPanel
from skyhub_widgets.dashboard._event_observed import ObservedPanel
from skyhub_widgets.dashboard._event_sky import EventSky
from skyhub_widgets.dashboard._event_tables import MAP_COLUMNS, map_rows, notice_columns, notice_rows
from skyhub_widgets.dashboard._event_talk import EventTalk
from skyhub_widgets.dashboard._event_timeline import timeline_html
from skyhub_widgets.dashboard._event_times import KnownWhen
from skyhub_widgets.dashboard._event_triggers import TriggerPanel
from skyhub_widgets.dashboard._observers_panel import ObserversPanel
from skyhub_widgets.dashboard._panels import Panels
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row, stack

__all__ = ["EventPanel"]

_MOST_GALAXIES = 200
_REPORT = "event_summary"
_TAG_STYLE = "border:1px solid var(--skyhub-border, #c5ccd4);border-radius:9px;padding:1px 8px;white-space:nowrap"


class EventPanel:
    """All that is shown of one event.

    Parameters
    ----------
    page
        The page that it is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._name, self._params = page, "", dict[str, str]()
        self._event: dict[str, Any] = {}
        self._about, self._message = widgets.HTML(), widgets.HTML()
        self._when = KnownWhen(self.refresh)
        self._level = widgets.Dropdown(description="Level", options=[0.5, 0.9, 0.95, 0.99], value=0.9)
        self._level.observe(lambda _: self._look(), "value")
        self._maps = RecordTable(
            columns=MAP_COLUMNS, id_field="localization_id", table_key="event-maps", page_size=10,
            empty_text="No localization has come yet.",
        )  # fmt: skip
        self._maps.on_click(self._choose_map)
        self._notices = RecordTable(columns=(), id_field="event_notice_id", table_key="event-notices", page_size=25)
        self._counterparts = CounterpartPanel(page, self._look)
        self._sky = EventSky(page, self._counterparts.choose, self._draw_others)
        self._galaxies = GalaxyPanel()
        self._observed = ObservedPanel(page, self._draw_pointings)
        self._observers = Panels({"Who can see it": self._who_can_see, "Efficiency": self._efficiency})
        self._seen_of: str | None = None
        self._timeline = widgets.HTML(layout=widgets.Layout(width="100%", max_width="900px"))
        self._triggers = TriggerPanel(page)
        self._published, self._talk = EventCirculars(page), EventTalk(page)
        self._scan = button("Scan inside", self._scan_inside)
        self._plan = button("Plan", lambda: page.go("plan", localization=self._chosen()))
        self._circulars = button("Circulars", self._list_circulars)
        self._galaxy_nights = button(
            "Observability of its galaxies", lambda: page.go("observability", event=self._name)
        )
        self._report = button("Report", self._offer_reports)
        self._reports = row()
        self._report.disabled = not may(page, "report")
        self._report.tooltip = "Run the report Event summary"
        self._level.layout.width, self._level.layout.max_width = "200px", "100%"
        self._known = stack(
            self._talk.advocates, self._timeline, self._sky.box, self._observers,
            heading("Counterparts"), self._counterparts.box, heading("Galaxies"), self._galaxies.box,
            heading("Localizations"), self._maps,
            heading("Follow-up"), self._triggers.box, heading("Observations"), self._observed.box,
            heading("Published circulars"), self._published.box,
            heading("Notices"), self._notices, heading("Comments"), self._talk.box,
        )  # fmt: skip
        buttons = (self._scan, self._plan, self._galaxy_nights, self._report, self._circulars)
        self.box = stack(
            self._about, row(self._when.control, self._level, *buttons), self._reports, self._message, self._known
        )

    def show(self, name: str, params: Mapping[str, str]) -> None:
        """Show an event; ``localization``, ``level`` and ``maps`` say where is looked, and what else is drawn."""
        if name != self._name:
            self._name, self._event, self._about.value = "", {}, ""
            self._when.forget()
        self._params = dict(params)
        with suppress(ValueError):
            level = float(params.get("level", 0.9))
            if level in self._level.options:
                self._level.value = level
        self._name = name
        self.refresh()

    def is_about(self, change: Mapping[str, Any]) -> bool:
        """Whether a live change tells of the event that is shown."""
        told = "about_id" if change.get("about_table") == "events" else "event_id"
        return bool(self._event) and str(change.get(told)) == str(self._event["event_id"])

    def _list_circulars(self) -> None:
        if self._event:
            self._page.go("circulars", event=next(iter(self._event["aliases"]), self._event["event"]))

    def _offer_reports(self) -> None:
        """Run the report about an event; where groups of the viewer have others about one, ask which."""
        if not self._event:
            return
        own = {t["name"]: t for t in self._page.sky.reports.templates() if "event" in t["parameters"] and "group" in t}
        if not own:
            self._ask_for_report(_REPORT, {"level"})
            return
        choices = [button("Event summary", partial(self._ask_for_report, _REPORT, {"level"}))]
        choices += [button(name, partial(self._ask_for_report, name, t["parameters"])) for name, t in own.items()]
        self._reports.children = choices

    def _ask_for_report(self, name: str, known: Container[str]) -> None:
        if not self._event:
            return
        self._reports.children = ()
        named = next(iter(self._event["aliases"]), self._event["event"])
        level = {"level": self._level.value} if "level" in known else {}
        try:
            number = self._page.sky.reports.request(name, event=named, **level)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._page.go("reports", report_id=number)

    def refresh(self, talk: bool = True) -> None:
        """Read it anew, as it is known at the time of the slider; with what people say of it, if that may have changed."""
        if not self._name:
            return
        try:
            self._event = self._page.sky.events.get(self._name, as_of=self._when.as_of)
        except SkyhubError as error:
            self._hide(error)
            return
        if self._when.as_of is None:
            self._when.offer(self._event)
        self._known.layout.display = None
        self._about.value = about_html(self._event)
        self._timeline.value = timeline_html(self._event, self._when.as_of)
        self._maps.records = map_rows(self._event)
        with self._notices.hold_sync():
            self._notices.columns = notice_columns(self._event)
            self._notices.records = notice_rows(self._event)
        with self._sky.in_one():
            self._sky.show_horizon(self._event["trigger_time"])
            self._look()
        self.refresh_circulars()
        if talk:
            self.refresh_talk()

    def refresh_circulars(self) -> None:
        """Read anew which circulars about it are here."""
        self._published.show(self._name, self._when.as_of)

    def refresh_talk(self) -> None:
        """Read anew what people say of it, and what they decided with allocations."""
        self._triggers.show(self._event, self._when.as_of)
        self._talk.show(self._event["event_id"], self._when.as_of)

    def _hide(self, error: SkyhubError) -> None:
        """Leave nothing of another time or event in sight."""
        self._known.layout.display, self._scan.disabled, self._plan.disabled = "none", True, True
        self._galaxy_nights.disabled = True
        text = error.message
        if isinstance(error, NotFound) and not self._when.is_now:
            text = f"{self._name} was not known here then, or you could not see it. Choose a later time, or now."
        self._message.value = alert(text)

    def _chosen(self) -> str | None:
        known = [str(one["localization_id"]) for one in self._event.get("localizations", ())]
        wanted = self._params.get("localization")
        return wanted if wanted in known else next(iter(known), None)

    def _look(self) -> None:
        """Bring the sky and the counterparts up to date."""
        if self._name and self._known.layout.display != "none":
            with self._sky.in_one():
                self._look_inside()

    def _look_inside(self) -> None:
        chosen, then = self._chosen(), self._when.as_of
        self._scan.disabled = self._plan.disabled = self._galaxy_nights.disabled = chosen is None
        asked = {"localization": chosen, "level": self._level.value}
        galaxies = None
        rows: list[dict[str, Any]] = []
        self._message.value = ""
        try:
            if chosen is not None:
                events, which = self._page.sky.events, self._counterparts.asked(self._event["trigger_time"])
                rows = events.counterparts(self._name, as_of=then, **asked, **which).to_rows()
                galaxies = events.galaxies(self._name, as_of=then, limit=_MOST_GALAXIES, **asked)
            self._sky.show(called(self._event), self._event["localizations"], chosen, self._others(), then)
        except SkyhubError as error:
            self._message.value = alert(error.message)
        self._sky.show_points("Galaxies", self._galaxies.show(galaxies), "name", "muted")
        self._sky.show_points("Counterparts", rows, "object_id", "bad")
        for name, colour in (("Sun", "warning"), ("Moon", "text")):
            self._sky.show_points(name, [{**self._event[name.lower()], "name": name}], "name", colour)
        self._counterparts.show(self._name, rows, located=chosen is not None)
        self._observed.show(chosen, self._level.value, then)
        if chosen != self._seen_of:
            self._seen_of = chosen
            self._observers.reset()

    def _who_can_see(self) -> widgets.Widget:
        chosen = self._chosen()
        if chosen is None:
            return widgets.HTML(note("No localization has come yet."))
        return ObserversPanel(self._page, chosen, self._event["trigger_time"]).box

    def _efficiency(self) -> widgets.Widget:
        chosen = self._chosen()
        return (
            widgets.HTML(note("No localization has come yet."))
            if chosen is None
            else EfficiencyPanel(self._page, chosen).box
        )

    def _others(self) -> list[str]:
        """Localizations whose borders are drawn beside those of the chosen one."""
        return self._params.get("maps", "").split(",")

    def _draw_others(self, numbers: list[str]) -> None:
        chosen = self._chosen()
        self._params["maps"] = ",".join(number for number in numbers if number != chosen)
        self._page.keep("events", **self._params)
        self._sky.show(called(self._event), self._event["localizations"], chosen, self._others(), self._when.as_of)

    def _draw_pointings(self, rows: list[dict[str, Any]]) -> None:
        told = [{**each, "label": f"{each['instrument']} {each['filter'] or ''}"} for each in rows]
        self._sky.show_points("Pointings", told, "label", "good")

    def _choose_map(self, number: str) -> None:
        self._page.go("events", **{**self._params, "localization": number, "level": self._level.value})

    def _scan_inside(self) -> None:
        self._page.go("scan", localization=self._chosen(), level=self._level.value)


def about_html(event: Mapping[str, Any]) -> str:
    """The event in a few lines."""
    names = " · ".join(escape(str(alias)) for alias in event["aliases"])
    when = note(f"{event['event']} UTC · {event['role']}")
    tags = " ".join(f'<span style="{_TAG_STYLE}">{escape(tag)}</span>' for tag in event["tags"])
    gone = alert("This event was retracted.") if event["retracted"] else ""
    return f"<h3 style='margin:4px 0'>{escape(called(event))}</h3>{when}{gone}<p>{names}</p><p style='line-height:1.9'>{tags}</p>"


def called(event: Mapping[str, Any]) -> str:
    """What people call an event: its first name without the mission's, or its time."""
    return next((str(alias).partition("#")[2] for alias in event["aliases"]), str(event["event"]))
