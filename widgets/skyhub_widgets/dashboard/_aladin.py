"""Aladin Lite beside the sky of an event, when somebody asks for it: the one thing here that needs the network.

The viewer comes from the Centre de Données astronomiques de Strasbourg and shows its surveys [1]_. It runs in a frame without an
origin, which cannot reach the page, its cookies or the data service, and is handed nothing but the lines and points that it draws.

References
----------
.. [1] Fernique et al. 2015, A&A 578, A114. doi:10.1051/0004-6361/201526075 (the hierarchical surveys that it shows)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from skyhub_widgets.dashboard._view import button, row, stack

__all__ = ["AladinView", "aladin_html"]

_VIEWER = "https://aladin.cds.unistra.fr/AladinLite/api/v3/latest/aladin.js"
_PATIENCE_MS = 15_000
_UNREACHED = (
    "Aladin Lite cannot be reached: it needs a connection to aladin.cds.unistra.fr, and the operator's leave for pages to use it "
    "(online_sources). All else works without it."
)
_COLOURS = {"good": "#3fb950", "bad": "#ff5a4f", "muted": "#c9d1da", "warning": "#e3b341", "accent": "#58a6ff"}
_PAGE = """<!doctype html><meta charset="utf-8"><style>html, body, #sky {{ height: 100%; margin: 0; }}
p {{ font: 14px system-ui, sans-serif; padding: 16px; color: #8a96a3; }}</style><div id="sky"><p>Asking for Aladin Lite …</p></div>
<script>
const told = {told};
function fail() {{ document.getElementById("sky").innerHTML = "<p>{unreached}</p>"; }}
const nothing = {{ getItem: () => null, setItem: () => {{}}, removeItem: () => {{}} }};
Object.defineProperty(window, "localStorage", {{ value: nothing }});
setTimeout(() => {{ if (!window.A) fail(); }}, {patience});
function draw() {{
  const target = `${{told.ra}} ${{told.dec}}`;
  const sky = A.aladin("#sky", {{ survey: "P/DSS2/color", target, fov: told.fov, cooFrame: "ICRSd" }});
  for (const {{ name, color, lines }} of told.lines) {{
    const overlay = A.graphicOverlay({{ name, color, lineWidth: 2 }});
    sky.addOverlay(overlay);
    for (const line of lines) overlay.add(A.polyline(line));
  }}
  for (const {{ name, color, points }} of told.points) {{
    const catalog = A.catalog({{ name, color, sourceSize: 12, onClick: "showPopup" }});
    sky.addCatalog(catalog);
    catalog.addSources(points.map(([ra, dec, label]) => A.source(ra, dec, {{ name: label }})));
  }}
  document.body.dataset.drawn = "yes";
}}
</script><script src="{viewer}" onerror="fail()"></script><script>if (window.A) A.init.then(draw).catch(fail);</script>"""

Layer = Mapping[str, Any]


class AladinView:
    """A button that opens Aladin Lite on what is drawn, and closes it.

    Parameters
    ----------
    drawn
        Gives what is drawn: the arguments of `aladin_html`.
    """

    def __init__(self, drawn: Any) -> None:
        self._drawn = drawn
        self._frame = widgets.HTML(layout=widgets.Layout(width="100%"))
        self._open = button("Aladin Lite", self._change)
        self._open.tooltip = "Images of the sky from Strasbourg: needs the network"
        self.box = stack(row(self._open), self._frame)

    def close(self) -> None:
        """Take the viewer away."""
        self._frame.value, self._open.description = "", "Aladin Lite"

    def _change(self) -> None:
        if self._frame.value:
            self.close()
            return
        self._frame.value, self._open.description = aladin_html(**self._drawn()), "Close Aladin Lite"


def aladin_html(ra: float, dec: float, fov: float, lines: Sequence[Layer], points: Sequence[Layer]) -> str:
    """A frame with Aladin Lite around a position (ICRS, deg), with lines and points on it.

    Parameters
    ----------
    ra, dec, fov
        The centre (ICRS) and how much is seen at first (deg).
    lines
        Each ``{"name", "color", "lines"}``, lines of shape ``(n, 2)`` (ICRS, deg).
    points
        Each ``{"name", "color", "points"}``, points as ``[ra, dec, label]``.
    """
    named = [
        [{**layer, "color": _COLOURS.get(layer["color"], layer["color"])} for layer in layers]
        for layers in (lines, points)
    ]
    told = json.dumps({"ra": ra, "dec": dec, "fov": fov, "lines": named[0], "points": named[1]}).replace("<", "\\u003c")
    page = _PAGE.format(told=told, viewer=_VIEWER, patience=_PATIENCE_MS, unreached=_UNREACHED)
    return (
        '<iframe title="Aladin Lite" sandbox="allow-scripts" referrerpolicy="no-referrer" '
        f'style="width:100%;height:520px;border:0;border-radius:6px" srcdoc="{escape(page, quote=True)}"></iframe>'
    )
