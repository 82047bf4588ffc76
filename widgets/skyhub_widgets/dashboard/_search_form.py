"""The conditions of a search as controls: a few that are always there, the others in groups that fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from skyhub_widgets.dashboard._condition_controls import ConditionControls, listed
from skyhub_widgets.dashboard._criteria import ranges_of, text_of_ranges
from skyhub_widgets.dashboard._fields import dropdown, several, text_field, words_of
from skyhub_widgets.dashboard._localization_choice import LocalizationChoice
from skyhub_widgets.dashboard._view import button, row

__all__ = ["SearchForm"]

_SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Class, redshift": {
        "classification": ("Has a class of", "SN Ia, Kilonova"),
        "without_classification": ("has none of", "AGN"),
        "min_probability": ("probability from", "0.5"),
        "min_redshift": ("Redshift from", "0.01"),
        "max_redshift": ("to", "0.2"),
    },
    "Saved, lists, tags": {
        "saved_after": ("Saved after (UTC)", "2026-11-19"),
        "saved_before": ("before", "2026-11-22"),
        "on_list": ("On my list", "favourites"),
        "not_on_list": ("not on", "rejected"),
        "tag": ("Has a tag of", "young"),
        "without_tag": ("has none of", "bogus"),
    },
    "Light curve": {
        "min_detections": ("Detections from", "2"),
        "max_detections": ("to", "30"),
        "min_peak_mag": ("Peak (mag) from", "14"),
        "max_peak_mag": ("to", "18.5"),
        "min_last_mag": ("Last (mag) from", "15"),
        "max_last_mag": ("to", "20"),
        "min_rise_rate": ("Rise (mag/day) from", "-2"),
        "max_rise_rate": ("to", "-0.1"),
        "min_decay_rate": ("Fading (mag/day) from", "0.1"),
        "max_days_from_limit": ("Days from last limit, at most", "5"),
    },
    "Dates": {
        "first_detected_after": ("First detected after (UTC)", "2026-11-19"),
        "first_detected_before": ("before", "2026-11-22"),
        "last_detected_after": ("Last detected after (UTC)", "2026-11-19"),
        "last_detected_before": ("before", "2026-11-22"),
        "created_after": ("Known since (UTC)", "2026-11-19"),
        "created_before": ("or earlier than", "2026-11-22"),
    },
    "Annotations": {"annotations": ("Annotations", "program:score >= 0.9, kind = fast")},
}
_ALWAYS = {
    "name": ("Name", "part of it"),
    "around": ("Around", "150.1 2.2, or a name"),
    "radius": ("within (″)", "60"),
}
_SEVERAL = {"classification", "without_classification", "on_list", "not_on_list", "tag", "without_tag"}
_SAVED = [("saved or not", "all"), ("saved", "saved"), ("not saved", "not_saved")]
_SORTS = [
    ("last detection", "last_mjd"), ("first detection", "first_mjd"), ("peak magnitude", "peak_mag"),
    ("last magnitude", "last_mag"), ("detections", "n_detections"), ("rise", "rise_rate"), ("fading", "decay_rate"),
    ("redshift", "redshift"), ("class", "classification"), ("time saved", "saved_at"), ("time known", "created_at"),
    ("name", "object_id"), ("right ascension", "ra"), ("declination", "dec"), ("separation", "separation_arcsec"),
    ("days from last limit", "days_from_limit"), ("scatter", "mag_rms"),
]  # fmt: skip
_ORDERS = [("highest first", "desc"), ("lowest first", "asc")]
_DEFAULTS = {"saved": "all", "sort": "last_mjd", "order": "desc"}


class SearchForm(ConditionControls):
    """Controls for the conditions of a search.

    Parameters
    ----------
    groups
        The viewer's groups.
    place
        The choice of a localization.
    chosen
        Called with the conditions when the viewer searches.
    """

    def __init__(
        self, groups: Sequence[str], place: LocalizationChoice, chosen: Callable[[dict[str, Any]], object]
    ) -> None:
        super().__init__(chosen, place)
        self._choices = {
            "saved": dropdown("", _SAVED), "sort": dropdown("Sort by", _SORTS), "order": dropdown("", _ORDERS),
        }  # fmt: skip
        self._group = several("by groups", [(g, g) for g in groups])
        everything = {**_ALWAYS, **{name: about for fields in _SECTIONS.values() for name, about in fields.items()}}
        self._texts = {name: text_field(*about) for name, about in everything.items()}
        self._texts["annotations"].layout = widgets.Layout(width="98%", max_width="700px")
        self._toggles = {title: button(title, lambda title=title: self._toggle(title)) for title in _SECTIONS}  # type: ignore[misc]
        self._parts = {title: self._section(title, fields) for title, fields in _SECTIONS.items()}
        search = button("Search", self._apply)
        search.button_style = "primary"
        always = (*(self._texts[name] for name in _ALWAYS), *place.controls)
        bar = row(*always, *self._choices.values(), search, button("Clear", lambda: self._set({})))
        self.box = widgets.VBox([bar, row(*self._toggles.values()), *self._parts.values(), self._trouble])
        for choice in (*self._choices.values(), *place.controls):
            choice.observe(self._apply_now, "value")
        for control in self._texts.values():
            control.continuous_update = False
            control.observe(self._apply_now, "value")

    @property
    def value(self) -> dict[str, Any]:
        """The conditions that the controls say. Raises `InvalidInput` naming what cannot be used."""
        found: dict[str, Any] = {name: choice.value for name, choice in self._choices.items()}
        found |= {"group": list(self._group.value), **self._place.value}
        for name, control in self._texts.items():
            text = control.value.strip()
            found[name] = words_of(text) if name in _SEVERAL else text
        found["annotations"] = ranges_of(self._texts["annotations"].value)
        return {n: value for n, value in found.items() if value not in ("", [], None) and value != _DEFAULTS.get(n)}

    def fill(self, conditions: Mapping[str, Any]) -> None:
        """Show conditions; what they do not say is as at first. Sections with conditions unfold."""
        with self._filling():
            for name, choice in self._choices.items():
                wanted = str(conditions.get(name) or _DEFAULTS[name])
                choice.value = wanted if wanted in {value for _, value in choice.options} else _DEFAULTS[name]
            self._place.fill(conditions)
            permitted = {value for _, value in self._group.options}
            self._group.value = [group for group in listed(conditions.get("group")) if group in permitted]
            for name, control in self._texts.items():
                given = listed(conditions.get(name))
                control.value = text_of_ranges(given) if name == "annotations" else ", ".join(map(str, given))
        self._count(conditions)

    def _section(self, title: str, fields: Mapping[str, Any]) -> widgets.Widget:
        own = [self._texts[name] for name in fields]
        part = row(*([self._group, *own] if "saved_after" in fields else own))
        part.layout.display = "none"
        part.layout.padding = "2px 0 6px"
        return part

    def _toggle(self, title: str) -> None:
        layout = self._parts[title].layout
        layout.display = None if layout.display == "none" else "none"

    def _count(self, conditions: Mapping[str, Any]) -> None:
        for title, fields in _SECTIONS.items():
            names = {*fields, "group"} if "saved_after" in fields else set(fields)
            n = sum(conditions.get(name) not in (None, "", []) for name in names)
            self._toggles[title].description = f"{title} ({n})" if n else title
            if n:
                self._parts[title].layout.display = None
