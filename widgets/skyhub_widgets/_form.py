"""A form made from typed parameters, in plain ipywidgets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from html import escape
from typing import Any, ClassVar

import ipywidgets as widgets
from skyhub.errors import InvalidInput

from skyhub_widgets._controls import SecretsControl, control_of, shown, shown_numbers
from skyhub_widgets._parameters import Parameter, parameter_from
from skyhub_widgets._static import StaticHtml, html_table, text_of

__all__ = ["Form", "form_from_schema"]

NIGHT = "Date of the evening; a night runs from noon to noon, UTC−12."


def _html(text: str, colour: str, role: str = "note") -> str:
    if not text:
        return ""
    return f'<span role="{role}" style="color:{colour};font-size:13px;line-height:1.35">{escape(text)}</span>'


MUTED = "var(--skyhub-text-muted, var(--jp-ui-font-color2, #54616f))"
BAD = "var(--skyhub-bad, var(--jp-error-color1, #b3261e))"


class _Field:
    """One row: the control with its label, its description, and its message once somebody has touched it."""

    def __init__(self, parameter: Parameter, changed: Callable[[], None]) -> None:
        self.parameter = parameter
        self.error = ""
        self.refusal = ""
        self.value: Any = None
        self.touched = False
        self.control = control_of(parameter)
        help_text = " ".join(filter(None, [parameter.description, NIGHT if parameter.type == "dayobs" else ""]))
        self.message = widgets.HTML()
        title = []
        if isinstance(self.control, SecretsControl):  # a box: it has no label, and a tooltip would break it
            title.append(widgets.HTML(f"<b>{escape(parameter.title)}</b>"))
        else:
            self.control.tooltip = help_text
        self.row = widgets.VBox([*title, self.control, widgets.HTML(_html(help_text, MUTED)), self.message])
        self._changed = changed
        self.control.observe(self._touch, "value")

    @property
    def missing(self) -> bool:
        """Whether it waits for its first value."""
        return bool(self.error) and not self.touched

    def check(self) -> None:
        try:
            self.value, self.error = self.parameter.read(self.control.value), ""
        except InvalidInput as error:
            self.value, self.error = None, error.message
        self.message.value = _html(self.refusal or (self.error if self.touched else ""), BAD, "alert")

    def _touch(self, change: object) -> None:
        self.touched, self.refusal = True, ""
        self._changed()


class Form(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Fields for typed parameters, and a button that says why it is disabled.

    Parameters
    ----------
    parameters
        Specification by name: ``type`` (string, text, integer, number, boolean, date, dayobs, time, list, numbers, json,
        secrets) and optional ``default``, ``description``, ``title``, ``minimum``, ``maximum``, ``enum``, ``stored``.
    submit
        Text of the button.
    folded
        Names of parameters that are rarely needed: their fields unfold below a button, and by themselves when one is refused.

    Attributes
    ----------
    value
        The valid values by name; dates as ISO texts.
    texts
        What stands in the controls by name, as a person would type it.
    errors
        What is wrong, by name; empty when the form may be submitted. A field says it once it was touched.
    busy
        A reason that keeps the button disabled, such as "the report is running"; empty for none.
    """

    user_api: ClassVar[list[str]] = [
        "value", "texts", "errors", "busy", "fill", "refuse", "on_change", "on_submit", "button", "static",
    ]  # fmt: skip

    def __init__(
        self, parameters: Mapping[str, Mapping[str, Any]], submit: str = "Run", folded: Collection[str] = ()
    ) -> None:
        self._fields = {name: _Field(parameter_from(name, spec), self._changed) for name, spec in parameters.items()}
        self._callbacks: list[Callable[[dict[str, Any]], object]] = []
        self._change_callbacks: list[Callable[[], object]] = []
        self._busy = ""
        self.button = widgets.Button(description=submit, button_style="primary")
        self._reason = widgets.HTML()
        self.button.on_click(self._submitted)
        foot = widgets.HBox(
            [self.button, self._reason],
            layout=widgets.Layout(align_items="center", flex_flow="row wrap", grid_gap="8px", margin="4px 0 0 0"),
        )
        rows = [field.row for name, field in self._fields.items() if name not in folded]
        self._folded = {name: self._fields[name] for name in self._fields if name in folded}
        self._rare = widgets.VBox(
            [field.row for field in self._folded.values()], layout=widgets.Layout(grid_gap="10px", display="none")
        )
        self._fold = widgets.Button(layout=widgets.Layout(width="auto", align_self="flex-start"))
        self._fold.on_click(lambda _: self._unfold(self._rare.layout.display == "none"))
        rare = [self._fold, self._rare] if self._folded else []
        super().__init__([*rows, *rare, foot], layout=widgets.Layout(grid_gap="10px"))
        self._unfold(False)
        self._check()

    @property
    def value(self) -> dict[str, Any]:
        return {name: field.value for name, field in self._fields.items() if not field.error}

    @property
    def texts(self) -> dict[str, str]:
        return {name: shown(field.control.value) for name, field in self._fields.items()}

    @property
    def errors(self) -> dict[str, str]:
        return {name: field.error for name, field in self._fields.items() if field.error}

    @property
    def busy(self) -> str:
        return self._busy

    @busy.setter
    def busy(self, reason: str) -> None:
        self._busy = reason
        self._check()

    def fill(self, **values: Any) -> None:
        """Set fields by name.

        Raises
        ------
        InvalidInput
            If there is no such field; values that are not permitted are shown as errors of the field.
        """
        for name, value in values.items():
            if name not in self._fields:
                raise InvalidInput(f"The form has no {name!r}; it has {', '.join(self._fields)}.", where=name)
            control = self._fields[name].control
            if isinstance(control, widgets.DatePicker):
                control.value = date.fromisoformat(value) if isinstance(value, str) else value
            elif isinstance(control, widgets.SelectMultiple):
                control.value = tuple(value)
            elif self._fields[name].parameter.type == "numbers":
                control.value = value if isinstance(value, str) else shown_numbers(value)
            else:
                control.value = shown(value) if isinstance(control, widgets.Text | widgets.Textarea) else value

    def refuse(self, name: str, message: str) -> bool:
        """Say at a field why its value was not taken, until it is changed; False if there is no such field."""
        field = self._fields.get(name)
        if field is not None:
            field.refusal = message
            field.check()
            if name in self._folded:
                self._unfold(True)
        return field is not None

    def on_change(self, callback: Callable[[], object]) -> None:
        """Call ``callback()`` whenever a field was changed."""
        self._change_callbacks.append(callback)

    def on_submit(self, callback: Callable[[dict[str, Any]], object]) -> None:
        """Call ``callback(value)`` when the button is pressed and everything is valid."""
        self._callbacks.append(callback)

    def static(self) -> StaticHtml:
        """The parameters and their values as an HTML table."""
        rows = [[f.parameter.title, text_of(f.value), f.parameter.description] for f in self._fields.values()]
        return StaticHtml(html_table(["parameter", "value", "meaning"], rows))

    def _changed(self) -> None:
        self._check()
        for callback in self._change_callbacks:
            callback()

    def _check(self) -> None:
        for field in self._fields.values():
            field.check()
        if any(field.error for field in self._folded.values()):
            self._unfold(True)
        reason = self._busy or self._what_is_wrong()
        self.button.disabled = bool(reason)
        self.button.tooltip = reason or self.button.description
        self._reason.value = _html(reason, MUTED, "status")

    def _unfold(self, unfolded: bool) -> None:
        self._rare.layout.display = None if unfolded else "none"
        titles = ", ".join(field.parameter.title for field in self._folded.values())
        self._fold.description = "▾ Less" if unfolded else f"▸ More ({len(self._folded)})"
        self._fold.tooltip = titles

    def _what_is_wrong(self) -> str:
        wrong = [f.parameter.title for f in self._fields.values() if f.error and not f.missing]
        missing = [f.parameter.title for f in self._fields.values() if f.missing]
        parts = [f"Correct first: {', '.join(wrong)}."] * bool(wrong)
        parts += [f"Still needed: {', '.join(missing)}."] * bool(missing)
        return " ".join(parts)

    def _submitted(self, button: widgets.Button) -> None:
        if not self.button.disabled:
            for callback in self._callbacks:
                callback(self.value)


def form_from_schema(
    parameters: Mapping[str, Mapping[str, Any]], submit: str = "Run", folded: Collection[str] = ()
) -> Form:
    """A form for typed parameters, such as those of a report's sidecar; see :class:`Form`."""
    return Form(parameters, submit, folded)
