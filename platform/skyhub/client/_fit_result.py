"""A fit of an object, as it was computed: numbers, drawings, and the record to keep."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from skyhub.client._axes import axes_or_new
from skyhub.client._tables import SkyTable
from skyhub.science.rounding import written_with_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from skyhub.science.fitting import Curve, Fit

__all__ = ["ObjectFit"]

_DRAWN = 300
_BEYOND = 0.05
"""How far lines go beyond the points, as a part of their length."""


@dataclass(frozen=True)
class ObjectFit:
    """A model that was fitted to the light curve of an object."""

    object_id: str
    curve: Curve
    """The points."""
    fit: Fit
    """The numbers of the fit."""
    given: dict[str, Any]
    """What was fitted: fields of the record."""
    cited: frozenset[float] = frozenset()
    """Times of the points that others measured and published (MJD)."""

    @property
    def parameters(self) -> SkyTable:
        """The parameters: ``name, filter, unit, value, error, low, high, description``."""
        return SkyTable.from_rows([asdict(parameter) for parameter in self.fit.parameters])

    @cached_property
    def overlays(self) -> list[dict[str, Any]]:
        """The model over the light curve: ``label, filter, mjd, flux`` (µJy)."""
        measured = self.curve.mjd[~self.curve.is_limit]
        beyond = _BEYOND * float(np.ptp(measured)) + 1
        mjd = np.linspace(measured.min() - beyond, measured.max() + beyond, _DRAWN)
        lines = [(name, np.asarray(self.fit.overlay(name, mjd), dtype=float)) for name in self.fit.filters]
        return [
            {"label": self.fit.model, "filter": name, "mjd": mjd.tolist(), "flux": [float(f"{f:.6g}") for f in flux]}
            for name, flux in lines
        ]

    @property
    def record(self) -> dict[str, Any]:
        """The fields of the analysis."""
        fit = self.fit
        return {
            **self.given,
            "parameters": [asdict(parameter) for parameter in fit.parameters],
            "chi2": fit.chi2,
            "dof": fit.dof,
            "n_points": fit.n_points,
            "effective": fit.posterior and fit.posterior.effective,
            "notes": list(fit.notes),
            "overlays": self.overlays,
        }

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw fluxes (µJy) and the model against MJD; points that others measured have a ring."""
        axes = axes_or_new(axes)
        names = np.array(self.curve.filters)
        for number, line in enumerate(self.overlays):
            colour, here = f"C{number}", names == line["filter"]
            axes.plot(line["mjd"], line["flux"], color=colour, label=line["filter"])
            at = here & ~self.curve.is_limit
            axes.errorbar(self.curve.mjd[at], self.curve.flux[at], self.curve.fluxerr[at], fmt=".", color=colour)
            limits = here & self.curve.is_limit
            axes.plot(self.curve.mjd[limits], self.curve.flux[limits], "v", color=colour, alpha=0.4)
        ringed = np.isin(self.curve.mjd, sorted(self.cited))
        if ringed.any():
            at, flux = self.curve.mjd[ringed], self.curve.flux[ringed]
            axes.plot(at, flux, "o", label="cited", mfc="none", mec="0.4", ms=9)
        axes.set(xlabel="MJD (UTC)", ylabel="flux (µJy)")
        axes.legend()
        return axes

    def corner(self) -> Figure | None:
        """The corner plot of the draws; None if there are none."""
        if self.fit.posterior is None:
            return None
        import corner

        found = {p.label: p for p in self.fit.parameters}
        figure: Figure = corner.corner(
            self.fit.posterior.samples,
            labels=list(self.fit.drawn),
            titles=[f"{name}\n{written_with_error(found[name].value, found[name].error)}" for name in self.fit.drawn],
            show_titles=True,
            title_fmt=None,
        )
        return figure

    def corner_png(self) -> bytes | None:
        """The same as PNG."""
        figure = self.corner()
        if figure is None:
            return None
        from matplotlib import pyplot as plt

        plot = BytesIO()
        figure.savefig(plot, format="png", dpi=60)
        plt.close(figure)
        return plot.getvalue()
