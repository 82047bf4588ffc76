"""The whole sky with points, outlines and tracks on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import traitlets as t

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._sky_layers import Layer, galactic_plane, layer_of_lines, layer_of_points
from skyhub_widgets._sky_svg import sky_svg
from skyhub_widgets._static import StaticHtml, html_table

__all__ = ["SkyPlot"]

_DIGITS = 5


class SkyPlot(SkyhubWidget):
    """The whole sky in the Mollweide projection, east to the left, with the galactic plane.

    Parameters
    ----------
    title
        What is shown; screen readers say it.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    frame
        ``icrs`` or ``galactic``.
    centre
        Longitude in the middle (deg).
    selected
        Labels of the points that are selected: Shift and drag in the view selects.
    height
        Height of the plot (CSS pixels).
    layers
        Names of the layers, in the order in which they are drawn.
    """

    module = "skyplot"
    user_api: ClassVar[list[str]] = [
        "set_points", "set_outlines", "set_lines", "set_tracks", "remove", "layers", "frame", "centre", "selected", "title",
        "height", "on_click", "static", "table", "observe", "close",
    ]  # fmt: skip

    data = t.List(t.Dict()).tag(sync=True)
    frame = t.Enum(["icrs", "galactic"], default_value="icrs").tag(sync=True)
    centre = t.Float(180.0).tag(sync=True)
    selected = t.List(t.Unicode()).tag(sync=True)
    title = t.Unicode("The sky").tag(sync=True)
    height = t.Int(320, min=120).tag(sync=True)

    def __init__(self, title: str = "The sky", **traits: Any) -> None:
        self._layers: dict[str, Layer] = {"Galactic plane": galactic_plane()}
        self._callbacks: list[Callable[[str], object]] = []
        super().__init__(title=title, **traits)
        self.observe(lambda _: self._send_layers(), "frame")
        self.on_msg(self._received)
        self._send_layers()

    @property
    def layers(self) -> list[str]:
        return list(self._layers)

    def set_points(
        self,
        name: str,
        ra: Any,
        dec: Any,
        labels: Sequence[str] = (),
        colour: str = "accent",
        colours: Sequence[str] = (),
    ) -> None:
        """Show points (ICRS, deg) under a name, in the place of those that it had; in one colour, or in one each.

        Raises
        ------
        InvalidInput
            If a position is none, or the lengths differ.
        """
        self._set(layer_of_points(name, ra, dec, labels, colour, colours))

    def set_outlines(
        self,
        name: str,
        rings: Sequence[Any],
        labels: Sequence[str] = (),
        colour: str = "warning",
        colours: Sequence[str] = (),
    ) -> None:
        """Show closed lines, each of shape ``(n, 2)`` (ICRS, deg): footprints; with a colour each they are filled."""
        self._set(layer_of_lines("outlines", name, rings, labels, colour, colours))

    def set_lines(self, name: str, lines: Sequence[Any], labels: Sequence[str] = (), colour: str = "warning") -> None:
        """Show lines as they are, each of shape ``(n, 2)`` (ICRS, deg): contours, which may be cut in parts."""
        self._set(layer_of_lines("lines", name, lines, labels, colour))

    def set_tracks(self, name: str, lines: Sequence[Any], labels: Sequence[str] = (), colour: str = "good") -> None:
        """Show lines from a beginning to an end, each of shape ``(n, 2)`` (ICRS, deg): orbits, sequences of pointings."""
        self._set(layer_of_lines("tracks", name, lines, labels, colour))

    def remove(self, name: str) -> None:
        """Take a layer away; nothing happens if there is none of this name."""
        if self._layers.pop(name, None) is not None:
            self._send_layers()

    def on_click(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(label)`` when a point that has a label is clicked, or opened with Enter."""
        self._callbacks.append(callback)

    def static(self) -> StaticHtml:
        """The plot for a report, as inline SVG."""
        return StaticHtml(sky_svg(list(self._layers.values()), self.frame, self.centre, self.title))

    def table(self) -> StaticHtml:
        """The points as an HTML table: for reports and for screen readers."""
        head = ["layer", "name", "ra (deg)", "dec (deg)"]
        rows = [
            [layer.name, label, f"{ra:.{_DIGITS}f}", f"{dec:.{_DIGITS}f}"]
            for layer in self._layers.values()
            if layer.kind == "points"
            for label, ra, dec in zip(layer.labels or [""] * len(layer.ra), layer.ra, layer.dec, strict=True)
        ]
        return StaticHtml(html_table(head, rows, self.title))

    def _set(self, layer: Layer) -> None:
        self._layers[layer.name] = layer
        self._send_layers()

    def _send_layers(self) -> None:
        labels = {label for layer in self._layers.values() if layer.kind == "points" for label in layer.labels}
        with self.hold_sync():
            self.selected = [label for label in self.selected if label in labels]
            self.data = [layer.packed(self.frame) for layer in self._layers.values()]

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        if content.get("type") == "clicked":
            for callback in self._callbacks:
                callback(str(content["label"]))
