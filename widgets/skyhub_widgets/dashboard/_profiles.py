"""Scan profiles: selections under names, which a scanner loads from a menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.client import Sky
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._view import alert, button, row

__all__ = ["Profiles"]

_NONE = ("Profiles", "")
_OF_A_NIGHT = ("dayobs", "first_dayobs", "last_dayobs")


class Profiles:
    """A ``menu`` of the viewer's profiles, and a ``box`` to keep the present selection under a name.

    Parameters
    ----------
    sky
        The viewer's connection.
    current
        The present selection.
    chosen
        Called with the selection of a profile that was chosen.
    """

    def __init__(
        self, sky: Sky, current: Callable[[], dict[str, Any]], chosen: Callable[[dict[str, Any]], object]
    ) -> None:
        self._sky, self._current, self._chosen = sky, current, chosen
        self._known: dict[str, Mapping[str, Any]] = {}
        narrow = widgets.Layout(width="auto", min_width="110px", max_width="180px")
        self.menu = widgets.Dropdown(options=[_NONE], layout=narrow)
        self._name = widgets.Text(placeholder="name of a profile", layout=narrow)
        self._said = widgets.HTML()
        self.box = row(self._name, button("Keep", self._keep), button("Forget", self._forget), self._said)
        self.menu.observe(self._load, "value")
        self._list("")

    def _list(self, name: str) -> None:
        self._known = {profile["name"]: profile for profile in self._sky.scan_profiles.rows()}
        self.menu.unobserve(self._load, "value")
        self.menu.options = [_NONE, *((known, known) for known in sorted(self._known))]
        self.menu.value = name if name in self._known else ""
        self.menu.observe(self._load, "value")

    def _load(self, change: Mapping[str, Any]) -> None:
        if change["new"] in self._known:
            self._name.value = change["new"]
            self._chosen(dict(self._known[change["new"]]["selection"]))

    def _keep(self) -> None:
        name = self._name.value.strip()
        self._try(lambda: self._sky.scan_profiles.add(name=name, selection=self._lasting(), revise=True), name)

    def _lasting(self) -> dict[str, Any]:
        """The present selection without its night: a profile is for every night."""
        return {name: value for name, value in self._current().items() if name not in _OF_A_NIGHT}

    def _forget(self) -> None:
        profile = self._known.get(self._name.value.strip())
        if profile is not None:
            self._try(lambda: self._sky.scan_profiles.remove(profile["scan_profile_id"]), "")

    def _try(self, work: Callable[[], object], name: str) -> None:
        try:
            work()
        except SkyhubError as error:
            self._said.value = alert(error.message)
        else:
            self._said.value = ""
            self._list(name)
