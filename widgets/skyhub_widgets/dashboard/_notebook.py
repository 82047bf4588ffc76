"""Notebook: what a view shows, as cells that can be run, changed and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ipywidgets as widgets
from skyhub.errors import NotFound
from skyhub.resources import notebooks_dir

from skyhub_widgets.dashboard._criteria import from_address
from skyhub_widgets.dashboard._observability import asked_in
from skyhub_widgets.dashboard._plan_others import own_of_params
from skyhub_widgets.dashboard._plan_wishes import wishes_of_texts
from skyhub_widgets.dashboard._population import shown_in
from skyhub_widgets.dashboard._view import Page, heading, home_folder, note, server_path

__all__ = ["NotebookView", "notebook_of"]

FOLDER = "opened"
"""Where notebooks are laid in the user's home."""

_Parameters = Callable[[Mapping[str, str]], dict[str, Any]]


def _of_scan(params: Mapping[str, str]) -> dict[str, Any]:
    night = {"dayobs": params["night"]} if "night" in params else {}
    return {"selection": from_address(params) | night, "candidate_id": params.get("candidate", "")}


def _of_population(params: Mapping[str, str]) -> dict[str, Any]:
    asked = {name: value for name, value in params.items() if name not in ("shown", "statement")}
    return {"statement": params.get("statement", ""), "selection": from_address(asked), "shown": shown_in(params)}


def _of_events(params: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {"event": params.get("event", ""), "localization": None, "level": 0.9}
    with suppress(KeyError, ValueError):
        given["localization"] = int(params["localization"])
    with suppress(KeyError, ValueError):
        level = float(params["level"])
        given["level"] = level if 0 < level <= 1 else given["level"]
    return given


def _of_plan(params: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {"plan_id": None, "together_id": None, "localization": None, "instrument": ""}
    given |= {"wishes": {}, "others": {}}
    for name, number in ((name, params.get(name, "")) for name in ("plan", "together")):
        if number.isdecimal():
            return given | {f"{name}_id": int(number)}
    where = params.get("localization", "")
    localization = int(where) if where.isdecimal() else None
    wishes, others = wishes_of_texts(params), own_of_params(params)
    return given | {
        "localization": localization,
        "instrument": params.get("instrument", ""),
        "wishes": wishes,
        "others": others,
    }


_TEMPLATES: dict[str, _Parameters] = {
    "sources": lambda params: {"conditions": from_address(params)},
    "population": _of_population,
    "events": _of_events,
    "plan": _of_plan,
    "observability": asked_in,
    "scan": _of_scan,
    "source": lambda params: {"object_id": params.get("object_id", "")},
}


def notebook_of(view: str, params: Mapping[str, str]) -> dict[str, Any]:
    """The notebook that shows what a view shows, in the notebook format.

    Parameters
    ----------
    view, params
        The view, and the parameters of its address.

    Raises
    ------
    NotFound
        If there is none for this view.
    """
    if view not in _TEMPLATES:
        raise NotFound(f"there is no notebook of the page {view!r}: {', '.join(_TEMPLATES)} have one.", "of")
    template = notebooks_dir() / "templates" / f"{view}.ipynb"
    notebook: dict[str, Any] = json.loads(template.read_text(encoding="utf-8"))
    [cell] = [c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", ())]
    cell["source"] = "\n".join(f"{name} = {value!r}" for name, value in _TEMPLATES[view](params).items())
    return notebook


class NotebookView:
    """The notebook of another view, laid in the user's home, with the way to it.

    Parameters
    ----------
    page
        The page that the view is on.
    home
        The folder that the user's JupyterLab shows.
    """

    def __init__(self, page: Page, home: Path | None = None) -> None:
        self._home = home or home_folder()
        self._said = widgets.HTML()
        self.box = widgets.VBox([heading("Notebook"), self._said])

    def show(self, params: Mapping[str, str]) -> None:
        """Lay down the notebook of the view ``of``, whose state the other parameters are."""
        view = params.get("of", "")
        try:
            notebook = notebook_of(view, {name: value for name, value in params.items() if name != "of"})
        except NotFound as error:
            self._said.value = note(f"{error.message} Open one of them, then this page.")
            return
        path = self._lay(view, notebook)
        href = server_path(f"lab/tree/{quote(path)}")
        self._said.value = (
            f'<p><a class="skyhub-open" href="{href}" target="_blank" rel="noopener">Open in JupyterLab</a></p>'
            + note(f"It lies in your home as {path}, is yours to change, and shows what the page shows:")
            + "".join(_cell_html(cell) for cell in notebook["cells"])
        )

    def hear(self, event: Mapping[str, Any]) -> None:
        """What is shown does not depend on live changes."""

    def _lay(self, view: str, notebook: Mapping[str, Any]) -> str:
        """Write the notebook unless it is there: a user may have changed it since."""
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        name = f"{FOLDER}/{view}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.ipynb"
        target = self._home / name
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            beginning = target.with_suffix(".part")
            beginning.write_text(text, encoding="utf-8")
            beginning.replace(target)
        return name


def _cell_html(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    text = escape(source if isinstance(source, str) else "".join(source))
    if cell["cell_type"] == "code":
        return f'<pre style="overflow:auto;border-left:3px solid var(--skyhub-border);padding:4px 10px;margin:6px 0">{text}</pre>'
    plain = text.lstrip("# ").replace("*", "").replace("`", "")
    return f'<p style="white-space:pre-line;max-width:80ch;margin:8px 0 4px">{plain}</p>'
