"""Panels that unfold below a row of buttons, one at a time, each made when it is first opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ipywidgets as widgets

from skyhub_widgets.dashboard._view import button, row

__all__ = ["Panels"]


class Panels(widgets.VBox):
    """Buttons, and below them the panel of the one that was pressed last.

    Parameters
    ----------
    makers
        What makes each panel, by the text of its button.
    """

    def __init__(self, makers: Mapping[str, Callable[[], widgets.Widget]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, widgets.Widget] = {}
        self._buttons = {name: self._button(name) for name in makers}
        self._place = widgets.Box(layout=widgets.Layout(display="none", margin="4px 0 10px", flex_flow="column"))
        self.opened: str | None = None
        self.children: tuple[widgets.Widget, ...]
        super().__init__(
            [row(*self._buttons.values()), self._place], layout=widgets.Layout(overflow="visible", margin="0 0 10px")
        )

    def unfold(self, name: str | None) -> None:
        """Unfold a panel, or none."""
        self.opened = name
        if name is not None and name not in self._made:
            self._made[name] = self._makers[name]()
        self._place.children = () if name is None else (self._made[name],)
        self._place.layout.display = "none" if name is None else None
        for label, made in self._buttons.items():
            made.description = f"{'▾' if label == name else '▸'} {label}"
            made.tooltip = f"{'Close' if label == name else 'Open'} {label}"

    def reset(self) -> None:
        """Fold, and make each panel anew when it is opened."""
        self._made.clear()
        self.unfold(None)

    def renew(self, *names: str) -> None:
        """Make these panels anew when they are opened next; one that is open now."""
        for name in names:
            self._made.pop(name, None)
        if self.opened in names:
            self.unfold(self.opened)

    def _button(self, name: str) -> widgets.Button:
        return button(f"▸ {name}", lambda: self.unfold(None if self.opened == name else name))
