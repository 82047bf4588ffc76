"""One run of a report: its text beside the facts that it was made of, and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from textwrap import dedent
from typing import Any

import ipywidgets as widgets
from skyhub.errors import NotFound, SkyhubError

from skyhub_widgets.dashboard._view import Page, alert, button, heading, home_folder, note, row, server_path

__all__ = ["ReportRun"]

_FOLDER = "reports"
_PANE = (
    "box-sizing:border-box;flex:1 1 380px;min-width:0;max-height:460px;overflow:auto;margin:0;padding:8px 10px;"
    "white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--skyhub-border,#ccd3da);border-radius:6px;"
    "font:12.5px/1.45 var(--skyhub-font-mono,monospace);color:var(--skyhub-text,inherit);background:var(--skyhub-surface,none)"
)


class ReportRun:
    """The run that was chosen.

    Parameters
    ----------
    page
        The page that it is on.
    changed
        Called when something was asked for.
    """

    def __init__(self, page: Page, changed: Callable[[], None]) -> None:
        self._page, self._changed = page, changed
        self._run: dict[str, Any] = {}
        self._title, self._links, self._message, self._panes = (widgets.HTML() for _ in range(4))
        self._panes.layout.width = "100%"
        self._again = button("Run now", self._run_again)
        self._cancel = button("Cancel", self._ask_cancel)
        self._verify = button("Verify", lambda: self._ask_verification(now=False))
        self._compare = button("Compare with now", lambda: self._ask_verification(now=True))
        self._open = button("Open as notebook", self._open_notebook)
        self._buttons = row(self._again, self._cancel, self._verify, self._compare, self._open)
        self.box = widgets.VBox([self._title, self._buttons, self._links, self._message, self._panes])
        self.box.layout.display = "none"

    def show(self, report_id: str) -> None:
        """Show a run; of one that is not there nothing but that."""
        self.box.layout.display = None
        try:
            self._run = self._page.sky.reports.run(report_id)
        except SkyhubError as error:
            self._run, self._buttons.layout.display = {}, "none"
            self._title.value = self._links.value = self._panes.value = ""
            self._message.value = alert(error.message)
            return
        self._buttons.layout.display = None
        state = self._run["state"]
        self._title.value = f"{heading(report_id).value}{note(_told(self._run))}"
        self._links.value, self._message.value = "", ""
        for pressed, shown in (
            (self._cancel, state in ("queued", "running")),
            (self._verify, state == "done"),
            (self._compare, state == "done"),
            (self._open, state in ("done", "failed")),
        ):
            pressed.layout.display = None if shown else "none"
        if state in ("done", "failed"):
            self._links.value = " · ".join(_link(report_id, *one) for one in (("html", "Open as page"), ("pdf", "PDF")))
        self._panes.value = self._beside() if state in ("done", "failed") else ""

    def refresh(self) -> None:
        """Show the chosen run anew, if one is."""
        if self._run:
            self.show(self._run["report_id"])

    def _beside(self) -> str:
        text = self._artifact("text") or "This run left no text."
        facts = json.dumps(json.loads(self._artifact("facts") or "{}"), indent=2, ensure_ascii=False)
        panes = [
            ("Text", text),
            ("Facts", facts),
            ("Queries run", _asked(json.loads(self._artifact("queries") or "[]"))),
        ]
        if log := self._artifact("log"):
            panes.append(("Log", log))
        if self._artifact("text"):
            found = self._page.sky.reports.findings(self._run["report_id"])
            panes += [("Rules of circulars", "\n".join(map(_finding, found)))] if found else []
        if self._run["verifies"] and self._run["state"] == "done":
            panes.insert(0, ("Differences", self._differences()))
        shown = "".join(
            f'<div style="flex:1 1 380px;min-width:0"><h3 style="margin:6px 0;font-size:15px">{title}</h3>'
            f'<pre tabindex="0" aria-label="{title}" style="{_PANE}">{escape(content)}</pre></div>'
            for title, content in panes
        )
        return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{shown}</div>'

    def _artifact(self, kind: str) -> str:
        try:
            return self._page.sky.reports.artifact(self._run["report_id"], kind).decode()
        except NotFound:
            return ""

    def _differences(self) -> str:
        found = self._page.sky.reports.differences(self._run["report_id"])
        lines = [f"{d['path']}: {d['was']!r} → {d['is']!r}" for d in found["differences"]]
        intact = "" if found["intact"] else "What is kept of the verified run is not what it left behind.\n"
        return intact + ("\n".join(lines) or f"None: it says what {found['verifies']} says.")

    def _run_again(self) -> None:
        asked = self._page.sky.reports.request
        self._try(lambda: f"{asked(self._run['name'], **self._run['parameters'])} was asked for.")

    def _ask_cancel(self) -> None:
        def cancel() -> str:
            self._page.sky.reports.cancel(self._run["report_id"])
            return "It was cancelled."

        self._try(cancel)

    def _ask_verification(self, *, now: bool) -> None:
        asked = self._page.sky.reports.request_verification
        self._try(lambda: f"{asked(self._run['report_id'], now=now)} will tell the differences.")

    def _open_notebook(self) -> None:
        """Copy the run's notebook to the viewer's own folder, and offer it."""

        def copy() -> str:
            target = home_folder() / _FOLDER / f"{self._run['report_id']}.ipynb"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(self._page.sky.reports.artifact(self._run["report_id"], "notebook"))
            address = escape(server_path(f"lab/tree/{_FOLDER}/{target.name}"))
            self._links.value += f' · <a href="{address}" target="_blank">Open in JupyterLab</a>'
            return f"It is in your folder, as {_FOLDER}/{target.name}."

        self._try(copy, again=False)

    def _try(self, deed: Callable[[], str], *, again: bool = True) -> None:
        try:
            told = note(deed())
        except SkyhubError as error:
            told = alert(error.message)
        if again:
            self._changed()
            self.refresh()
        self._message.value = told


def _link(report_id: str, kind: str, said: str) -> str:
    page = escape(server_path(f"skyhub/api/reports/{report_id}/{kind}"))
    return f'<a href="{page}" target="_blank" rel="noopener">{said}</a>'


def _asked(queries: Sequence[Mapping[str, Any]]) -> str:
    """What a run asked for, in its order."""
    lines = []
    for number, query in enumerate(queries, 1):
        tables = f" of {', '.join(query['tables'])}" if query.get("tables") else ""
        rows = f": {query['rows']} rows" if "rows" in query else ""
        time = f", as of {query['as_of']}" if query.get("as_of") else ""
        given = json.dumps(query["parameters"], ensure_ascii=False) if query.get("parameters") else ""
        body = [part for part in (dedent(query.get("statement", "")).strip(), given) if part]
        lines.append("\n".join([f"{number}. {query['request']}{tables}{rows}{time}", *body]))
    return "\n\n".join(lines) or "None were noted."


def _finding(found: Mapping[str, Any]) -> str:
    return f"{found['severity']}, line {found['line']}: {found['message']} ({found['rule']})"


def _told(run: Mapping[str, Any]) -> str:
    seconds = f", in {run['seconds']:.1f} s" if run["seconds"] is not None else ""
    verified = f"; it verifies {run['verifies']}" if run["verifies"] else ""
    detail = f": {run['detail']}" if run["detail"] else ""
    version = f", version {run['template_version']} of {run['name']}" if run["template_version"] else ""
    kind = "dry run, " if run["dry_run"] else ""
    return f"{kind}{run['state']}{seconds}, for {run['requested_by']}{version}{verified}{detail}"
