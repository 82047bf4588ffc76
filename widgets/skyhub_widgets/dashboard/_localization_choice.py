"""The choice of a localization to look inside, and of how deep, among those that the viewer may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.client import Sky

from skyhub_widgets.dashboard._fields import dropdown, text_field

__all__ = ["LocalizationChoice", "title_of"]

_ANYWHERE = ("anywhere on the sky", "")
_MOST_LISTED = 200


class LocalizationChoice:
    """A menu of localizations, newest first, and a field for the credible level: ``controls``.

    Parameters
    ----------
    sky
        The viewer's connection.
    """

    def __init__(self, sky: Sky) -> None:
        self._sky = sky
        self._menu = dropdown("Inside", [_ANYWHERE])
        self._level = text_field("at level", "0.9")
        self._level.continuous_update = False
        self.controls: tuple[widgets.Widget, ...] = (self._menu, self._level)
        self.list()

    @property
    def value(self) -> dict[str, Any]:
        """The conditions that the controls say; none for anywhere."""
        level = self._level.value.strip()
        return {"localization": self._menu.value, "level": level} if self._menu.value else {}

    def fill(self, conditions: Mapping[str, Any]) -> None:
        """Show conditions; a localization that is not listed is added."""
        chosen = str(conditions.get("localization") or "")
        if chosen not in {number for _, number in self._menu.options}:
            self._menu.options = [*self._menu.options, (f"localization {chosen}", chosen)]
        self._menu.value = chosen
        self._level.value = str(conditions.get("level") or "")

    def list(self) -> None:
        """List them anew; what is chosen stays chosen."""
        shown = self._menu.value
        rows = self._sky.localizations.rows(limit=_MOST_LISTED)
        self._menu.options = [_ANYWHERE, *((title_of(row), str(row["localization_id"])) for row in rows)]
        self.fill({"localization": shown, "level": self._level.value})


def title_of(row: Mapping[str, Any]) -> str:
    """A localization in the words of a menu: its event, its name, its area."""
    event = f"{str(row['dateobs'])[:19]} · " if row["dateobs"] else ""
    return f"{event}{row['name']} ({row['area_90']:.3g} deg²)"
