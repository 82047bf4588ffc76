"""Tables as the client returns them: Arrow inside, astropy, pandas or polars by choice, with units."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from skyhub.client._aastex import aastex
from skyhub.client._axes import axes_or_new
from skyhub.errors import InvalidInput

if TYPE_CHECKING:
    import astropy.table
    import pandas
    import polars
    from matplotlib.axes import Axes

__all__ = ["UNITS", "PhotometryTable", "SkyTable"]

UNITS = {
    "mjd": "d",
    "first_mjd": "d",
    "last_mjd": "d",
    "peak_mjd": "d",
    "ra": "deg",
    "dec": "deg",
    "flux": "uJy",
    "fluxerr": "uJy",
    "mag": "mag",
    "magerr": "mag",
    "limiting_mag": "mag",
    "first_mag": "mag",
    "last_mag": "mag",
    "peak_mag": "mag",
    "mean_mag": "mag",
    "mag_rms": "mag",
    "rise_rate": "mag / d",
    "decay_rate": "mag / d",
    "days_from_limit": "d",
    "age_days": "d",
    "g_r": "mag",
    "galactic_latitude": "deg",
    "host_sep": "arcsec",
    "host_kpc": "kpc",
    "abs_mag": "mag",
    "star_distance": "arcsec",
    "sso_distance": "arcsec",
    "sso_mag": "mag",
    "separation_arcsec": "arcsec",
}
"""Units of columns, as astropy writes them; magnitudes are AB."""

_SHOWN_ROWS = 20


class SkyTable:
    """A table of the platform.

    Parameters
    ----------
    arrow
        Its columns.
    """

    def __init__(self, arrow: pa.Table) -> None:
        self.arrow = arrow

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """A table of JSON rows; structures, which may differ from row to row, become JSON text."""
        structured = {name for row in rows for name, value in row.items() if _is_structure(value)}
        table = pa.Table.from_pylist(
            [{name: _flat(value) if name in structured else value for name, value in row.items()} for row in rows]
        )
        known = [f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in table.schema]
        return cls(table.cast(pa.schema(known)))

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.arrow.column_names)

    def to_pandas(self) -> pandas.DataFrame:
        """As a pandas data frame; integers stay exact."""
        import pandas as pd

        return self.arrow.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}.get)  # type: ignore[no-any-return]

    def to_polars(self) -> polars.DataFrame:
        """As a polars data frame."""
        import polars as pl

        frame = pl.from_arrow(self.arrow)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def to_astropy(self) -> astropy.table.QTable:
        """As an astropy table with units; nulls of numbers are NaN in columns with a unit and masked elsewhere."""
        import numpy as np
        from astropy import units as u
        from astropy.table import MaskedColumn, QTable

        table = QTable()
        for name in self.columns:
            column = self.arrow[name].combine_chunks()
            if name in UNITS:
                table[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False) * u.Unit(UNITS[name])
                continue
            missing = np.array(column.is_null())
            filler, dtype = _astropy_form(column.type)
            values = np.empty(len(column), dtype=object)
            values[:] = [filler if gap else value for gap, value in zip(missing, column.to_pylist(), strict=True)]
            plain = values if dtype is object else values.astype(dtype)
            table[name] = MaskedColumn(plain, mask=missing) if missing.any() else plain
        return table

    def to_aastex(
        self, columns: Sequence[str] = (), *, caption: str = "", digits: Mapping[str, int] | None = None
    ) -> str:
        """As a table for a paper (``deluxetable`` of AASTeX), with units.

        Parameters
        ----------
        columns
            Which, in this order; all by default.
        caption
            What stands above it, as plain text.
        digits
            Decimals by column.

        Raises
        ------
        InvalidInput
            If it has no rows, or no such column.
        """
        names = list(columns) or self.columns
        if unknown := [name for name in names if name not in self.columns]:
            raise InvalidInput(f"{unknown[0]!r} is no column: {', '.join(self.columns)} are.", "columns")
        if not len(self):
            raise InvalidInput("the table has no rows: there is nothing to print.", "table")
        return aastex(self.arrow.select(names).to_pylist(), UNITS, caption, digits or {})

    def to_rows(self) -> list[dict[str, Any]]:
        """As dictionaries."""
        return self.arrow.to_pylist()  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.arrow)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.to_rows())

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        return self.arrow[column]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} rows, {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(n)}{_unit(n)}</th>" for n in self.columns)
        rows = self.arrow.slice(0, _SHOWN_ROWS).to_pylist()
        body = "".join("<tr>" + "".join(f"<td>{_cell(v)}</td>" for v in row.values()) + "</tr>" for row in rows)
        rest = (
            f"<p>{len(self)} rows, {_SHOWN_ROWS} shown</p>" if len(self) > _SHOWN_ROWS else f"<p>{len(self)} rows</p>"
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"


class PhotometryTable(SkyTable):
    """The light curve of an object."""

    def to_sncosmo(self) -> astropy.table.Table:
        """The fluxes as sncosmo wants them: ``time, band, flux, zp, zpsys, fluxerr``, the bands registered; limits are left out.

        Raises
        ------
        NotFound
            If there is no transmission curve of a filter; all of these are named.
        """
        from skyhub.science.fitting import curve_of
        from skyhub.science.salt import sncosmo_table

        flux, fluxerr = (self[name].cast(pa.float64()).to_numpy() for name in ("flux", "fluxerr"))
        return sncosmo_table(curve_of(self["mjd"].to_numpy(), self["filter"].to_pylist(), flux, fluxerr))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw magnitudes with error bars and upper limits against MJD.

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        """
        ax = axes_or_new(axes)
        points = self.to_pandas()
        for number, (name, group) in enumerate(points.groupby("filter")):
            detected = group[group["mag"].notna()]
            limits = group[group["flux"].isna() & group["limiting_mag"].notna()]
            colour = f"C{number}"
            ax.errorbar(
                detected["mjd"], detected["mag"], detected["magerr"], fmt="o", ms=4, label=str(name), color=colour
            )
            ax.plot(limits["mjd"], limits["limiting_mag"], "v", ms=4, alpha=0.35, color=colour)
        ax.invert_yaxis()
        ax.set_xlabel("MJD (UTC)")
        ax.set_ylabel("AB magnitude (▾ 5σ upper limit)")
        ax.legend()
        return ax


def _is_structure(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict | list) for v in value))


def _flat(value: Any) -> Any:
    """JSON text of what is a structure in other rows; an empty list is one too, and nothing stays nothing."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _astropy_form(kind: pa.DataType) -> tuple[Any, Any]:
    """What stands behind a masked value, and the type of the column; lists and times are objects."""
    for belongs, filler, dtype in (
        (pa.types.is_boolean, False, bool),
        (pa.types.is_integer, 0, None),
        (pa.types.is_floating, float("nan"), None),
        (pa.types.is_string, "", str),
    ):
        if belongs(kind):
            return filler, dtype or kind.to_pandas_dtype()
    return None, object


def _unit(name: str) -> str:
    return f" ({UNITS[name]})" if name in UNITS else ""


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return escape(f"{value:.6g}" if isinstance(value, float) and abs(value) < 1e4 else str(value))
