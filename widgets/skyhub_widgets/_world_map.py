"""The Earth with its telescopes: who can see a localization at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from skyhub.errors import InvalidInput

from skyhub_widgets._chart import Chart
from skyhub_widgets._static import StaticHtml, html_table, text_of
from skyhub_widgets._world_svg import world_svg

__all__ = ["WorldMap"]

_NEEDED = ("time", "sun", "moon", "to_earth", "telescopes")


class WorldMap(Chart):
    """Who can see a localization: the Earth at a time with day and night, and telescopes by the probability that they see.

    Parameters
    ----------
    found
        What ``sky.observability.observers`` gives; none is an empty widget.
    lines
        Borders of the localization, each of shape ``(n, 2)`` (ICRS, deg): they are drawn where they stand at the zenith.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    selected
        The telescope that is selected, by its name; empty for none.
    title
        What is shown; screen readers say it.
    """

    user_api: ClassVar[list[str]] = ["show", "selected", "title", "on_select", "static", "table", "observe", "close"]

    def __init__(self, found: Mapping[str, Any] | None = None, lines: Sequence[Any] = (), **traits: Any) -> None:
        self._rows: list[Mapping[str, Any]] = []
        super().__init__(**{"title": "Who can see it", **traits})
        if found is not None:
            self.show(found, lines)

    def show(self, found: Mapping[str, Any], lines: Sequence[Any] = ()) -> None:
        """Show another time or localization; parameters as above.

        Raises
        ------
        InvalidInput
            If it is not what ``sky.observability.observers`` gives.
        """
        if missing := [name for name in _NEEDED if name not in found]:
            raise InvalidInput(
                f"what was found has no {', '.join(missing)}: give what sky.observability.observers gives.", "found"
            )
        self._rows = list(found["telescopes"])
        self._draw(world_svg(found, lines, f"{self.title}, {found['time'][:16].replace('T', ' ')} UTC"))

    def table(self) -> StaticHtml:
        """The telescopes as an HTML table."""
        head = [
            "telescope",
            "latitude (deg)",
            "longitude (deg)",
            "Sun (deg)",
            "sees now",
            "sees tonight",
            "from",
            "until",
        ]
        rows = [
            [
                one["telescope"], text_of(one["latitude"], 2), text_of(one["longitude"], 2), text_of(one["sun_altitude"], 0),
                f"{one['now']:.1%}", f"{one['tonight']:.1%}",
                *(text_of((one[name] or "")[:16] or None) for name in ("begin", "end")),
            ]
            for one in self._rows
        ]  # fmt: skip
        return StaticHtml(html_table(head, rows, self.title))
