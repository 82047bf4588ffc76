"""Spectra through the client: uploads, tables, and one spectrum with its arrays and units."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from skyhub.client._axes import axes_or_new
from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport
from skyhub.errors import InvalidInput

if TYPE_CHECKING:
    import astropy.table
    import numpy as np
    import pandas
    import polars
    from astropy.units import Quantity
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["Attachments", "Spectra", "Spectrum"]


class Spectrum(dict[str, Any]):
    """One spectrum: what is written of it by name, and its arrays, which are read when they are asked for.

    Parameters
    ----------
    transport
        How the data service is reached.
    record
        What is written of it.
    version, as_of
        Which of its versions; the one in force by default.
    """

    def __init__(
        self, transport: Transport, record: Mapping[str, Any], version: int | None = None, as_of: str | None = None
    ) -> None:
        super().__init__(record)
        self._transport = transport
        self._which = {"version": version, "as_of": as_of}

    @cached_property
    def arrow(self) -> pa.Table:
        """``wavelength`` (Å), ``flux``, ``error`` (as they came), ``flux_density``, ``flux_density_error`` (erg/s/cm²/Å)."""
        return self._transport.get_arrow(f"{self._path}/data", **self._which)

    @property
    def wavelength(self) -> NDArray[np.float64]:
        """Å, shape ``(n,)``."""
        return self._array("wavelength")

    @property
    def flux(self) -> NDArray[np.float64]:
        """In `flux_unit`, shape ``(n,)``."""
        return self._array("flux")

    @property
    def error(self) -> NDArray[np.float64]:
        """1σ in `flux_unit`, NaN where not known, shape ``(n,)``."""
        return self._array("error")

    @property
    def flux_density(self) -> NDArray[np.float64]:
        """erg/s/cm²/Å, NaN if the unit is none of a flux density, shape ``(n,)``."""
        return self._array("flux_density")

    @property
    def flux_unit(self) -> str | None:
        """The unit as it came; None for relative fluxes."""
        unit: str | None = self["flux_unit"]
        return unit

    def quantities(self) -> tuple[Quantity, Quantity, Quantity]:
        """Wavelength, flux and error as astropy quantities; relative fluxes are dimensionless."""
        table = self.to_astropy()
        return table["wavelength"], table["flux"], table["error"]

    def original(self) -> bytes:
        """The file that it came in, byte for byte."""
        return self._transport.get_bytes(f"{self._path}/file", **self._which)

    def to_astropy(self) -> astropy.table.QTable:
        """As an astropy table with units, and what is written of it as ``meta``."""
        from astropy import units as u
        from astropy.table import QTable

        from skyhub.science.spectra import parsed_unit

        unit = (parsed_unit(self.flux_unit) if self.flux_unit else None) or u.dimensionless_unscaled
        density = u.erg / u.s / u.cm**2 / u.AA
        units = {
            "wavelength": u.AA,
            "flux": unit,
            "error": unit,
            "flux_density": density,
            "flux_density_error": density,
        }
        return QTable({name: self._array(name) * units[name] for name in units}, meta=dict(self))

    def to_pandas(self) -> pandas.DataFrame:
        """As a pandas data frame."""
        return SkyTable(self.arrow).to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """As a polars data frame."""
        return SkyTable(self.arrow).to_polars()

    def plot(self, axes: Axes | None = None, *, redshift: float | None = None) -> Axes:
        """Draw flux against wavelength, with errors as a band where they are known.

        Parameters
        ----------
        axes
            Where to draw; new axes by default.
        redshift
            Draw in the rest frame of this redshift.
        """
        import numpy as np

        ax = axes_or_new(axes, (9, 4))
        stretch = 1 + redshift if redshift is not None and self["frame"] == "observed" else 1
        at, flux, error = self.wavelength / stretch, self.flux, self.error
        [line] = ax.plot(at, flux, lw=0.8, drawstyle="steps-mid", label=self._title())
        if np.isfinite(error).any():
            ax.fill_between(at, flux - error, flux + error, alpha=0.2, lw=0, step="mid", color=line.get_color())
        frame = "rest" if stretch != 1 or self["frame"] == "rest" else "observed"
        medium = f", {self['medium']}" if self["medium"] else ""
        ax.set_xlabel(f"Wavelength (Å, {frame}{medium})")
        ax.set_ylabel(f"Flux ({self.flux_unit or 'relative'})")
        ax.set_title(self["object_id"])
        ax.legend()
        return ax

    @property
    def _path(self) -> str:
        return f"/api/spectra/{self['spectrum_id']}"

    def _array(self, name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self.arrow[name].to_numpy()
        return values

    def _title(self) -> str:
        parts = [self["instrument"], self["observed_at"][:16].replace("T", " "), self["label"]]
        return ", ".join(part for part in parts if part)

    def __repr__(self) -> str:
        low, high = self["wavelength_min"], self["wavelength_max"]
        return f"<Spectrum {self['spectrum_id']} of {self['object_id']}: {self._title()}, {low:g}–{high:g} Å>"

    def _repr_html_(self) -> str:
        return SkyTable(self.arrow)._repr_html_()


class Spectra(Records):
    """Spectra: call it for a table of them, `get` one with its arrays, `upload` files and tables.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.spectra.upload("ZTF26abc_Keck1.ascii", dry_run=True)["preview"]     # doctest: +SKIP
    >>> sky.spectra.upload("ZTF26abc_Keck1.ascii", object_id="ZTF26abc")         # doctest: +SKIP
    >>> sky.spectra.get(12).plot()                                               # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "spectra")

    def __call__(
        self, *, as_of: datetime | str | None = None, limit: int = 1000, before: str | None = None, **where: Any
    ) -> SkyTable:
        """The spectra that have the given values, newest first, without their arrays; ``header`` is JSON."""
        rows = self.rows(as_of=as_of, limit=limit, before=before, **where)
        return SkyTable.from_rows([{**row, "header": json.dumps(row["header"])} for row in rows])

    def get(self, record_id: int | str, *, version: int | None = None, as_of: datetime | str | None = None) -> Spectrum:
        """One spectrum with its arrays, in the version in force or an earlier one."""
        if version is None:
            record = super().get(record_id, as_of=as_of)
        else:
            records = {row["version"]: row for row in self.history(record_id)}
            if version not in records:
                raise InvalidInput(
                    f"version {version} of spectrum {record_id}: {sorted(records)} are there.", "version"
                )
            record = records[version]
        return Spectrum(self._transport, record, version, iso_time(as_of))

    def upload(
        self, source: str | Path | bytes | Any, *, name: str | None = None, dry_run: bool = False, **said: Any
    ) -> dict[str, Any]:
        """Store the spectra of a file or of a table; the same again is a duplicate, other arrays are a new version.

        Parameters
        ----------
        source
            Path or bytes of a file; or a table (astropy, pandas, polars, Arrow, dict) with columns ``wavelength`` (Å,
            or with a unit) and ``flux``, and perhaps ``error``.
        name
            Name of the file, if bytes were given.
        dry_run
            Only say what was read (``preview``) and what would be stored.
        **said
            What the file does not say: ``object_id``, ``ra``, ``dec`` (deg, of a new object), ``observed_at``,
            ``instrument``, ``wave_column``, ``flux_unit``, ``groups`` … (see `schema`).
        """
        body = _content(source, name) if isinstance(source, str | Path | bytes) else _table(source, said)
        when = said.get("observed_at")
        if isinstance(when, datetime):
            said = {**said, "observed_at": when.isoformat()}
        answer: dict[str, Any] = self._transport.post("/api/spectra/files", {**said, **body, "dry_run": dry_run})
        return answer


