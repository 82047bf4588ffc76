"""The bandpasses that the platform knows: wavelength, width, Vega zero point, extinction, and the names the field uses.

The numbers are in ``bandpasses.csv`` beside this module; ``platform/tools/make_bandpasses.py`` makes it from the
transmission curves of sncosmo. Curves themselves are not shipped: `transmission` reads them from files of sncosmo's form.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science._band_names import INSTRUMENTS, OTHER_NAMES, SYSTEMS, WORDS
from skyhub.science.sncosmo_files import sncosmo_band

__all__ = ["Bandpass", "bandpass", "bandpass_names", "filter_name", "instrument_of", "transmission"]

_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Bandpass:
    """A bandpass."""

    name: str
    """Its name in sncosmo's list, such as ``ztfg``; of a radio band, such as ``radio-3GHz``."""
    family: str
    """Survey or system it belongs to, such as ``ztf``."""
    letter: str
    """What the family calls it, such as ``g``."""
    effective_wavelength: float
    """Mean wavelength (Å), weighted by the transmission of photons."""
    width: float
    """Width (Å) of the rectangle as high as the peak of the transmission and of its area."""
    vega_offset: float | None
    """AB magnitude of Vega in this band: what is added to a Vega magnitude to get the AB magnitude."""
    extinction: float | None
    """Extinction (mag) per magnitude of E(B−V), Fitzpatrick 1999 with R_V = 3.1; None outside of the law."""
    origin: str
    """Where the numbers come from: ``sncosmo`` (computed from its curve) or ``published``."""

    @property
    def colour(self) -> str:
        """A colour to draw it with: from violet (ultraviolet) to dark red (infrared), as ``#rrggbb``."""
        return _COLOURS[int(np.searchsorted(_COLOUR_EDGES, self.effective_wavelength))]


_COLOUR_EDGES = (3000.0, 4000.0, 4600.0, 5300.0, 5900.0, 6800.0, 8200.0, 9400.0, 14000.0)
_COLOURS = (
    "#7b2cbf", "#5a4fcf", "#2f6fde", "#2e9e4f", "#8a9a1b", "#d1495b", "#b5651d", "#8c4a2f", "#6d3b47", "#4a3b47",
)  # fmt: skip


@cache
def _table() -> dict[str, Bandpass]:
    text = (files("skyhub.science") / "bandpasses.csv").read_text()
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["name"]: _read(row) for row in rows}


def _read(row: dict[str, str]) -> Bandpass:
    return Bandpass(
        name=row["name"],
        family=row["family"],
        letter=row["letter"],
        effective_wavelength=float(row["effective_wavelength"]),
        width=float(row["width"]),
        vega_offset=float(row["vega_offset"]) if row["vega_offset"] else None,
        extinction=float(row["extinction"]) if row["extinction"] else None,
        origin=row["origin"],
    )


def bandpass_names() -> list[str]:
    """Names of all bandpasses, by family and wavelength."""
    return list(_table())


def bandpass(name: str) -> Bandpass:
    """A bandpass by its name.

    Raises
    ------
    InvalidInput
        If there is none of this name.

    Examples
    --------
    >>> bandpass("ztfg").family
    'ztf'
    """
    found = _table().get(name)
    if found is None:
        raise InvalidInput(
            f"there is no bandpass {name!r}: names are as in sncosmo, such as ztfg, sdssr, atlaso, ps1::i.", "filter"
        )
    return found


@cache
def filter_name(text: str, instrument: str = "") -> str | None:
    """The name of the bandpass that somebody means, or None.

    A bare letter is understood with the instrument that used it; upper-case U, B, V, R and I without one are Bessell's.
    A bare ``g`` could be of any survey, so it stands for none.

    Parameters
    ----------
    text
        A name as found in files: ``ztfg``, ``ZTF_g``, ``o``, ``UVW1``, ``r'``.
    instrument
        Instrument, survey or telescope that the file names.

    Examples
    --------
    >>> filter_name("ZTF_r"), filter_name("g", "ATLAS"), filter_name("o", "ATLAS"), filter_name("g")
    ('ztfr', None, 'atlaso', None)
    """
    given = text.strip()
    if given in _table():
        return given
    plain = _PLAIN.sub("", given.lower())
    for families in (_families(instrument), (), SYSTEMS.get(given, ())):
        for family in families:
            if found := _letters().get((family, plain)):
                return found
        if not families and (found := _plain_names().get(plain)):
            return found
    return None


def instrument_of(name: str) -> str:
    """The instrument of a survey's bandpass (``ZTF`` of ``ztfg``), or ``unknown`` where many have it."""
    return INSTRUMENTS.get(bandpass(name).family, "unknown")


def transmission(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wavelengths (Å) and transmission of a bandpass, each of shape ``(n,)``.

    `skyhub.science.sncosmo_files` says where they are read from.

    Raises
    ------
    InvalidInput
        If there is no bandpass of this name.
    NotFound
        If no file here has its curve.
    """
    band = sncosmo_band(bandpass(name).name)
    return np.asarray(band.wave, dtype=float), np.asarray(band.trans, dtype=float)


def _families(instrument: str) -> tuple[str, ...]:
    plain = _PLAIN.sub("", instrument.lower())
    return tuple(dict.fromkeys(family for word, family in WORDS if plain and word in plain))


@cache
def _letters() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for band in _table().values():
        found.setdefault((band.family, band.letter), band.name)
    for (family, other), letter in OTHER_NAMES.items():
        found.setdefault((family, other), found[family, letter])
    return found


@cache
def _plain_names() -> dict[str, str]:
    found: dict[str, str] = {}
    for band in _table().values():
        found.setdefault(_PLAIN.sub("", band.name.lower()), band.name)
    for word, family in WORDS:
        for (owner, letter), name in _letters().items():
            if owner == family:
                found.setdefault(word + letter, name)
    return found
