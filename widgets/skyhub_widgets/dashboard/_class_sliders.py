"""A taxonomy as a tree of sliders: how probable each class is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from skyhub_widgets.dashboard._view import button

__all__ = ["ClassSliders"]

_STEP = 0.05


class ClassSliders(widgets.VBox):
    """Sliders for the classes of a taxonomy; those below a class appear when it is unfolded.

    Parameters
    ----------
    classes
        Rows of ``Sky.taxonomies.classes``: ``classification`` and its ``path`` from the root.

    Attributes
    ----------
    value
        Probabilities above 0, by class.
    """

    def __init__(self, classes: Sequence[Mapping[str, Any]]) -> None:
        self._below: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for found in classes:
            path = tuple(found["path"])
            self._below.setdefault(path[:-1], []).append(path)
        self._sliders: dict[tuple[str, ...], widgets.FloatSlider] = {}
        roots = self._below.get((), [])
        top = self._below.get(roots[0], []) if len(roots) == 1 else roots
        super().__init__([self._branch(path) for path in top])

    @property
    def value(self) -> dict[str, float]:
        return {path[-1]: slider.value for path, slider in self._sliders.items() if slider.value > 0}

    def clear(self) -> None:
        """Set all to 0."""
        for slider in self._sliders.values():
            slider.value = 0.0

    def _branch(self, path: tuple[str, ...]) -> widgets.Widget:
        slider = self._sliders[path] = widgets.FloatSlider(
            0.0, min=0, max=1, step=_STEP, description=path[-1], readout_format=".2f",
            style={"description_width": "170px"}, layout=widgets.Layout(width="min(440px, 100%)"),
        )  # fmt: skip
        if path not in self._below:
            return slider
        below = widgets.VBox(layout=widgets.Layout(margin="0 0 0 18px", display="none"))
        fold = button("▸", lambda: unfold())
        fold.tooltip = f"Classes below {path[-1]}"

        def unfold() -> None:
            if not below.children:
                below.children = tuple(self._branch(child) for child in self._below[path])
            is_open = below.layout.display is None
            below.layout.display = "none" if is_open else None
            fold.description = "▸" if is_open else "▾"

        return widgets.VBox([widgets.HBox([slider, fold]), below])
