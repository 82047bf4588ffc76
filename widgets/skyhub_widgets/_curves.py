"""Spectra as the widget takes them, and what is done to them to be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput
from skyhub.science.rebinning import bin_edges, even_edges, rebinned
from skyhub.science.smoothing import Smoothing, smoothed

__all__ = ["Curve", "curves_from", "overlays_over", "pack_curves", "treated_curves"]

Floats = npt.NDArray[np.float64]

_NAMES = {
    "wavelengths": ("wavelength", "wavelengths", "wave", "lambda"),
    "fluxes": ("flux", "fluxes"),
    "errors": ("error", "errors", "fluxerr", "flux_err"),
}


@dataclass(frozen=True)
class Curve:
    """One spectrum, wavelengths in Å and not decreasing, fluxes in whatever unit; what is not known is empty."""

    wavelengths: Floats
    fluxes: Floats
    errors: Floats | None = None
    label: str = ""
    instrument: str = ""
    observed_at: str = ""
    """ISO 8601, UTC."""
    type: str = "source"
    """``source``, ``host`` or ``host_center``; ``template`` of what is laid over a spectrum."""
    frame: str = "observed"
    medium: str | None = None
    redshift: float | None = None
    flux_unit: str | None = None
    spectrum_id: str = ""
    over: str = ""
    """Label of the spectrum that it is laid over, whose place and scale it shares; empty for a spectrum itself."""

    def factor(self, frame: str, redshift: float) -> float:
        """What its wavelengths are multiplied by to be in a frame."""
        if frame == self.frame:
            return 1.0
        return 1 / (1 + redshift) if frame == "rest" else 1 + redshift


def curves_from(spectra: object) -> list[Curve]:
    """One or several spectra: of the client, mappings or tables with wavelength, flux and perhaps error.

    Parameters
    ----------
    spectra
        A spectrum or a sequence of them. Wavelengths may be in Å, or astropy quantities.

    Raises
    ------
    InvalidInput
        If one has no wavelengths or fluxes, or they do not fit together.
    """
    if spectra is None:
        return []
    several = spectra if isinstance(spectra, list | tuple) else [spectra]
    curves = [one if isinstance(one, Curve) else _curve(one) for one in several]
    names: dict[str, int] = {}
    for at, curve in enumerate(curves):
        label = curve.label or _described(curve) or f"spectrum {at + 1}"
        names[label] = names.get(label, 0) + 1
        curves[at] = replace(curve, label=label if names[label] == 1 else f"{label} ({names[label]})")
    return curves


def _curve(given: Any) -> Curve:
    columns = {role: _column(given, names) for role, names in _NAMES.items()}
    wave, flux, error = columns["wavelengths"], columns["fluxes"], columns["errors"]
    if wave is None or flux is None:
        accepted = "; ".join(f"{role}: {', '.join(names)}" for role, names in _NAMES.items())
        raise InvalidInput(f"A spectrum needs wavelengths and fluxes. Accepted names: {accepted}.", where="spectra")
    if not len(wave) == len(flux) == len(flux if error is None else error) or len(wave) < 2:
        raise InvalidInput(
            f"A spectrum has {len(wave)} wavelengths and {len(flux)} fluxes: give two or more, one for each.",
            where="spectra",
        )
    if (np.diff(wave) < 0).any() or wave[0] <= 0:
        raise InvalidInput("Wavelengths must be positive and not decrease: sort the points.", where="spectra")
    record: Mapping[str, Any] = given if isinstance(given, Mapping) else getattr(given, "meta", None) or {}
    said = {name: str(record.get(name) or "") for name in ("label", "instrument", "observed_at", "spectrum_id")}
    return Curve(
        wave, flux, error if error is not None and np.isfinite(error).any() else None, **said,
        type=str(record.get("type") or "source"), frame=str(record.get("frame") or "observed"),
        medium=record.get("medium"), redshift=record.get("redshift"), flux_unit=record.get("flux_unit"),
    )  # fmt: skip


def _column(given: Any, names: Sequence[str]) -> Floats | None:
    """A column by one of its names: an attribute of the client's spectra, else an entry."""
    for name in names:
        column = getattr(given, name, None) if hasattr(given, "arrow") else _entry(given, name)
        if column is not None:
            return _floats(column, "Angstrom" if names is _NAMES["wavelengths"] else None)
    return None


