"""Colour and marker of each filter, safe for colour-blind readers, near to what the field is used to.

The hue says the band, the same for all surveys; the hues are those of Okabe and Ito (2008),
https://jfly.uni-koeln.de/color/, darker on white where they are too pale, and a few more beyond the optical. The marker
says band and survey: those of one survey differ, and so do those of one band in two surveys. Colour is never alone.
"""

from __future__ import annotations

from typing import TypedDict

from skyhub.science.bandpasses import Bandpass, bandpass, bandpass_names, instrument_of

__all__ = ["FILTER_STYLES", "MARKERS", "FilterStyle", "FilterStyles", "filter_style"]

MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle": "^",
    "pentagon": "p",
    "hexagon": "h",
    "star": "*",
    "plus": "P",
    "cross": "X",
    "left": "<",
    "right": ">",
}
"""The markers, and what matplotlib calls them; a triangle pointing down is an upper limit."""


class FilterStyle(TypedDict):
    """How points in one filter are drawn."""

    colour: str
    """On a light background."""
    dark: str
    """On a dark background."""
    marker: str
    """One of `MARKERS`."""
    label: str
    """Name in the legend; empty for the filter's own name."""


class FilterStyles(TypedDict):
    """Styles by name of bandpass, else by the band (last letter of the name), else one for all others."""

    names: dict[str, FilterStyle]
    bands: dict[str, FilterStyle]
    other: FilterStyle


_GREEN = ("#00785a", "#2bc79b")
_VERMILLION = ("#c34f00", "#f0853a")
_PURPLE = ("#8a3f83", "#d996c4")
_BLUE = ("#0072b2", "#56b4e9")
_OCHRE = ("#94690a", "#e6b83c")
_GREY = ("#4d4d4d", "#c4c4c4")
_VIOLET = ("#5b4ab0", "#a99af0")
_CYAN = ("#00707f", "#4fc6d6")
_OLIVE = ("#5f6f00", "#b9c94e")
_BROWN = ("#7a4a32", "#cfa287")

_HUES = {
    "u": _BLUE, "g": _GREEN, "r": _VERMILLION, "i": _PURPLE, "z": _OCHRE, "y": _GREY, "c": _BLUE, "o": _OCHRE,
}  # fmt: skip
_HUES_BELOW = ((3300, _VIOLET), (4000, _BLUE), (4650, _CYAN), (5100, _GREEN), (5800, _OLIVE), (6900, _VERMILLION),
               (8300, _PURPLE), (9400, _OCHRE), (11000, _GREY), (3e4, _BROWN))  # fmt: skip
"""Hues of other bands, by effective wavelength (Å)."""
_PLACES = {"g": 0, "r": 1, "i": 2, "u": 3, "z": 4, "y": 5, "c": 4, "o": 5}
"""Places of the markers of bands that many surveys have."""
_SURVEYS = ("ztf", "sdss", "ps1", "lsst", "des", "skymapper", "gaia", "goto", "bessell", "csp", "standard")
"""Surveys whose markers differ most; ATLAS, which shares no band with ZTF, has ZTF's."""
_STEP = 3
_SHADES = ((0.0, 0.0), (0.3, 0.0), (0.0, 0.3))
"""Shares of black and white that are mixed into a hue, survey by survey."""
_BLACK, _WHITE = "#000000", "#ffffff"


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _style(hue: tuple[str, str], place: int, rank: int = 0, label: str = "") -> FilterStyle:
    markers = list(MARKERS)
    black, white = _SHADES[rank % len(_SHADES)]
    return {
        "colour": _mixed(hue[0], _BLACK, black + white),
        "dark": _mixed(_mixed(hue[1], _BLACK, black * 0.7), _WHITE, white * 1.5),
        "marker": markers[(place + _STEP * rank) % len(markers)],
        "label": label,
    }


def _hue(band: Bandpass) -> tuple[str, str]:
    below = (hue for wavelength, hue in _HUES_BELOW if band.effective_wavelength < wavelength)
    return _HUES.get(band.letter) or next(below, _GREY)


def _styles_of_bandpasses() -> dict[str, FilterStyle]:
    bands = [bandpass(name) for name in bandpass_names()]
    families = list(dict.fromkeys([*_SURVEYS, *(band.family for band in bands)]))
    letters: dict[str, list[str]] = {}
    styles = {}
    for band in bands:
        others = letters.setdefault(band.family, [])
        if band.letter not in [*others, *_PLACES]:
            others.append(band.letter)
        place = (
            _PLACES[band.letter] if band.letter in _PLACES else len(set(_PLACES.values())) + others.index(band.letter)
        )
        rank = 0 if band.family == "atlas" else families.index(band.family)
        styles[band.name] = _style(_hue(band), place, rank, _label(band))
    return styles


def _label(band: Bandpass) -> str:
    instrument = instrument_of(band.name)
    if band.family in ("bessell", "standard"):
        return f"{band.family.capitalize()} {band.letter.upper()}"
    if instrument == "unknown":
        return band.name
    return instrument if band.letter == instrument.lower() else f"{instrument} {band.letter}"


FILTER_STYLES: FilterStyles = {
    "names": _styles_of_bandpasses(),
    "bands": {letter: _style(hue, _PLACES[letter]) for letter, hue in _HUES.items()},
    "other": _style(_GREY, 2),
}


def filter_style(name: str) -> FilterStyle:
    """Style of a filter, with its label filled in.

    Examples
    --------
    >>> filter_style("ztfg")["label"], filter_style("ztfg")["marker"], filter_style("sdssg")["marker"]
    ('ZTF g', 'circle', 'triangle')
    """
    styles = FILTER_STYLES
    style = styles["names"].get(name) or styles["bands"].get(name[-1:]) or styles["other"]
    return {**style, "label": style["label"] or name}
