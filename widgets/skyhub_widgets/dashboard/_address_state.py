"""What a widget shows, as parameters of the page's address and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets.dashboard._view import alert

__all__ = ["AddressState"]

_BETWEEN = "~"
"""Between the items of a list: labels have commas."""


class AddressState:
    """Traits of a widget that an address carries.

    Parameters
    ----------
    widget
        The widget.
    prefix
        Begins the names of the parameters.
    names
        The traits; one that needs another comes after it.
    changed
        Called when the viewer has changed one of them.
    """

    def __init__(self, widget: t.HasTraits, prefix: str, names: Sequence[str], changed: Callable[[], object]) -> None:
        self._widget, self._prefix, self._names, self._changed = widget, prefix, tuple(names), changed
        self._standing = self._values()
        self._taking = False
        widget.observe(self._told, list(names))

    @property
    def params(self) -> dict[str, str]:
        """Parameters for all that is not as it stands when nothing was chosen."""
        changed = {name: value for name, value in self._values().items() if value != self._standing[name]}
        return {self._prefix + name: _text(value) for name, value in changed.items()}

    def is_in(self, params: Mapping[str, str]) -> bool:
        """Whether an address says anything of what is shown."""
        return any(name.startswith(self._prefix) for name in params)

    def take(self, params: Mapping[str, str], **standing: Any) -> str:
        """Show what an address says, and of the rest what stands when nothing was chosen.

        Parameters
        ----------
        params
            Parameters of the address.
        **standing
            What stands from now on, of some of the traits.

        Returns
        -------
        str
            HTML of what the address says that cannot be shown; empty if there is nothing.
        """
        self._standing |= standing
        refused = []
        self._taking = True
        try:
            for name in reversed(self._names):
                setattr(self._widget, name, self._standing[name])
            for name in self._names:
                text = params.get(self._prefix + name)
                if text is not None and not self._took(name, text):
                    refused.append(f"{name} = {text[:60]}")
        finally:
            self._taking = False
        return alert(f"The address says what cannot be shown: {'; '.join(refused)}.") if refused else ""

    def _took(self, name: str, text: str) -> bool:
        try:
            setattr(self._widget, name, _value(self._widget.traits()[name], text))
        except (t.TraitError, InvalidInput, ValueError):
            return False
        return True

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self._widget, name) for name in self._names}

    def _told(self, change: object) -> None:
        if not self._taking:
            self._changed()


def _text(value: object) -> str:
    return _BETWEEN.join(map(str, value)) if isinstance(value, list) else str(value)


def _value(trait: t.TraitType[Any, Any], text: str) -> Any:
    """The value of a trait that a text says; of one with few values the one that is written so."""
    if isinstance(trait, t.Float):
        return float(text)
    if isinstance(trait, t.Enum | t.Bool):
        permitted = trait.values if isinstance(trait, t.Enum) else (True, False)
        return next((value for value in permitted or () if str(value) == text), text)
    if not isinstance(trait, t.List):
        return text
    items = text.split(_BETWEEN) if text else []
    return [float(item) for item in items] if isinstance(trait._trait, t.Float) else items
