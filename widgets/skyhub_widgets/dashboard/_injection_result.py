"""The result of a blind injection: what the group saved of the known objects, by filter, and one's own figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._filter_texts import percent
from skyhub_widgets.dashboard._view import Page, heading, note, stack

__all__ = ["result_of"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Of"},
    {"field": "n_offered", "title": "Offered", "kind": "integer"},
    {"field": "n_decided", "title": "Decided", "kind": "integer"},
    {"field": "n_saved", "title": "Saved", "kind": "integer"},
    {"field": "recall", "title": "Recall", "description": "Saved of those offered; of your own, of those decided"},
    {"field": "interval", "title": "Interval", "description": "Wilson's, of the probability below"},
]


def result_of(page: Page, result: Mapping[str, Any]) -> widgets.Widget:
    """A table of recalls with the objects that were missed.

    Parameters
    ----------
    page
        The page, on which objects lead to their sources.
    result
        The answer of ``sky.injections.result``.
    """
    figures = [("all scanners", result["group_recall"])]
    figures += [(f"filter {told['name']}", told) for told in result["filters"] or ()]
    figures.append(("you", result["mine"]))
    rows = [_row(name, told) for name, told in figures if told is not None]
    parts: list[widgets.Widget] = []
    if result["withheld"]:
        parts.append(widgets.HTML(note(f"Not told: {result['withheld']}")))
    else:
        scanners = f"{result['n_scanners']} scanners decided; "
        parts.append(widgets.HTML(note(f"{scanners}intervals hold {percent(result['confidence'])}.")))
    if rows:
        parts.append(RecordTable(rows, _COLUMNS, id_field="name", table_key="injection-result"))
    for title, told in (("Not saved by the group", result), ("Not saved by you", result["mine"] or {})):
        if told.get("missed"):
            parts += [heading(title), _objects(page, told["missed"])]
    return stack(*parts)


def _row(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    interval = f"{percent(told['recall_low'])} to {percent(told['recall_high'])}"
    return {**told, "name": name, "recall": percent(told["recall"]), "interval": interval}


def _objects(page: Page, names: list[str]) -> RecordTable:
    table = RecordTable(
        [{"object_id": name} for name in names], [{"field": "object_id", "title": "Object"}],
        id_field="object_id", table_key="injection-missed",
    )  # fmt: skip
    table.on_click(lambda object_id: page.go("source", object_id=object_id))
    return table
