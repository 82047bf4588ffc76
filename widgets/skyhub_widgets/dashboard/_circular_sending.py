"""The way out of the house: how a circular is sent, asked once more before it is, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._fields import dropdown
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, stack

__all__ = ["SendingPanel"]

_FORM = "form"
_OPEN_ENDED = ("handed over", "unsure")


class SendingPanel:
    """Controls to send an approved circular, and to say what became of one.

    Parameters
    ----------
    page
        The page that it is on.
    changed
        Called when something has come of it.
    """

    def __init__(self, page: Page, changed: Callable[[], object]) -> None:
        self._page, self._changed, self._circular = page, changed, dict[str, Any]()
        self._way = dropdown("Send by", [("GCN's form, yourself", _FORM)])
        self._send = button("Send …", self._ask)
        self._asked = widgets.HTML()
        self._sure = button("Send it now", self._do_send)
        self._sure.button_style = "primary"
        self._never_mind = button("Not yet", lambda: self._confirm(False))
        self._message = widgets.HTML()
        self._number = widgets.IntText(description="GCN Circ.", layout=widgets.Layout(width="180px"))
        self._published = button("It was published", lambda: self._tell(True))
        self._unpublished = button("It was not published", lambda: self._tell(False))
        self._form_again = button("GCN's form", lambda: self._send_by(_FORM, ""))
        self._out = row(self._way, self._send)
        self._confirmation = stack(self._asked, row(self._sure, self._never_mind))
        self._telling = row(self._form_again, self._number, self._published, self._unpublished)
        self.box = stack(self._out, self._confirmation, self._message, self._telling)
        self._confirm(False)

    def show(self, circular: Mapping[str, Any]) -> None:
        """Offer what can be done with a circular in its state."""
        other = circular["circular_id"] != self._circular.get("circular_id")
        self._circular = dict(circular)
        if other:
            self._message.value = ""
            self._list_ways()
        self._confirm(False)
        permitted, state = may(self._page, "approve"), circular["state"]
        _shown(self._out, permitted and state in ("approved", "failed"))
        _shown(self._telling, permitted and state in _OPEN_ENDED)
        _shown(self._form_again, state == "handed over")

    def enable(self, saved: bool) -> None:
        """Let it be sent if all that was written is saved."""
        self._send.disabled = not saved
        self._send.tooltip = "" if saved else "save what you have written first"

    def _list_ways(self) -> None:
        accounts = self._page.sky.circular_accounts.rows() if may(self._page, "approve") else []
        named = [(f"{a['way']}, {a['name']}", f"{a['way']} {a['circular_account_id']}") for a in accounts]
        self._way.options = [("GCN's form, yourself", _FORM), *named]

    def _ask(self) -> None:
        circular, by_form = self._circular, self._way.value == _FORM
        what = f"<b>{escape(circular['subject'])}</b>, version {circular['version']}, approved by "
        what += escape(str(circular["approved_by"]))
        self._asked.value = (
            f"<p>GCN's form is filled in with {what}; you send it there. Until you say that it was not published, nobody can "
            "edit it.</p>"
            if by_form
            else f"<p>All who follow GCN will get {what}. This cannot be taken back.</p>"
        )
        self._sure.description = "Fill the form in" if by_form else "Send it now"
        self._confirm(True)

    def _confirm(self, asked: bool) -> None:
        _shown(self._confirmation, asked)

    def _do_send(self) -> None:
        way, _, account = self._way.value.partition(" ")
        self._send_by(way, account)

    def _send_by(self, way: Any, account: str) -> None:
        try:
            told = self._page.sky.circulars.send(self._circular, way, account or None)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        finally:
            self._confirm(False)
        self._message.value = _form_link(told["url"]) if way == _FORM else note("It is in the queue.")
        self._changed()

    def _tell(self, sent: bool) -> None:
        number = self._number.value if sent and self._number.value > 0 else None
        try:
            self._page.sky.circulars.tell(self._circular["circular_id"], sent=sent, number=number)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._message.value = ""
        self._changed()


def _form_link(url: str) -> str:
    link = f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">Open GCN\'s form</a>'
    return f"<p>{link}, send it there, and say its number here.</p>"


def _shown(widget: widgets.Widget, shown: bool) -> None:
    widget.layout.display = None if shown else "none"