def _entry(given: Any, name: str) -> Any:
    named = (getattr(given, attribute, None) for attribute in ("colnames", "column_names", "columns", "keys"))
    names: Any = next((found for found in named if found is not None), ())
    return given[name] if name in (names() if callable(names) else names) else None


def _floats(column: Any, unit: str | None) -> Floats:
    if getattr(column, "unit", None) is not None:
        quantity = column if hasattr(column, "to_value") else column.quantity
        return np.asarray(quantity.to_value(unit or quantity.unit), dtype=float)
    if hasattr(column, "to_pylist"):
        column = column.to_pylist()
    return np.array([np.nan if value is None else value for value in column], dtype=float)


def _described(curve: Curve) -> str:
    return ", ".join(part for part in (curve.instrument, curve.observed_at[:10]) if part)


def overlays_over(overlays: Sequence[Mapping[str, Any]], spectra: Sequence[Curve]) -> list[Curve]:
    """Curves to be laid over spectra, in the frame and unit of these.

    Parameters
    ----------
    overlays
        Mappings with ``wavelengths`` (Å), ``fluxes``, ``label``, and ``over``: the label of a spectrum, by default the first.
    spectra
        What they are laid over.

    Raises
    ------
    InvalidInput
        If one has no wavelengths or fluxes, or lies over none of the spectra.
    """
    known = {curve.label: curve for curve in spectra}
    laid = []
    for given in overlays:
        name = str(given.get("over") or next(iter(known), ""))
        if name not in known:
            raise InvalidInput(
                f"A curve lies over {name!r}; permitted are {', '.join(known) or 'none'}.", where="overlays"
            )
        laid.append(replace(_curve(given), over=name, frame=known[name].frame, type="template"))
    return laid


def treated_curves(
    curves: Sequence[Curve], normalisation: str, smoothing: str, smoothing_width: float, bin_width: float
) -> list[Curve]:
    """Spectra in bins of `bin_width` (Å; 0 for their own), smoothed, then divided by their median or maximum.

    What is laid over a spectrum is divided by the same as that one, and else left as it is.
    """
    treated: list[Curve] = []
    scales: dict[str, float] = {}
    for curve in curves:
        one = curve if curve.over else _smooth(curve, smoothing, smoothing_width, bin_width)
        scale = (
            scales.setdefault(curve.label, _scale(one.fluxes, normalisation)) if not curve.over else scales[curve.over]
        )
        errors = None if one.errors is None else one.errors / scale
        treated.append(replace(one, fluxes=one.fluxes / scale, errors=errors))
    return treated


def _smooth(curve: Curve, smoothing: str, smoothing_width: float, bin_width: float) -> Curve:
    wave, flux, error = curve.wavelengths, curve.fluxes, curve.errors
    if bin_width > 0:
        own = bin_edges(wave)
        wave, flux, error = rebinned(wave, flux, error, even_edges(own[0], own[-1], width=bin_width))
    if smoothing != "none":
        flux, error = smoothed(wave, flux, cast("Smoothing", smoothing), smoothing_width), None
    return replace(curve, wavelengths=wave, fluxes=flux, errors=error)


def _scale(flux: Floats, normalisation: str) -> float:
    if normalisation == "none":
        return 1.0
    known = flux[np.isfinite(flux)]
    scale = float(np.median(np.abs(known)) if normalisation == "median" else np.max(np.abs(known)))
    return scale if scale > 0 else 1.0


def pack_curves(curves: Sequence[Curve]) -> list[dict[str, Any]]:
    """Spectra as little-endian buffers (float32) for the browser, with what is written beside them."""
    return [
        {
            "label": curve.label,
            "instrument": curve.instrument,
            "observed_at": curve.observed_at,
            "type": curve.type,
            "frame": curve.frame,
            "flux_unit": curve.flux_unit or "relative",
            "spectrum_id": curve.spectrum_id,
            "over": curve.over,
            "wavelengths": curve.wavelengths.astype("<f4").tobytes(),
            "fluxes": curve.fluxes.astype("<f4").tobytes(),
            "errors": b"" if curve.errors is None else curve.errors.astype("<f4").tobytes(),
        }
        for curve in curves
    ]
