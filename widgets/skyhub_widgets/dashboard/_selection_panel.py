"""The criteria of the scan queue as controls: a few that are always there, the others behind a button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from skyhub_widgets.dashboard._condition_controls import ConditionControls, listed
from skyhub_widgets.dashboard._criteria import ranges_of, text_of_ranges
from skyhub_widgets.dashboard._fields import dropdown, several, text_field, words_of
from skyhub_widgets.dashboard._localization_choice import LocalizationChoice
from skyhub_widgets.dashboard._view import button, row

__all__ = ["SelectionPanel"]

_STATUSES = [
    ("all", "all"),
    ("not decided by me", "unreviewed"),
    ("saved by me", "saved"),
    ("rejected by me", "rejected"),
]
_SAVED = [
    ("saved or not", "all"),
    ("not saved by any of my groups", "not_saved_to_any_accessible"),
    ("not saved by any chosen group", "not_saved_to_any_selected"),
    ("not saved by all chosen groups", "not_saved_to_all_selected"),
    ("saved by any of my groups", "saved_to_any_accessible"),
    ("saved by any chosen group", "saved_to_any_selected"),
    ("saved by all chosen groups", "saved_to_all_selected"),
]
_LISTS = {
    "classification": ("Has a class of", "SN Ia, Kilonova"),
    "without_classification": ("Has no class of", "AGN, Variable"),
    "on_list": ("On my list", "favourites"),
    "not_on_list": ("Not on my list", "rejected"),
}
_NUMBERS = {
    "min_redshift": ("Redshift from", "0.01"),
    "max_redshift": ("to", "0.2"),
    "min_detections": ("Detections, at least", "2"),
}
_TEXTS = {
    "first_after": ("First detected after (UTC)", "2026-11-19T00:00"),
    "last_before": ("Last detected before (UTC)", "2026-11-22T00:00"),
    "sort_key": ("Sort by annotation", "drb"),
    "sort_origin": ("of origin", "ZTF"),
}
_SEVERAL = "*"


class SelectionPanel(ConditionControls):
    """Controls for a selection of candidates.

    Parameters
    ----------
    nights
        Texts and dates of the nights that there are, newest first.
    groups
        The viewer's groups.
    filters
        Names and numbers of the filters that the viewer may see.
    place
        The choice of a localization.
    chosen
        Called with the new selection when the viewer has chosen.
    beside
        What else stands beside the buttons.
    """

    def __init__(
        self,
        nights: Sequence[tuple[str, str]],
        groups: Sequence[str],
        filters: Sequence[tuple[str, str]],
        place: LocalizationChoice,
        chosen: Callable[[dict[str, Any]], object],
        beside: Sequence[widgets.Widget] = (),
    ) -> None:
        super().__init__(chosen, place)
        self._beside = beside
        self._newest = nights[0][1] if nights else ""
        self._night = dropdown("Night", nights or [("none yet", "")])
        self._back_to = dropdown("back to", [("this night alone", ""), *nights])
        self._status = dropdown("Show", _STATUSES)
        self._saved = dropdown("", _SAVED)
        self._one_group = dropdown("Group", [("all my groups", ""), *((g, g) for g in groups)])
        self._group = several("Groups", [(g, g) for g in groups])
        self._filter = several("Filters", filters)
        self._ranges = text_field("Annotations", "ZTF:drb >= 0.9, mag <= 19")
        self._ranges.layout = widgets.Layout(width="98%", max_width="700px")
        self._texts = {name: text_field(*about) for name, about in (_LISTS | _NUMBERS | _TEXTS).items()}
        self._order = dropdown("order", [("highest first", "desc"), ("lowest first", "asc")])
        self._forced = widgets.Checkbox(description="forced photometry does not count", indent=False)
        self._more_button = button("More", self._toggle)
        self._more = self._build_more()
        self.bar = row(self._night, self._one_group, self._status, self._saved, self._more_button)
        self.box = widgets.VBox([self.bar, self._trouble, self._more])
        for control in (self._night, self._status, self._saved):
            control.observe(self._apply_now, "value")
        self._one_group.observe(self._group_chosen, "value")

    @property
    def value(self) -> dict[str, Any]:
        """The selection that the controls say."""
        found: dict[str, Any] = {"status": self._status.value, "saved_status": self._saved.value}
        if self._back_to.value and self._back_to.value < self._night.value:
            found |= {"first_dayobs": self._back_to.value, "last_dayobs": self._night.value}
        else:
            found["dayobs"] = self._night.value
        found |= {"group": list(self._group.value), "filter_id": list(self._filter.value)}
        found |= {"annotations": ranges_of(self._ranges.value), **self._place.value}
        for name, control in self._texts.items():
            text = control.value.strip()
            found[name] = words_of(text) if name in _LISTS else text
        found["exclude_forced"] = self._forced.value
        if found["sort_key"] and self._order.value != "desc":
            found["sort_order"] = self._order.value
        return {name: value for name, value in found.items() if value not in ("", "all", [], False)}

    def fill(self, selection: Mapping[str, Any]) -> None:
        """Show a selection; what it does not say is as at first."""
        with self._filling():
            night = str(selection.get("last_dayobs") or selection.get("dayobs") or self._newest)
            _choose_night(self._night, night)
            _choose_night(self._back_to, str(selection.get("first_dayobs") or ""))
            _choose(self._status, str(selection.get("status") or "all"))
            _choose(self._saved, str(selection.get("saved_status") or "all"))
            for control, name in ((self._group, "group"), (self._filter, "filter_id")):
                permitted = {value for _, value in control.options}
                control.value = [value for value in map(str, listed(selection.get(name))) if value in permitted]
            self._show_group()
            self._place.fill(selection)
            self._ranges.value = text_of_ranges(listed(selection.get("annotations")))
            for name, control in self._texts.items():
                control.value = ", ".join(map(str, listed(selection.get(name))))
            self._order.value = str(selection.get("sort_order") or "desc")
            self._forced.value = str(selection.get("exclude_forced") or "").lower() == "true"
        self._count(selection)

    def _build_more(self) -> widgets.Widget:
        where = row(self._back_to, self._group, self._filter, *self._place.controls)
        lists = row(*(self._texts[name] for name in _LISTS))
        measured = row(*(self._texts[name] for name in (*_NUMBERS, "first_after", "last_before")), self._forced)
        ordered = row(self._texts["sort_key"], self._texts["sort_origin"], self._order)
        foot = row(button("Apply", self._apply), button("Clear", lambda: self._set({})), *self._beside)
        layout = widgets.Layout(display="none", grid_gap="6px", padding="4px 0 8px")
        return widgets.VBox([where, self._ranges, lists, measured, ordered, foot], layout=layout)

    def _toggle(self) -> None:
        hidden = self._more.layout.display == "none"
        self._more.layout.display = None if hidden else "none"

    def _count(self, selection: Mapping[str, Any]) -> None:
        plain = ("dayobs", "last_dayobs", "status", "saved_status", "level")
        n = sum(name not in plain and value not in ("", [], False) for name, value in selection.items())
        self._more_button.description = f"More ({n})" if n else "More"

    def _show_group(self) -> None:
        """In the bar, the group that is chosen; several are said there, and chosen below."""
        chosen = list(self._group.value)
        known = [(text, value) for text, value in self._one_group.options if value != _SEVERAL]
        self._one_group.options = [*known, (f"{len(chosen)} groups", _SEVERAL)] if len(chosen) > 1 else known
        self._one_group.value = _SEVERAL if len(chosen) > 1 else chosen[0] if chosen else ""

    def _group_chosen(self, change: Mapping[str, Any]) -> None:
        if not self._is_filling and change["new"] != _SEVERAL:
            self._group.value = [change["new"]] if change["new"] else []
            self._apply()


def _choose(control: widgets.Dropdown, value: str) -> None:
    if value in {known for _, known in control.options}:
        control.value = value


def _choose_night(control: widgets.Dropdown, value: str) -> None:
    """Choose a night; one that is older than those listed is added to them."""
    if value and value not in {known for _, known in control.options}:
        control.options = [*control.options, (value, value)]
    _choose(control, value)
