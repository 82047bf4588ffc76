"""The landing page: cards that lead to the dashboards."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, ClassVar

import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._static import StaticHtml

__all__ = ["Cards"]

KEYS = {"title", "text", "badge", "href", "view", "disabled"}


class Cards(SkyhubWidget):
    """Cards with a title, a text and what is new.

    Attributes
    ----------
    title
        Heading above the cards; empty for none.
    cards
        Records with ``title``, ``text``, optional ``badge`` (such as "12 new since your last visit") and either
        ``href`` (an address) or ``view`` (a view of this page); ``disabled`` says why a card leads nowhere now.
    """

    module = "cards"
    user_api: ClassVar[list[str]] = ["title", "cards", "on_open", "static", "observe", "close"]

    title = t.Unicode("").tag(sync=True)
    cards = t.List(t.Dict()).tag(sync=True)

    def __init__(self, cards: list[dict[str, Any]] | None = None, **traits: Any) -> None:
        self._callbacks: list[Callable[[str], object]] = []
        super().__init__(cards=cards or [], **traits)
        self.on_msg(self._received)

    @t.validate("cards")
    def _check_cards(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        cards: list[dict[str, Any]] = proposal["value"]
        for card in cards:
            leads = [name for name in ("href", "view", "disabled") if card.get(name)]
            if not card.get("title") or not leads or set(card) - KEYS:
                raise InvalidInput(
                    f"The card {card!r} was given. A card has a title, one of href, view and disabled, and may have "
                    f"text and badge; nothing else.",
                    where="cards",
                )
        return cards

    def on_open(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(view)`` when the viewer opens a card that leads to a view of this page."""
        self._callbacks.append(callback)

    def static(self) -> StaticHtml:
        """The cards as an HTML list."""
        return StaticHtml(f'<ul class="skyhub-static">{"".join(_item(card) for card in self.cards)}</ul>')

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        if content.get("type") == "open":
            for callback in self._callbacks:
                callback(str(content["view"]))


def _item(card: dict[str, Any]) -> str:
    title = escape(card["title"])
    if card.get("href"):
        title = f'<a href="{escape(card["href"])}">{title}</a>'
    badge = f" ({escape(card['badge'])})" if card.get("badge") else ""
    return f"<li><b>{title}</b>{badge}<br/>{escape(card.get('text', ''))}</li>"