class Attachments(Records):
    """Files that people attached: bring one with `upload`, take its bytes with `file`.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "attachments")

    def upload(
        self,
        source: str | Path | bytes,
        *,
        name: str | None = None,
        media_type: str | None = None,
        description: str = "",
        groups: list[str] | None = None,
    ) -> dict[str, Any]:
        """Keep a file of at most 20 MB for some groups; returns its record."""
        said = {"media_type": media_type, "description": description, "groups": groups}
        answer: dict[str, Any] = self._transport.post("/api/attachments", {**_content(source, name), **said})
        return answer

    def file(self, attachment_id: int | str, *, as_of: datetime | str | None = None) -> bytes:
        """The bytes of a file."""
        return self._transport.get_bytes(f"{self._path(attachment_id)}/file", as_of=iso_time(as_of))


def _content(source: str | Path | bytes, name: str | None) -> dict[str, Any]:
    if isinstance(source, bytes):
        return {"content": b64encode(source).decode(), "name": name or ""}
    path = Path(source)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", str(path)) from error
    return {"content": b64encode(content).decode(), "name": name or path.name}


def _table(source: Any, said: dict[str, Any]) -> dict[str, Any]:
    """The columns of a table, whatever package made it; what their units say goes after what the caller said."""
    from skyhub.science.spectra import table_columns

    columns = {role: source[name] for role, name in table_columns(_names(source)).items()}
    for option, role in (("wave_unit", "wavelengths"), ("flux_unit", "fluxes")):
        if said.get(option) is None and getattr(columns[role], "unit", None):
            said[option] = str(columns[role].unit)
    meta = dict(getattr(source, "meta", None) or {})
    header = {str(key): value for key, value in meta.items() if isinstance(value, str | bool | int | float)}
    return {"table": {**{role: _plain(column) for role, column in columns.items()}, "header": header}}


def _names(source: Any) -> list[str]:
    for attribute in ("colnames", "column_names", "columns"):
        if hasattr(source, attribute):
            return list(getattr(source, attribute))
    if isinstance(source, Mapping):
        return list(source)
    raise InvalidInput(f"{type(source).__name__} is no table: give a path, bytes, or a table with columns.", "source")


def _plain(column: Any) -> list[float | None]:
    import numpy as np

    bare = column.filled(np.nan) if hasattr(column, "filled") else column
    values = np.asarray(getattr(bare, "value", bare), dtype=float)
    return [value if finite else None for value, finite in zip(values.tolist(), np.isfinite(values), strict=True)]
