"""The reports that one's groups keep: forked, edited as notebooks, compared, tried, taken into force."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._view import Page, alert, button, header, home_folder, may, note, row, server_path, stack

__all__ = ["ReportTemplates", "difference_html"]

_FOLDER = "reports/templates"
_COLOURS = {"+": "good", "-": "bad", "@": "text-muted"}
_PRE = (
    "margin:0 0 10px;padding:6px 10px;max-height:320px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;"
    "border:1px solid var(--skyhub-border,#ccd3da);border-radius:6px;background:var(--skyhub-surface,none);"
    "font:12.5px/1.45 var(--skyhub-font-mono,monospace);color:var(--skyhub-text,inherit)"
)


class ReportTemplates:
    """The group's reports, one of them chosen.

    Parameters
    ----------
    page
        The page that it is on.
    changed
        Called when reports that can be run may have changed.
    """

    def __init__(self, page: Page, changed: Callable[[], None]) -> None:
        self._page, self._changed = page, changed
        self._known: dict[str, dict[str, Any]] = {}
        self._about, self._message, self._differences = (widgets.HTML() for _ in range(3))
        full = widgets.Layout(width="100%")
        self._differences.layout = full
        self._name = _choice("Report", self._choose)
        self._version = _choice("Version", self._show_version)
        self._against = _choice("Against", self._compare)
        self._dry_run = button("Dry run", self._ask_dry_run)
        self._activate = button("Activate", self._take_into_force)
        self._deactivate = button("Deactivate", self._take_out_of_force)
        self._open = button("Edit as notebook", self._copy)
        self._store = button("Store as new version", self._upload)
        choices = row(self._name, self._version, self._against)
        buttons = row(self._dry_run, self._activate, self._deactivate, self._open, self._store)
        self._chosen = stack(choices, self._about, buttons)
        self._fork = _ForkForm(page, self._forked)
        writes = [self._fork.box] if may(page, "save") else []
        parts = [header("Reports of your groups"), *writes, self._chosen, self._message, self._differences]
        self.box = stack(*parts)

    def show(self) -> None:
        """Read them anew; the chosen one stays chosen."""
        self._known = {template["name"]: template for template in self._page.sky.report_templates()}
        _offer(self._name, list(self._known), self._name.value)
        self._chosen.layout.display = None if self._known else "none"
        if not self._known:
            self._about.value = self._differences.value = ""
        self._choose()

    @property
    def _template(self) -> dict[str, Any]:
        return self._known[self._name.value]

    @property
    def _stated(self) -> dict[str, Any]:
        """The chosen version."""
        found: dict[str, Any] = self._template["versions"][self._version.value - 1]
        return found

    def _choose(self) -> None:
        if self._name.value not in self._known:
            return
        numbers = [version["version"] for version in self._template["versions"]]
        kept = self._version.value if self._version.value in numbers else None
        _offer(self._version, [(_version_title(self._template, n), n) for n in numbers], kept or numbers[-1])
        self._about.value = _about(self._template)
        self._deactivate.disabled = self._template["current"] is None
        self._deactivate.tooltip = "no version is in force" if self._deactivate.disabled else "Nobody runs it any more"
        self._show_version()

    def _show_version(self) -> None:
        if self._name.value not in self._known or self._version.value is None:
            return
        current, tried = self._template["current"], [run["state"] for run in self._stated["dry_runs"]]
        reason = "" if "done" in tried else "it has no dry run that succeeded"
        if self._version.value == current:
            reason = "it is in force already"
        self._activate.disabled, self._activate.tooltip = bool(reason), reason or "Members of the group run it then"
        others = [(f"version {n}", str(n)) for n in range(1, len(self._template["versions"]) + 1)]
        origin = self._template["forked_from"]
        forks = [(f"{origin}, when forked", "original"), (f"{origin}, as it is now", "shipped")] if origin else []
        _offer(self._against, [("nothing", ""), *forks, *others], self._against.value)
        self._compare()

    def _compare(self) -> None:
        self._differences.value = ""
        if not self._against.value or self._name.value not in self._known:
            return
        try:
            found = self._page.sky.report_templates.differences(
                self._name.value, self._version.value, self._against.value
            )
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._differences.value = difference_html(found)

    def _ask_dry_run(self) -> None:
        def ask() -> str:
            report_id = self._page.sky.report_templates.dry_run(self._name.value, self._version.value)
            self._page.go("reports", report_id=report_id)
            return f"{report_id} was asked for; your own server executes it."

        self._try(ask)

    def _take_into_force(self) -> None:
        name, version = self._name.value, self._version.value
        self._try(lambda: _in_force(self._page.sky.report_templates.activate(name, version)))

    def _take_out_of_force(self) -> None:
        name = self._name.value
        self._try(lambda: _in_force(self._page.sky.report_templates.deactivate(name)))

    def _copy(self) -> None:
        """Copy the chosen version to the viewer's own folder, and offer it."""

        def copy() -> str:
            source = self._page.sky.report_templates.source(self._name.value, self._version.value)
            notebook = self._files()[0]
            notebook.parent.mkdir(parents=True, exist_ok=True)
            for path, text in zip(self._files(), (source["notebook"], source["sidecar"]), strict=True):
                path.write_text(text, "utf-8")
            address = escape(server_path(f"lab/tree/{_FOLDER}/{self._name.value}.ipynb"))
            return f'<a href="{address}" target="_blank">Open in JupyterLab</a>; the sidecar is beside it.'

        self._try(copy, plain=True)

    def _upload(self) -> None:
        """Store what the viewer has made of the copy."""

        def upload() -> str:
            group, _, name = self._name.value.rpartition("/")
            notebook, sidecar = self._files()
            if not notebook.exists():
                return "Edit it as a notebook first."
            made = self._page.sky.report_templates.upload(group, name, notebook, sidecar)
            self._version.value = None
            return f"Version {len(made['versions'])} is stored: try it next."

        self._try(upload)

    def _files(self) -> tuple[Any, Any]:
        notebook = home_folder() / _FOLDER / f"{self._name.value}.ipynb"
        return notebook, notebook.with_suffix(".yaml")

    def _forked(self, name: str) -> None:
        self.show()
        self._name.value = name
        self._message.value = note(f"{name} is stored as version 1: try it next.")

    def _try(self, deed: Callable[[], str], *, plain: bool = False) -> None:
        try:
            told = deed()
            self._message.value = f'<p style="margin:4px 0">{told}</p>' if plain else note(told)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self.show()
        self._changed()


