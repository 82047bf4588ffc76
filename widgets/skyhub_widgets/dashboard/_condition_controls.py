"""What controls for conditions share: what is chosen is told at once, what cannot be used is said, filling tells nobody."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets
from skyhub.errors import InvalidInput

from skyhub_widgets.dashboard._localization_choice import LocalizationChoice
from skyhub_widgets.dashboard._view import alert

__all__ = ["ConditionControls", "listed"]


class ConditionControls(ABC):
    """Controls that say conditions.

    Parameters
    ----------
    chosen
        Called with the conditions when the viewer has changed them.
    place
        The choice of a localization.
    """

    def __init__(self, chosen: Callable[[dict[str, Any]], object], place: LocalizationChoice) -> None:
        self._chosen, self._place = chosen, place
        self._is_filling = False
        self._trouble = widgets.HTML()

    @property
    @abstractmethod
    def value(self) -> dict[str, Any]:
        """The conditions that the controls say. Raises `InvalidInput` naming what cannot be used."""

    def say(self, text: str) -> None:
        """Show what is wrong; nothing, if it is empty."""
        self._trouble.value = alert(text) if text else ""

    def list_places(self) -> None:
        """List anew the localizations that there are."""
        with self._filling():
            self._place.list()

    @contextmanager
    def _filling(self) -> Iterator[None]:
        """Controls that change meanwhile were not changed by the viewer."""
        self._is_filling = True
        try:
            yield
        finally:
            self._is_filling = False

    def _apply_now(self, change: object) -> None:
        if not self._is_filling:
            self._apply()

    def _apply(self) -> None:
        try:
            self._set(self.value)
        except InvalidInput as error:
            self.say(error.message)

    def _set(self, conditions: dict[str, Any]) -> None:
        self.say("")
        self._chosen(conditions)


def listed(value: Any) -> list[Any]:
    """One value, several or none, as a list."""
    return [] if value in (None, "") else list(value) if isinstance(value, list | tuple) else [value]
