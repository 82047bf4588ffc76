"""What executed observations covered of an event's localization, when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._log_upload import LogUpload
from skyhub_widgets.dashboard._panels import Panels
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, server_path, stack

__all__ = ["ObservedPanel"]

_MOST_DRAWN = 5000
_MAPS = {"depth": "depth", "visits": "visits", "remaining": "probability that remains"}
_COLUMNS: list[dict[str, Any]] = [
    {"field": "what", "title": "Seen"},
    {"field": "n_observations", "title": "Exposures", "kind": "number", "digits": 0},
    {"field": "probability", "title": "Probability", "kind": "number", "digits": 3},
    {"field": "area", "title": "Area", "unit": "deg²", "kind": "number", "digits": 1},
    {"field": "area_inside", "title": "In the region", "unit": "deg²", "kind": "number", "digits": 1},
    {"field": "depth", "title": "Median depth", "unit": "mag", "kind": "number", "digits": 2},
]


class ObservedPanel:
    """Coverage as a table, and pointings on the sky: asked for by a button, as the first answer may take seconds.

    Parameters
    ----------
    page
        The page that it is on.
    draw
        Draws pointings, rows with ``ra`` and ``dec``; none of them to take them away.
    """

    def __init__(self, page: Page, draw: Callable[[list[dict[str, Any]]], None]) -> None:
        self._page, self._draw = page, draw
        self._localization: str | None = None
        self._as_of: str | None = None
        self._level = 0.9
        self._ask = button("What was observed", self._look)
        self._told = widgets.HTML()
        self._bring = Panels({"Bring a log in": lambda: LogUpload(page, self._look).box})
        self._table = RecordTable(columns=_COLUMNS, id_field="what", table_key="event-observed", page_size=25)
        self.box = stack(row(self._ask, self._told), self._table, *([self._bring] if may(page, "upload") else []))
        self._clear()

    def show(self, localization: str | None, level: float, as_of: str | None) -> None:
        """Be about a localization, a credible level of it and a time; what was shown of another one goes."""
        if (localization, level, as_of) == (self._localization, self._level, self._as_of):
            return
        self._localization, self._level, self._as_of = localization, level, as_of
        self._clear()

    def _clear(self) -> None:
        self._ask.disabled = self._localization is None
        self._ask.tooltip = "No localization has come yet." if self._localization is None else ""
        self._told.value, self._table.records = "", []
        self._table.layout.display = "none"
        self._draw([])

    def _look(self) -> None:
        sky, number = self._page.sky, self._localization
        if number is None:
            return
        try:
            found = sky.localizations.coverage(int(number), as_of=self._as_of, level=self._level)
            start = found["since"]
            rows = sky.observations(start=start, as_of=self._as_of, limit=_MOST_DRAWN).to_rows() if start else []
        except SkyhubError as error:
            self._told.value = alert(error.message)
            return
        self._told.value = note(_told(found)) + (_maps_html(number) if found["n_observations"] else "")
        self._table.records = _rows(found)
        self._table.layout.display = None if found["n_observations"] else "none"
        self._draw(list({(row["ra"], row["dec"]): row for row in rows}.values()))


def _maps_html(number: str) -> str:
    """Links to HEALPix maps of what was observed."""
    address = server_path(f"skyhub/api/localizations/{number}/observed/")
    links = " · ".join(f'<a href="{escape(address + kind)}.fits" download>{text}</a>' for kind, text in _MAPS.items())
    return f"<p>HEALPix maps: {links}</p>"


def _told(found: dict[str, Any]) -> str:
    if not found["n_observations"]:
        unmapped = " ".join(found["unmapped"].values())
        return f"No observations of this localization since its time are known here. {unmapped}".strip()
    hours = found["exposure_s"] / 3600
    share = found["area_inside"] / found["region_area"] if found["region_area"] else 0.0
    return (
        f"{found['n_observations']} exposures of {found['n_pointings']} pointings with {', '.join(found['instruments'])}, "
        f"{hours:.1f} h of exposure from {_minute(found['first'])} to {_minute(found['last'])} UTC: "
        f"{found['probability']:.1%} of the probability, {share:.0%} of the {found['level']:.0%} region."
    )


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    often = [{**each, "what": f"at least {each['at_least']}×"} for each in found["visits"] if each["area"] > 0]
    often[:1] = [
        {**each, "n_observations": found["n_observations"], "depth": found["depth"]["median"]} for each in often[:1]
    ]
    return [*often, *({**each, "what": each["filter"]} for each in found["filters"])]