class _ForkForm:
    """Which report to fork, for which group, under which name."""

    def __init__(self, page: Page, forked: Callable[[str], None]) -> None:
        self._page, self._forked = page, forked
        templates = [(t["title"], t["name"]) for t in page.sky.reports.templates() if "group" not in t]
        self._shipped = _choice("Fork", self._propose)
        self._group = _choice("Group", lambda: None)
        self._own = widgets.Text(description="As", placeholder="our_report")
        self._message = widgets.HTML()
        _offer(self._shipped, templates, None)
        _offer(self._group, [g for g in page.me["groups"] if not g.startswith("~")], None)
        self._propose()
        self.box = stack(row(self._shipped, self._group, self._own, button("Fork", self._fork)), self._message)

    def _propose(self) -> None:
        self._own.value = f"our_{self._shipped.value}" if self._shipped.value else ""

    def _fork(self) -> None:
        self._message.value = ""
        try:
            made = self._page.sky.report_templates.fork(self._shipped.value, self._group.value or "", self._own.value)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._forked(made["name"])


def difference_html(found: Mapping[str, Any]) -> str:
    """How a version differs, cell by cell, as HTML; what `sky.report_templates.differences` gives."""
    parts = [(_cell_title(cell), cell["lines"]) for cell in found["cells"]]
    parts += [("Sidecar", found["sidecar"])] if found["sidecar"] else []
    if not parts:
        return note("Nothing differs.")
    return "".join(
        f'<h4 style="margin:8px 0 4px;font-size:13px">{escape(title)}</h4>'
        f'<pre tabindex="0" aria-label="{escape(title, quote=True)}" style="{_PRE}">{_lines(lines)}</pre>'
        for title, lines in parts
    )


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(
        f'<span style="color:var(--skyhub-{_COLOURS[line[0]]})">{escape(line)}</span>'
        if re.match("[+@-]", line)
        else escape(line)
        for line in lines
    )


def _cell_title(cell: Mapping[str, Any]) -> str:
    return f"Cell {cell['is'] or cell['was']} ({cell['cell_type']}) {cell['change']}"


def _about(template: Mapping[str, Any]) -> str:
    origin = f" Forked from {template['forked_from']}." if template["forked_from"] else ""
    current = template["current"]
    state = f"Version {current} is in force." if current else "No version is in force: nobody can run it yet."
    told = note(f"{template['title']}: {template['description']} {state}{origin}")
    if template["original_changed"]:
        told += alert(
            f"{template['forked_from']} has changed since: compare with it as it is now, and take over what you want."
        )
    return told


def _version_title(template: Mapping[str, Any], number: int) -> str:
    version = template["versions"][number - 1]
    marks = [version["author"], version["proposed_at"][:10]]
    marks += ["in force"] if number == template["current"] else []
    marks += ["tried"] if "done" in {run["state"] for run in version["dry_runs"]} else []
    return f"{number} ({', '.join(marks)})"


def _in_force(template: Mapping[str, Any]) -> str:
    current = template["current"]
    return (
        f"Version {current} of {template['name']} is in force." if current else f"{template['name']} is not in force."
    )


def _choice(text: str, chosen: Callable[[], None]) -> widgets.Dropdown:
    made = widgets.Dropdown(description=text, layout=widgets.Layout(width="auto", max_width="100%"))
    made.observe(lambda change: chosen(), "value")
    return made


def _offer(choice: widgets.Dropdown, options: Sequence[Any], kept: Any) -> None:
    """Give a choice its options, and keep what was chosen, if it is there still."""
    values = [option[1] if isinstance(option, tuple) else option for option in options]
    if list(choice.options) != list(options):
        choice.options = options
    choice.value = kept if kept in values else next(iter(values), None)
