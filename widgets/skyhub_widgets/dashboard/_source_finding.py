"""Finding an object at the telescope: the chart, and the starlist to copy."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._static import data_url, download_link
from skyhub_widgets.dashboard._view import Page, alert, button, row, stack

__all__ = ["finding_panel"]

_FORMATS = {"Keck": "keck", "Palomar P200": "p200", "Palomar NGPS": "p200-ngps", "Shane": "shane"}


def finding_panel(page: Page, object_id: str) -> widgets.Widget:
    """The chart and the starlist of an object, for a telescope and a width that one chooses."""
    finding = page.sky.finding
    telescope = widgets.Dropdown(options=_FORMATS, description="Telescope", layout=widgets.Layout(width="260px"))
    size = widgets.BoundedFloatText(4.0, min=1, max=15, description="Width ′", layout=widgets.Layout(width="180px"))
    chart, pdf, listed = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def filled(place: widgets.HTML, html: Callable[[], str]) -> None:
        try:
            place.value = html()
        except SkyhubError as error:
            place.value = alert(error.message)

    def draw(change: object = None) -> None:
        pdf.value = ""
        filled(chart, lambda: _chart(object_id, finding.chart(object_id, size_arcmin=size.value).content))

    def write(change: object = None) -> None:
        filled(listed, lambda: _listed(object_id, finding.starlist(object_id, telescope.value)))

    def save_pdf() -> None:
        filled(pdf, lambda: _pdf(object_id, finding.chart(object_id, "pdf", size.value).content))

    size.observe(draw, "value")
    telescope.observe(write, "value")
    draw()
    write()
    return stack(row(telescope, size, button("PDF", save_pdf), pdf), chart, listed)


def _pdf(object_id: str, content: bytes) -> str:
    return download_link(f"{object_id}.pdf", "application/pdf", content, "Save the PDF")


def _chart(object_id: str, picture: bytes) -> str:
    return (
        f'<img src="{data_url("image/png", picture)}" alt="Finding chart of {escape(object_id)}, north up, east left" '
        'style="max-width:min(880px,100%);display:block;background:white;border-radius:4px">'
        + download_link(f"{object_id}.png", "image/png", picture, "Save the chart")
    )


def _listed(object_id: str, text: str) -> str:
    saved = download_link(f"{object_id}.lst", "text/plain", text.encode(), "Save the starlist")
    return f'<pre style="overflow-x:auto;font-size:12px;margin:8px 0 2px" tabindex="0">{escape(text)}</pre>{saved}'
