"""Comments on one alert: those that there are, and a line to write another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._noted import comment_html
from skyhub_widgets.dashboard._view import Page, alert, button, may, row, stack

__all__ = ["comments_on"]


def comments_on(page: Page, found: Mapping[str, Any]) -> widgets.Widget:
    """What was said of an alert, newest first, and a line to say more for those who may.

    Parameters
    ----------
    page
        The page that it is on.
    found
        The alert: ``survey``, ``candid`` and ``object_id``.
    """
    object_id = found["object_id"]
    about: dict[str, Any] = {"about_table": "alerts", "about_id": f"{found['survey']}:{found['candid']}"}
    said, trouble = widgets.HTML(), widgets.HTML()

    def show() -> None:
        rows = page.sky.comments.rows(object_id=object_id, **about)
        said.value = f'<div class="skyhub-noted">{"".join(map(comment_html, rows))}</div>' if rows else ""

    show()
    if not may(page, "save"):
        return said
    text = widgets.Textarea(
        placeholder="Comment on this alert; @name mentions somebody", rows=2,
        layout=widgets.Layout(width="98%", max_width="560px"),
    )  # fmt: skip

    def write() -> None:
        try:
            page.sky.comments.add(object_id=object_id, text=text.value, **about)
        except SkyhubError as error:
            trouble.value = alert(error.message)
        else:
            trouble.value = text.value = ""
            show()

    return stack(said, text, row(button("Comment on the alert", write), trouble))
