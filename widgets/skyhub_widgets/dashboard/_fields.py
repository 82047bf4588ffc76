"""Controls of the dashboard's panels: as wide as they need to be, with their label beside them."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

__all__ = ["dropdown", "several", "text_field", "words_of"]

_WIDE = {"description_width": "auto"}


def dropdown(label: str, options: Sequence[tuple[str, str]]) -> widgets.Dropdown:
    """A choice of one of some texts with their values."""
    return widgets.Dropdown(description=label, options=options, layout=_field(), style=_WIDE)


def several(label: str, options: Sequence[tuple[str, str]]) -> widgets.SelectMultiple:
    """A choice of any of some texts with their values."""
    rows = max(2, min(4, len(options)))
    return widgets.SelectMultiple(description=label, options=options, rows=rows, layout=_field(), style=_WIDE)


def text_field(label: str, example: str) -> widgets.Text:
    """A line of text with an example of it."""
    return widgets.Text(description=label, placeholder=example, layout=_field(), style=_WIDE)


def words_of(text: str) -> list[str]:
    """What commas separate, without empty parts."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _field() -> widgets.Layout:
    return widgets.Layout(width="auto", min_width="120px", max_width="340px")
