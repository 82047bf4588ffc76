"""Columns of a population: numbers and categories to plot, as they travel to the browser, and which rows conditions leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput

from skyhub_widgets._any_table import columns_of

__all__ = ["Arrays", "PopulationColumn", "arrays_of", "chosen_rows", "labels_of", "plotted_columns", "records_of"]

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[Any]]

_MOST_NAMES = 12
"""Distinct texts above which a column is none of categories."""
_TITLES = {
    "rise_rate": "rise", "decay_rate": "fading", "g_r": "g − r", "age_days": "age", "host_sep": "offset from host",
    "host_kpc": "projected offset from host", "host_z": "redshift of host", "abs_mag": "absolute magnitude",
    "galactic_latitude": "galactic latitude", "n_detections": "detections",
}  # fmt: skip
_UNITS = {
    "mjd": "d", "ra": "deg", "dec": "deg", "rise_rate": "mag/d", "decay_rate": "mag/d", "days_from_limit": "d", "age_days": "d",
    "galactic_latitude": "deg", "host_sep": "arcsec", "host_kpc": "kpc", "star_distance": "arcsec", "g_r": "mag",
}  # fmt: skip


@dataclass(frozen=True)
class PopulationColumn:
    """One column that can be plotted."""

    name: str
    values: Floats
    """Numbers, NaN where there is none, or the codes of categories."""
    unit: str = ""
    names: list[str] = field(default_factory=list)
    """Of the categories, by code; empty for numbers."""

    @property
    def title(self) -> str:
        """What an axis says."""
        return _TITLES.get(self.name, self.name.replace("_", " "))

    @property
    def is_flipped(self) -> bool:
        """Whether it is a magnitude, whose small values are drawn at the top or to the right."""
        return self.name == "mag" or self.name.endswith("_mag")

    @cached_property
    def offset(self) -> float:
        """What is taken away before the values become single floats, so that times keep their digits."""
        known = self.values[np.isfinite(self.values)]
        return float(known.min()) if len(known) else 0.0

    @cached_property
    def shifted(self) -> npt.NDArray[np.float32]:
        """The values less the offset: what the browser draws and what conditions look at."""
        return (self.values - self.offset).astype("<f4")

    def packed(self) -> dict[str, Any]:
        """As it travels to the browser."""
        return {
            "name": self.name, "title": self.title, "unit": self.unit, "names": self.names, "flipped": self.is_flipped,
            "offset": self.offset, "values": self.shifted.tobytes(),
        }  # fmt: skip


def arrays_of(table: object) -> Arrays:
    """The columns of any table as arrays of one length.

    Raises
    ------
    InvalidInput
        If it is no table, or its columns differ in length.
    """
    columns = {name: _array(column) for name, column in columns_of(table, "population").items()}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(f"the columns have the lengths {lengths}: give columns of one length.", "population")
    return columns


def plotted_columns(arrays: Arrays) -> list[PopulationColumn]:
    """The numbers and categories among columns; identifiers, texts of many kinds and lists are none of them."""
    made = (_column(name, values) for name, values in arrays.items())
    return [column for column in made if column is not None]


def labels_of(arrays: Arrays, id_column: str) -> list[str]:
    """What each row is called: by a column, or by its number if there is none of this name."""
    if id_column in arrays:
        return [str(value) for value in arrays[id_column].tolist()]
    return [str(number) for number in range(len(next(iter(arrays.values()), ())))]


def records_of(arrays: Arrays, rows: npt.NDArray[np.intp]) -> list[dict[str, Any]]:
    """Some rows as records, None where there is no value."""
    taken = {name: [None if _is_missing(v) else v for v in values[rows].tolist()] for name, values in arrays.items()}
    return [dict(zip(taken, row, strict=True)) for row in zip(*taken.values(), strict=True)]


def chosen_rows(
    columns: Mapping[str, PopulationColumn],
    ranges: Mapping[str, Sequence[float | None]],
    region: Mapping[str, Any] | None,
) -> npt.NDArray[np.bool_]:
    """Which rows lie within ranges of columns and within an outline in two of them; a missing value lies nowhere.

    Parameters
    ----------
    columns
        The columns by name.
    ranges
        Bounds, which are included, by name; None is no bound.
    region
        ``x`` and ``y`` (names) and ``outline`` (corners, shape ``(n, 2)``).
    """
    n = len(next(iter(columns.values())).values) if columns else 0
    chosen = np.ones(n, dtype=bool)
    for name, (low, high) in ranges.items():
        values = columns[name].shifted.astype(float)
        chosen &= (values >= (-np.inf if low is None else low - columns[name].offset)) & (
            values <= (np.inf if high is None else high - columns[name].offset)
        )
    if region is not None:
        x, y = columns[region["x"]], columns[region["y"]]
        corners = np.asarray(region["outline"], dtype=float) - (x.offset, y.offset)
        chosen &= _is_inside(x.shifted.astype(float), y.shifted.astype(float), corners)
    return chosen


def _is_inside(x: Floats, y: Floats, corners: Floats) -> npt.NDArray[np.bool_]:
    """Whether points have an odd number of sides of a polygon to their right."""
    inside = np.zeros(len(x), dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < ((bx - ax) * (y - ay)) / (by - ay) + ax)
    return inside & np.isfinite(x) & np.isfinite(y)


def _column(name: str, values: npt.NDArray[Any]) -> PopulationColumn | None:
    if name.endswith("_id") or name in ("candid", "hpx"):
        return None
    unit = _UNITS.get(name, "")
    if values.dtype.kind in "fiu":
        return PopulationColumn(name, values.astype(float), unit)
    plain = [None if _is_missing(value) else value for value in values.tolist()]
    given = [value for value in plain if value is not None]
    if given and all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
        return PopulationColumn(name, np.array(plain, dtype=float), unit)
    names = sorted({str(value) for value in given}) if all(isinstance(v, str | bool) for v in given) else []
    if not 0 < len(names) <= _MOST_NAMES:
        return None
    codes = {text: code for code, text in enumerate(names)}
    return PopulationColumn(name, np.array([codes.get(str(v), np.nan) for v in plain], dtype=float), "", names)


def _array(column: Any) -> npt.NDArray[Any]:
    if hasattr(column, "filled"):
        column = column.astype(object).filled(None)
    if hasattr(column, "to_numpy"):
        column = column.to_numpy()
    if isinstance(column, np.ndarray) or hasattr(column, "dtype"):
        return np.asarray(column)
    values = np.empty(len(column), dtype=object)
    values[:] = list(column)
    return values


def _is_missing(value: Any) -> bool:
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )
