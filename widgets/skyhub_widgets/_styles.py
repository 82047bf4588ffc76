"""Colour and marker of each filter, safe for colour-blind readers, near to what the field is used to.

The hues are those of Okabe and Ito (2008), https://jfly.uni-koeln.de/color/; where they are too pale on white a
darker shade is used in the light theme. Each filter of a survey has its own marker, so that colour is never alone.
"""

from __future__ import annotations

from typing import TypedDict

__all__ = ["FILTER_STYLES", "FilterStyle", "FilterStyles", "filter_style"]


class FilterStyle(TypedDict):
    """How points in one filter are drawn."""

    colour: str
    """On a light background."""
    dark: str
    """On a dark background."""
    marker: str
    """circle, square, diamond, triangle, pentagon or hexagon."""
    label: str
    """Name in the legend; empty for the filter's own name."""


class FilterStyles(TypedDict):
    """Styles by filter name, else by the band (last letter of the name), else one for all others."""

    names: dict[str, FilterStyle]
    bands: dict[str, FilterStyle]
    other: FilterStyle


def _style(colour: str, dark: str, marker: str, label: str = "") -> FilterStyle:
    return {"colour": colour, "dark": dark, "marker": marker, "label": label}


_GREEN = ("#00785a", "#2bc79b")
_VERMILLION = ("#c34f00", "#f0853a")
_PURPLE = ("#8a3f83", "#d996c4")
_BLUE = ("#0072b2", "#56b4e9")
_OCHRE = ("#94690a", "#e6b83c")
_GREY = ("#4d4d4d", "#c4c4c4")

FILTER_STYLES: FilterStyles = {
    "names": {
        "ztfg": _style(*_GREEN, "circle", "ZTF g"),
        "ztfr": _style(*_VERMILLION, "square", "ZTF r"),
        "ztfi": _style(*_PURPLE, "diamond", "ZTF i"),
        "atlasc": _style(*_BLUE, "pentagon", "ATLAS c"),
        "atlaso": _style(*_OCHRE, "hexagon", "ATLAS o"),
    },
    "bands": {
        "u": _style(*_BLUE, "triangle"),
        "g": _style(*_GREEN, "circle"),
        "r": _style(*_VERMILLION, "square"),
        "i": _style(*_PURPLE, "diamond"),
        "z": _style(*_OCHRE, "pentagon"),
        "y": _style(*_GREY, "hexagon"),
        "c": _style(*_BLUE, "pentagon"),
        "o": _style(*_OCHRE, "hexagon"),
    },
    "other": _style(*_GREY, "diamond"),
}


def filter_style(name: str) -> FilterStyle:
    """Style of a filter, with its label filled in.

    Examples
    --------
    >>> filter_style("ztfg")["label"], filter_style("lsstr")["marker"]
    ('ZTF g', 'square')
    """
    styles = FILTER_STYLES
    style = styles["names"].get(name) or styles["bands"].get(name[-1:]) or styles["other"]
    return {**style, "label": style["label"] or name}
