"""The controls of a form: one for each type of parameter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ipywidgets as widgets
import traitlets as t

from skyhub_widgets._parameters import Parameter

__all__ = ["SecretsControl", "control_of", "shown", "shown_numbers"]

WIDE = {"description_width": "initial"}
_LONG = {"text": 4, "json": 6}
"""Types that are typed in several lines, and in how many."""
_KEEP = "stored: leave empty to keep"


def control_of(parameter: Parameter) -> widgets.DOMWidget:
    """The control with which a parameter is given, its label included; its ``value`` is what `Parameter.read` takes."""
    if parameter.type == "secrets":
        return SecretsControl(parameter.stored)
    control = _plain_control(parameter)
    control.description, control.style = parameter.title, WIDE
    control.layout = widgets.Layout(width="auto", max_width="420px")
    control.add_class("skyhub-field")
    return control


def _plain_control(parameter: Parameter) -> widgets.DOMWidget:
    if parameter.enum and parameter.type == "list":
        return widgets.SelectMultiple(
            options=parameter.enum, value=tuple(parameter.default or ()), rows=min(6, len(parameter.enum))
        )
    if parameter.enum:
        options = [(str(value), value) for value in parameter.enum]
        return widgets.Dropdown(
            options=options, value=parameter.default if parameter.default is not None else parameter.enum[0]
        )
    if parameter.type == "boolean":
        return widgets.Checkbox(value=bool(parameter.default), indent=False)
    if parameter.type in ("date", "dayobs"):
        return widgets.DatePicker(value=date.fromisoformat(parameter.default) if parameter.default else None)
    if parameter.type in _LONG:
        return widgets.Textarea(value=shown(parameter.default), continuous_update=True, rows=_LONG[parameter.type])
    if parameter.type == "numbers":
        return widgets.Text(value=shown_numbers(parameter.default), placeholder="HasNS=0.5, BNS=0.1")
    return widgets.Text(value=shown(parameter.default), continuous_update=True)


def shown(value: Any) -> str:
    """A value as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value)):
        return json.dumps(value, indent=1, ensure_ascii=False)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def shown_numbers(values: Mapping[str, float] | None) -> str:
    """Numbers by name as a person would type them."""
    return ", ".join(f"{name}={value:g}" for name, value in (values or {}).items())


class SecretsControl(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Secrets by name, which are written and never read: those stored are kept, replaced or removed, one may be added.

    Parameters
    ----------
    stored
        Names of the secrets that are stored.

    Attributes
    ----------
    value
        What changes: new secrets by name, None for those to remove; empty while nothing changes.
    """

    value = t.Dict()

    def __init__(self, stored: Sequence[str] = ()) -> None:
        self._stored = {name: (_password(name, _KEEP), _removal()) for name in stored}
        self._name = widgets.Text(description="New secret", placeholder="its name, such as password", style=WIDE)
        self._name.add_class("skyhub-field")
        self._secret = _password("Its value", "")
        rows = [_row(*controls) for controls in self._stored.values()]
        super().__init__([*rows, _row(self._name, self._secret)])
        for control in (self._name, self._secret, *(c for pair in self._stored.values() for c in pair)):
            control.observe(self._changed, "value")

    def _changed(self, change: object) -> None:
        changes: dict[str, str | None] = {}
        for name, (secret, removal) in self._stored.items():
            secret.disabled = removal.value
            if removal.value:
                changes[name] = None
            elif secret.value:
                changes[name] = secret.value
        if self._name.value or self._secret.value:
            changes[self._name.value.strip()] = self._secret.value
        self.value = changes


def _password(label: str, placeholder: str) -> widgets.Password:
    made = widgets.Password(description=label, placeholder=placeholder, style=WIDE)
    made.add_class("skyhub-field")
    return made


def _removal() -> widgets.Checkbox:
    return widgets.Checkbox(description="remove", indent=False, layout=widgets.Layout(width="auto"))


def _row(*controls: widgets.DOMWidget) -> widgets.HBox:
    return widgets.HBox(controls, layout=widgets.Layout(align_items="flex-end", flex_flow="row wrap"))
