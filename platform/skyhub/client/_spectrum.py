"""One spectrum through the client: its arrays with their units, and what can be measured in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from skyhub.client._axes import axes_or_new
from skyhub.client._tables import SkyTable
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

    from skyhub.science.rebinning import Rebinned

__all__ = ["Spectrum"]


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

    def rebin(self, *, width: float | None = None, velocity: float | None = None) -> Rebinned:
        """Mean fluxes in bins of one width (Å) or of one velocity (km/s), with errors: the flux is conserved."""
        from skyhub.science.rebinning import bin_edges, even_edges, rebinned

        own = bin_edges(self.wavelength)
        edges = even_edges(own[0], own[-1], width=width, velocity=velocity)
        return rebinned(self.wavelength, self.flux, self._errors(), edges)

    def measure_line(
        self,
        low: float,
        high: float,
        *,
        continuum_windows: tuple[tuple[float, float], tuple[float, float]] | None = None,
        rest_wavelength: float | None = None,
        redshift: float | None = None,
    ) -> dict[str, Any]:
        """Equivalent width, flux and centroid of a line, and its velocity, with errors.

        Parameters
        ----------
        low, high
            From where to where it is summed up (Å), as in the spectrum.
        continuum_windows
            Where the continuum is fitted (Å); by default on both sides, each half as wide as the line.
        rest_wavelength
            Of the line (Å), in the medium of the spectrum; without it there is no velocity.
        redshift
            Of the object; that of the spectrum by default, and 0 if the spectrum is at rest.
        """
        from skyhub.science.line_measurement import line_velocity, measured_line

        found = measured_line(self.wavelength, self.flux, self._errors(), (low, high), continuum_windows)
        if rest_wavelength is None:
            return asdict(found)
        z = 0.0 if self["frame"] == "rest" else self["redshift"] if redshift is None else redshift
        if z is None:
            raise InvalidInput("the spectrum has no redshift: say it, to get a velocity.", "redshift")
        velocity, error = line_velocity(found.centroid, found.centroid_error, rest_wavelength, z)
        return {**asdict(found), "velocity": velocity, "velocity_error": error}

    def synthetic_photometry(self, filters: Sequence[str]) -> SkyTable:
        """Flux (µJy) and AB magnitude in bandpasses that the spectrum covers; it must have a unit of flux density.

        Raises
        ------
        InvalidInput
            If its fluxes are relative, or it does not cover a bandpass.
        """
        import numpy as np

        from skyhub.science.synthetic_photometry import synthetic_photometry

        if not np.isfinite(self.flux_density).all():
            raise InvalidInput("the fluxes are relative: only flux densities have magnitudes.", "flux_unit")
        if self["frame"] == "rest":
            raise InvalidInput("the spectrum is at rest: only observed ones have magnitudes.", "frame")
        errors = self._array("flux_density_error")
        known = errors if np.isfinite(errors).all() else None
        found = [synthetic_photometry(self.wavelength, self.flux_density, known, name) for name in filters]
        return SkyTable.from_rows([row._asdict() for row in found])

    def _errors(self) -> NDArray[np.float64] | None:
        import numpy as np

        return self.error if np.isfinite(self.error).any() else None

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
