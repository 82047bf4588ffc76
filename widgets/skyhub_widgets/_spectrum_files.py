"""Spectra that leave the widget: as a figure, a HoloViews overlay, and files of what is shown or measured."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from skyhub.errors import InvalidInput
from skyhub.science.spectral_lines import spectral_lines

from skyhub_widgets._spectral_marks import expected_wavelength

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from skyhub_widgets._spectrum import Spectrum

__all__ = ["FORMATS", "holoviews_of", "spectra_file", "spectrum_figure"]

FORMATS = {"csv": "text/csv", "ecsv": "text/plain", "svg": "image/svg+xml", "png": "image/png"}
"""Files that can be written, and their media types."""


def spectrum_figure(widget: Spectrum, width: float, height: float) -> Figure:
    """What the widget shows, with its lines, as a matplotlib figure; size in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    shown, bases = widget.shown(), widget.bases()
    for curve in shown:
        wave = curve.wavelengths * curve.factor(widget.frame, widget.redshift)
        base = bases[curve.over or curve.label]
        [drawn] = axes.plot(wave, curve.fluxes + base, lw=0.8, ls="--" if curve.over else "-", label=curve.label)
        if widget.show_errors and curve.errors is not None:
            low, high = curve.fluxes + base - curve.errors, curve.fluxes + base + curve.errors
            axes.fill_between(wave, low, high, alpha=0.2, lw=0, color=drawn.get_color())
    if not shown:
        axes.text(0.5, 0.5, "no spectrum", ha="center", va="center", transform=axes.transAxes)
    if widget.x_range:
        axes.set_xlim(*widget.x_range)
    _draw_lines(axes, widget)
    axes.set_xlabel(f"Wavelength (Å, {widget.frame}, {widget.medium})")
    axes.set_ylabel(_flux_title(widget))
    if shown:
        axes.legend(frameon=False, fontsize="small")
    return figure


def _flux_title(widget: Spectrum) -> str:
    spectra = [curve for curve in widget.shown() if not curve.over]
    units = {curve.flux_unit or "relative" for curve in spectra}
    plain = units.pop() if widget.normalisation == "none" and len(units) == 1 else "relative"
    return f"Flux ({plain})" + (" + offset" if widget.offset and len(spectra) > 1 else "")


def _draw_lines(axes: Axes, widget: Spectrum) -> None:
    left, right = axes.get_xlim()
    for line in spectral_lines(widget.species):
        at = expected_wavelength(line, widget.medium, widget.frame, widget.redshift, widget.expansion_velocity)
        end = None if line.air_end is None else at * line.air_end / line.air
        if end is not None:
            axes.axvspan(max(at, left), min(end, right), alpha=0.12, color="0.4", lw=0)
        elif left < at < right:
            axes.axvline(at, lw=0.7, ls=":", color="0.35")
            axes.annotate(
                line.label, (at, 1), xycoords=("data", "axes fraction"), rotation=90, fontsize=6, va="top", ha="right"
            )
    axes.set_xlim(left, right)


def holoviews_of(widget: Spectrum) -> Any:
    """What the widget shows as a HoloViews overlay of curves, in the frame that is shown."""
    import holoviews as hv

    bases = widget.bases()
    curves = [
        hv.Curve(
            (curve.wavelengths * curve.factor(widget.frame, widget.redshift), curve.fluxes + bases[curve.over or curve.label]),
            hv.Dimension("wavelength", label=f"Wavelength ({widget.frame})", unit="Å"),
            hv.Dimension("flux", label=_flux_title(widget)),
            label=curve.label,
        )
        for curve in widget.shown()
    ]  # fmt: skip
    return hv.Overlay(curves)


def spectra_file(widget: Spectrum, form: str) -> bytes:
    """A file of the widget: tables have the visible spectra as they came, pictures what is shown.

    Raises
    ------
    InvalidInput
        If the format is not known.
    """
    if form not in FORMATS:
        raise InvalidInput(f"The format {form!r} was given; permitted are {', '.join(FORMATS)}.", where="format")
    if form in ("csv", "ecsv"):
        return _table_file(widget, form)
    buffer = io.BytesIO()
    widget.figure().savefig(buffer, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    return buffer.getvalue()


def _table_file(widget: Spectrum, form: str) -> bytes:
    from astropy.table import Table

    visible = [curve for curve in widget.spectra if curve.label not in widget.hidden]
    empty = np.empty(0)
    columns = {
        "spectrum": np.repeat([curve.label for curve in visible], [len(curve.wavelengths) for curve in visible]),
        "wavelength": np.concatenate([empty, *(curve.wavelengths for curve in visible)]),
        "flux": np.concatenate([empty, *(curve.fluxes for curve in visible)]),
        "error": np.concatenate(
            [empty, *(np.full(len(c.fluxes), np.nan) if c.errors is None else c.errors for c in visible)]
        ),
    }
    table = Table(columns, units={"wavelength": "Angstrom"})
    table.meta["spectra"] = [
        {"label": c.label, "instrument": c.instrument, "observed_at": c.observed_at, "type": c.type, "frame": c.frame,
         "flux_unit": c.flux_unit or "relative", "spectrum_id": c.spectrum_id}
        for c in visible
    ]  # fmt: skip
    text = io.StringIO()
    table.write(text, format="ascii.ecsv" if form == "ecsv" else "ascii.csv")
    return text.getvalue().encode()
