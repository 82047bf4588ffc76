"""Persistent searches: a menu with what each found anew, and a line to keep the present one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from skyhub.client import Sky
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._fields import several
from skyhub_widgets.dashboard._view import alert, button, note, row

__all__ = ["KeptSearches"]

_NONE = ("Persistent searches", "")


class KeptSearches:
    """A ``menu`` of the searches that the viewer may see, and a ``box`` to keep, run and forget them.

    Parameters
    ----------
    sky
        The viewer's connection.
    groups
        The viewer's groups.
    current
        The present conditions.
    chosen
        Called with the conditions of a search that was chosen.
    """

    def __init__(
        self,
        sky: Sky,
        groups: Sequence[str],
        current: Callable[[], dict[str, Any]],
        chosen: Callable[[dict[str, Any]], object],
    ) -> None:
        self._sky, self._current, self._chosen = sky, current, chosen
        self._known: dict[str, Mapping[str, Any]] = {}
        layout = widgets.Layout(width="auto", min_width="150px", max_width="260px")
        self.menu = widgets.Dropdown(options=[_NONE], layout=layout)
        self._name = widgets.Text(placeholder="name of a search", layout=layout)
        self._groups = several("shared with", [(g, g) for g in groups])
        self._said = widgets.HTML()
        pressed = (button("Keep", self._keep), button("Run now", self._run), button("Forget", self._forget))
        self._line = row(self._name, self._groups, *pressed)
        self._line.layout.display = "none"
        self.box = row(button("Manage …", self._toggle), self._line, self._said)
        self.menu.observe(self._load, "value")
        self.list()

    @property
    def new(self) -> set[str]:
        """The objects that the last run of the chosen search found first."""
        search = self._known.get(self.menu.value)
        if search is None or not search["n_new"]:
            return set()
        runs = [run for run in self._sky.searches.runs(search["search_id"]) if run["reason"] is None]
        return {find["object_id"] for find in self._sky.searches.finds(search["search_id"], runs[0]["search_run_id"])}

    def list(self, name: str | None = None) -> None:
        """List them anew, and choose one by name (by default the one that is chosen)."""
        chosen = self.menu.value if name is None else name
        self._known = {search["name"]: search for search in self._sky.searches.rows()}
        self.menu.unobserve(self._load, "value")
        self.menu.options = [_NONE, *((_told(self._known[known]), known) for known in sorted(self._known))]
        self.menu.value = chosen if chosen in self._known else ""
        self.menu.observe(self._load, "value")

    def _toggle(self) -> None:
        self._line.layout.display = None if self._line.layout.display == "none" else "none"

    def _load(self, change: Mapping[str, Any]) -> None:
        search = self._known.get(change["new"])
        if search is not None:
            self._name.value = search["name"]
            permitted = {value for _, value in self._groups.options}
            self._groups.value = [group for group in search["groups"] if group in permitted]
            self._chosen(dict(search["conditions"]))

    def _keep(self) -> None:
        name = self._name.value.strip()
        fields = {"name": name, "conditions": self._current()}
        groups = list(self._groups.value) or None
        self._try(lambda: self._sky.searches.add(**fields, groups=groups, revise=True), name, "is kept")

    def _run(self) -> None:
        search = self._known.get(self._name.value.strip())
        if search is None:
            self._said.value = note("Keep the search under a name first.")
            return
        new: list[str] = []
        self._try(
            lambda: new.extend(self._sky.searches.run(search["search_id"])["new"]),
            search["name"],
            lambda: f"found {len(new)} new",
        )
        self._chosen(dict(search["conditions"]))

    def _forget(self) -> None:
        search = self._known.get(self._name.value.strip())
        if search is not None:
            self._try(lambda: self._sky.searches.remove(search["search_id"]), "", "")

    def _try(self, work: Callable[[], object], name: str, done: str | Callable[[], str]) -> None:
        try:
            work()
        except SkyhubError as error:
            self._said.value = alert(error.message)
        else:
            told = done if isinstance(done, str) else done()
            self._said.value = note(f"{name} {told}.") if told else ""
            self.list(name)


def _told(search: Mapping[str, Any]) -> str:
    return f"{search['name']} · {search['n_new']} new" if search["n_new"] else str(search["name"])
