"""Models over a light curve: lines of brightness against time in a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from skyhub.errors import InvalidInput
from skyhub.science.photometry import flux_from_mag, mag_from_flux

from skyhub_widgets._photometry import Floats
from skyhub_widgets._shown import dust_of

__all__ = ["Overlay", "overlays_from", "pack_overlays"]

Overlay = dict[str, Any]
_PERMITTED = {"label", "filter", "mjd", "mag", "flux"}


def overlays_from(given: Sequence[Mapping[str, Any]]) -> list[Overlay]:
    """Lines with both magnitudes and fluxes, in the order of time.

    Parameters
    ----------
    given
        Dictionaries with ``label``, ``filter``, ``mjd``, and ``mag`` (AB) or ``flux`` (µJy), the last three of one length.

    Raises
    ------
    InvalidInput
        If a name is missing or not known, lengths differ, or a time is not finite.
    """
    return [_overlay(one, f"overlays[{number}]") for number, one in enumerate(given)]


def _overlay(given: Mapping[str, Any], where: str) -> Overlay:
    values = [name for name in ("mag", "flux") if given.get(name) is not None]
    if not {"label", "filter", "mjd"} <= set(given) <= _PERMITTED or len(values) != 1:
        raise InvalidInput(
            f"The model has {', '.join(map(str, given)) or 'nothing'}. It needs label, filter, mjd, and one of mag and flux.",
            where=where,
        )
    mjd, brightness = (np.atleast_1d(np.asarray(given[name], dtype=float)) for name in ("mjd", values[0]))
    if mjd.shape != brightness.shape or mjd.ndim != 1 or not np.isfinite(mjd).all():
        raise InvalidInput(
            f"The model has {mjd.size} times and {brightness.size} values of {values[0]}. Give one value per time, and "
            "finite times.",
            where=where,
        )
    order = np.argsort(mjd, kind="stable")
    mjd, brightness = mjd[order], brightness[order]
    mag = brightness if values == ["mag"] else mag_from_flux(brightness)
    flux = brightness if values == ["flux"] else flux_from_mag(brightness)
    return {"label": str(given["label"]), "filter": str(given["filter"]), "mjd": mjd, "mag": mag, "flux": flux}


def pack_overlays(overlays: Sequence[Overlay], ebv: float = 0.0) -> list[dict[str, Any]]:
    """Lines as buffers for the browser, without the extinction of E(B−V) (mag)."""
    packed = []
    for one in overlays:
        mag, flux = bright(one, ebv)
        packed.append(
            {
                "label": one["label"],
                "filter": one["filter"],
                "mjd": one["mjd"].astype("<f8").tobytes(),
                "mag": mag.astype("<f4").tobytes(),
                "flux": flux.astype("<f4").tobytes(),
            }
        )
    return packed


def bright(overlay: Overlay, ebv: float) -> tuple[Floats, Floats]:
    """Magnitudes and fluxes of a line without the extinction of E(B−V) (mag)."""
    dust = dust_of(overlay["filter"], ebv)
    return overlay["mag"] - dust, overlay["flux"] * 10 ** (dust / 2.5)
