"""Other telescopes that share the localization of a plan: which, and what is wished otherwise of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from skyhub.errors import InvalidInput

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._parameters import parameter_from
from skyhub_widgets.dashboard._fields import dropdown, words_of
from skyhub_widgets.dashboard._plan_wishes import OWN, RARE, differing
from skyhub_widgets.dashboard._view import button, note, row, stack

__all__ = ["OtherTelescopes", "compact", "own_of_params", "own_of_text"]

_NONE = ("no other telescope", "")
_MOST = 9


class OtherTelescopes:
    """The choice of further instruments, and a form for each with what differs: ``choice`` and ``box``.

    Parameters
    ----------
    chosen
        Called when other instruments are chosen.
    changed
        Called when something else is wished of one.
    """

    def __init__(self, chosen: Callable[[], object], changed: Callable[[], object]) -> None:
        self._chosen, self._changed = chosen, changed
        self._quiet = False
        self._known: list[str] = []
        self._first = ""
        self.forms: dict[str, Form] = {}
        self.choice = dropdown("Together with", [_NONE])
        self.choice.observe(lambda change: self._add(change["new"]), "value")
        self.box = stack()

    @property
    def names(self) -> list[str]:
        """The further instruments."""
        return list(self.forms)

    @property
    def errors(self) -> bool:
        """Whether something cannot be in one of the forms."""
        return any(form.errors for form in self.forms.values())

    @property
    def params(self) -> dict[str, str]:
        """The instruments and what differs, as parameters of the address: ``DECam.exposure=90;DECam.filters=z``."""
        if not self.forms:
            return {}
        told = [
            f"{name}.{wish}={text}" for name, form in self.forms.items() for wish, text in form.texts.items() if text
        ]
        return {"with": ",".join(self.names), **({"own": ";".join(told)} if told else {})}

    def own(self) -> dict[str, dict[str, Any]]:
        """What differs, by instrument, as a draft takes it. Raises `InvalidInput` at ``own.INSTRUMENT.wish``."""
        found: dict[str, dict[str, Any]] = {}
        for name, form in self.forms.items():
            try:
                found[name] = differing(form.value)
            except InvalidInput as error:
                raise InvalidInput(error.message, f"own.{name}.{error.where}") from error
        return found

    def offer(self, names: Sequence[str], first: str) -> None:
        """Offer all of some instruments but the first one of the plan."""
        self._known, self._first = list(names), first
        if first in self.forms:
            self._remove(first)
        self._renew()

    def take(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        """Choose these instruments, with the texts of their forms."""
        self._quiet = True
        try:
            self.forms = {name: self._form() for name in texts}
            for name, given in texts.items():
                self.forms[name].fill(**given)
        finally:
            self._quiet = False
        self._renew()

    def _add(self, name: str | None) -> None:
        if not name or self._quiet:
            return
        self.forms[name] = self._form()
        self._renew()
        self._chosen()

    def _remove(self, name: str) -> None:
        del self.forms[name]
        self._renew()
        self._chosen()

    def _form(self) -> Form:
        form = compact(form_from_schema(OWN, folded=RARE))
        form.children[-1].layout.display = "none"  # the plan is asked for once, by the form of all
        form.on_change(lambda: None if self._quiet else self._changed())
        return form

    def _renew(self) -> None:
        self._quiet = True
        free = [name for name in self._known if name != self._first and name not in self.forms]
        self.choice.options = [_NONE, *((name, name) for name in free)]
        self.choice.value = ""
        self.choice.disabled = not free or len(self.forms) >= _MOST
        self.choice.tooltip = "There is no other instrument." if self.choice.disabled else "They share what they see"
        self._quiet = False
        self.box.children = [part for name, form in self.forms.items() for part in (self._head(name), form)]

    def _head(self, name: str) -> widgets.Widget:
        told = widgets.HTML(note(f"{name}: what differs for it."))
        return row(told, button(f"Without {name}", lambda: self._remove(name)))


def own_of_text(text: str) -> dict[str, dict[str, str]]:
    """What differs by instrument, as an address has it. Raises `InvalidInput` if it cannot be read."""
    found: dict[str, dict[str, str]] = {}
    for part in filter(None, text.split(";")):
        name, dot, rest = part.partition(".")
        wish, equals, value = rest.partition("=")
        if not (dot and equals and name.strip() and wish in OWN):
            raise InvalidInput(
                f"{part!r} is given for another telescope: instrument, wish and value as DECam.exposure=90 are permitted.",
                "own",
            )
        found.setdefault(name.strip(), {})[wish] = value
    return found


def own_of_params(params: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What differs for each of the further instruments of an address, as a draft takes it.

    Raises
    ------
    InvalidInput
        If something cannot be wished.
    """
    texts = own_of_text(params.get("own", ""))
    return {
        name: differing(
            {wish: parameter_from(wish, OWN[wish]).read(text) for wish, text in texts.get(name, {}).items()}
        )
        for name in words_of(params.get("with", ""))
    }


def compact(form: Form) -> Form:
    """The form with two fields side by side, also of those that are folded."""
    form.layout.display, form.layout.grid_template_columns = "grid", "repeat(2, minmax(0, 1fr))"
    for wide in form.children[-3:]:
        wide.layout.grid_area = "auto / 1 / auto / -1"
    rare = form.children[-2]
    rare.layout.flex_flow = "row wrap"
    for field in rare.children:
        field.layout.flex, field.layout.min_width = "1 1 45%", "0"
    return form
