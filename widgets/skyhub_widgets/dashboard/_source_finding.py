"""Finding an object at the telescope: the chart, and the starlist to copy."""

from __future__ import annotations

import base64
from html import escape

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._view import Page, alert, button, row, stack

__all__ = ["finding_panel"]

_FORMATS = {"Keck": "keck", "Palomar P200": "p200", "Palomar NGPS": "p200-ngps", "Shane": "shane"}


def finding_panel(page: Page, object_id: str) -> widgets.Widget:
    """The chart and the starlist of an object, for a telescope and a width that one chooses."""
    telescope = widgets.Dropdown(options=_FORMATS, description="Telescope", layout=widgets.Layout(width="260px"))
    size = widgets.BoundedFloatText(4.0, min=1, max=15, description="Width ′", layout=widgets.Layout(width="180px"))
    shown = widgets.HTML()

    def draw() -> None:
        finding = page.sky.finding
        try:
            picture = finding.chart(object_id, size_arcmin=size.value).content
            text = finding.starlist(object_id, telescope.value)
        except SkyhubError as error:
            shown.value = alert(error.message)
            return
        shown.value = _chart(object_id, picture) + _listed(object_id, text)

    def save_pdf() -> None:
        try:
            content = page.sky.finding.chart(object_id, "pdf", size.value).content
            shown.value = _download(f"{object_id}.pdf", "application/pdf", content, "Save the PDF") + shown.value
        except SkyhubError as error:
            shown.value = alert(error.message)

    for control in (telescope, size):
        control.observe(lambda _: draw(), "value")
    draw()
    return stack(row(telescope, size, button("PDF", save_pdf)), shown)


def _chart(object_id: str, picture: bytes) -> str:
    return (
        f'<img src="{_data_url("image/png", picture)}" alt="Finding chart of {escape(object_id)}, north up, east left" '
        'style="max-width:min(880px,100%);display:block;background:white;border-radius:4px">'
        + _download(f"{object_id}.png", "image/png", picture, "Save the chart")
    )


def _listed(object_id: str, text: str) -> str:
    saved = _download(f"{object_id}.lst", "text/plain", text.encode(), "Save the starlist")
    return f'<pre style="overflow-x:auto;font-size:12px;margin:8px 0 2px" tabindex="0">{escape(text)}</pre>{saved}'


def _download(name: str, media: str, content: bytes, label: str) -> str:
    return f'<a download="{escape(name)}" href="{_data_url(media, content)}">{label}</a> '


def _data_url(media: str, content: bytes) -> str:
    return f"data:{media};base64,{base64.b64encode(content).decode()}"
