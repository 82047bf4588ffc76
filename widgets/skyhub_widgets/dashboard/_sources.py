"""Sources: all objects that one may see, saved or not, by what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import pyarrow as pa
from skyhub.client import SkyTable
from skyhub.errors import SkyhubError

from skyhub_widgets._skyplot import SkyPlot
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._bulk import BulkActions
from skyhub_widgets.dashboard._columns import OBJECT_AND_POSITION
from skyhub_widgets.dashboard._criteria import from_address, to_address
from skyhub_widgets.dashboard._kept_searches import KeptSearches
from skyhub_widgets.dashboard._localization_choice import LocalizationChoice
from skyhub_widgets.dashboard._search_form import SearchForm
from skyhub_widgets.dashboard._view import Page, button, heading, may, note, row

__all__ = ["SourcesView"]

_PAGE = 50
_MOST_MEANT = 10_000
_MOST_DRAWN = 20_000
_MOST_NAMED = 2000
_MOST_OBSERVED = 50
_FIRST = {"saved": "saved"}
"""What is shown of an address that says nothing."""


def _number(field: str, title: str, unit: str = "", digits: int | None = None, hidden: bool = False) -> dict[str, Any]:
    kind = "integer" if digits is None else "number"
    return {"field": field, "title": title, "unit": unit, "kind": kind, "digits": digits, "hidden": hidden}


_COLUMNS: list[dict[str, Any]] = [
    {
        "field": "images",
        "title": "Images",
        "kind": "images",
        "description": "Science, template and difference of the newest alert",
    },
    OBJECT_AND_POSITION[0],
    {
        "field": "new",
        "title": "New",
        "description": "Found first by the last run of the persistent search",
        "hidden": True,
    },
    {"field": "classification", "title": "Class"},
    _number("probability", "Probability", digits=2, hidden=True),
    _number("redshift", "Redshift", digits=4),
    {"field": "groups", "title": "Saved to"},
    {"field": "tags", "title": "Tags"},
    _number("n_detections", "Detections"),
    _number("peak_mag", "Peak", "AB", 2),
    _number("last_mag", "Last", "AB", 2),
    _number("last_mjd", "Last detection", "MJD", 3),
    _number("rise_rate", "Rise", "mag/day", 3),
    *OBJECT_AND_POSITION[1:],
    _number("separation_arcsec", "Separation", "arcsec", 2, hidden=True),
    {"field": "saved_at", "title": "Saved at", "unit": "UTC", "kind": "time", "hidden": True},
    {"field": "saved_by", "title": "Saved by", "hidden": True},
    {"field": "created_at", "title": "Known since", "unit": "UTC", "kind": "time", "hidden": True},
    {"field": "lists", "title": "My lists", "hidden": True},
    {"field": "aliases", "title": "Other names", "hidden": True},
    _number("first_mjd", "First detection", "MJD", 3, hidden=True),
    _number("peak_mjd", "Time of peak", "MJD", 3, hidden=True),
    _number("decay_rate", "Fading", "mag/day", 3, hidden=True),
    _number("days_from_limit", "Days from limit", "d", 2, hidden=True),
    _number("mag_rms", "Scatter", "mag", 3, hidden=True),
]


class SourcesView:
    """The search page.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._conditions: dict[str, Any] = dict(_FIRST)
        self._cursors: list[str | None] = [None]
        """Of the pages up to the one that is shown."""
        self._answer = SkyTable(pa.table({"object_id": pa.array([], pa.string())}))
        self._total, self._next = 0, None
        self._form = SearchForm(page.me["groups"], LocalizationChoice(page.sky), self._chosen)
        self._kept = KeptSearches(page.sky, page.me["groups"], lambda: self._conditions, self._chosen)
        self._table = RecordTable(
            columns=_COLUMNS, id_field="object_id", table_key="sources", page_size=_PAGE, selectable=True,
            empty_text="Nothing was found: change a condition, or save candidates in Scan.",
        )  # fmt: skip
        self._table.on_images(self._thumbnails)
        self._table.on_click(lambda object_id: page.go("source", object_id=object_id))
        self._sky = SkyPlot("Objects that were found", height=340)
        self._sky.on_click(lambda object_id: page.go("source", object_id=object_id))
        self._said = widgets.HTML()
        self._back, self._on = button("← Page before", self._turn_back), button("Next page →", self._turn)
        self._targets = button("Observability", self._observe)
        self._bulk = BulkActions(page, self._meant, self._list)
        self.box = widgets.VBox([
            heading("Sources"), self._form.box, row(self._kept.menu, self._kept.box),
            row(self._said, self._back, self._on, self._targets), self._sky, self._table,
            self._bulk.box if self._may_write else _for_readers(),
        ], layout=widgets.Layout(grid_gap="6px"))  # fmt: skip

    def show(self, params: Mapping[str, str]) -> None:
        """List what the address asks for; without any condition, what is saved."""
        self._conditions = from_address(params) or dict(_FIRST)
        self._cursors = [None]
        self._form.fill(self._conditions)
        self._list(self._draw)

    def hear(self, event: Mapping[str, Any]) -> None:
        """A decision may have made or ended a source; a search may have been run; a localization may have come."""
        if event["kind"] == "localizations":
            self._form.list_places()
        if self.box.layout.display == "none":
            return
        if event["kind"] == "decision":
            self._list()
        elif event["kind"] == "searches":
            self._kept.list()

    @property
    def _may_write(self) -> bool:
        return may(self._page, "save")

    def _chosen(self, conditions: dict[str, Any]) -> None:
        """The address carries the conditions, so that they can be shared and gone back to."""
        self._page.go("sources", **to_address(conditions or {"saved": "all"}))
        self.show(to_address(conditions or {"saved": "all"}))

    def _list(self, *then: Any) -> None:
        self._form.say("")
        try:
            found = self._page.sky.search(**self._conditions, limit=_PAGE, cursor=self._cursors[-1])
        except SkyhubError as error:
            self._form.say(error.message)
            return
        self._answer, self._total, self._next = found, found.total, found.cursor
        new = self._kept.new
        self._table.records = [_row(record, new) for record in found]
        first = _PAGE * (len(self._cursors) - 1)
        shown = f"{first + 1} to {first + len(found)} of {found.total} found" if len(found) else "Nothing found"
        self._said.value = note(f"{shown}, among {found.seen} objects that you may see.")
        self._back.disabled, self._on.disabled = len(self._cursors) == 1, found.cursor is None
        for work in then:
            work()

    def _thumbnails(self, object_ids: Sequence[str]) -> dict[str, list[str | None]]:
        found = self._page.sky.thumbnails(object_ids)
        return {name: list(images.values()) for name, images in found.items()}

    def _draw(self) -> None:
        """All places on the sky; with their names, if they are few enough to be pointed at."""
        places = self._page.sky.search.places(**self._conditions).arrow.slice(0, _MOST_DRAWN)
        names = places["object_id"].to_pylist() if len(places) <= _MOST_NAMED else ()
        self._sky.set_points("Objects", places["ra"].to_numpy(), places["dec"].to_numpy(), names)

    def _turn(self) -> None:
        if self._next is not None:
            self._cursors.append(self._next)
            self._list()

    def _turn_back(self) -> None:
        if len(self._cursors) > 1:
            self._cursors.pop()
            self._list()

    def _observe(self) -> None:
        """When the marked objects, or those of the page, can be observed."""
        names = self._table.selected or self._answer["object_id"].to_pylist()
        self._page.go("observability", objects=",".join(names[:_MOST_OBSERVED]))

    def _meant(self, which: str) -> SkyTable:
        """The rows that something is to be done with: those of the page, all, or those marked in the table or on the sky."""
        if which == "page":
            return self._answer
        marked = {*self._table.selected, *self._sky.selected}
        if which != "all" and marked <= set(self._answer["object_id"].to_pylist()):
            return _among(self._answer, marked)
        everything = self._page.sky.search(**self._conditions, limit=_MOST_MEANT)
        return everything if which == "all" else _among(everything, marked)


def _for_readers() -> widgets.HTML:
    """What stands where the viewer may not write."""
    return widgets.HTML(note("To save, classify or list objects here, ask for the role of a scanner."))


def _among(table: SkyTable, names: set[str]) -> SkyTable:
    chosen = [name in names for name in table["object_id"].to_pylist()]
    return SkyTable(table.arrow.filter(pa.array(chosen, pa.bool_())))


def _row(record: Mapping[str, Any], new: set[str]) -> dict[str, Any]:
    texts = {name: ", ".join(value) for name, value in record.items() if isinstance(value, list)}
    times = {name: record[name] and f"{record[name]:%Y-%m-%dT%H:%M:%SZ}" for name in ("saved_at", "created_at")}
    return {**record, **texts, **times, "new": "new" if record["object_id"] in new else ""}
