"""Where tables draw themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axes_or_new"]


def axes_or_new(axes: Axes | None, size: tuple[float, float] = (8, 4.5)) -> Axes:
    """The axes that are given, or new ones in a figure of a size (inches)."""
    if axes is not None:
        return axes
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=size)[1]
