"""Templates that are made here: of SALT3, of the series of spectra that sncosmo has, and of lists of lines."""

from __future__ import annotations

from functools import cache

import numpy as np

from skyhub.errors import NotFound, SkyhubError
from skyhub.science.sncosmo_files import salt_templates, series_source
from skyhub.science.spectral_lines import spectral_lines
from skyhub.science.spectral_matching._flattened import CENTRES, Flattened, Values, flattened
from skyhub.science.spectral_matching._template import Template
from skyhub.science.wavelengths import LIGHT_SPEED

__all__ = ["made_templates"]

_SALT_PHASES = (-14, -10, -7, -4, -2, 0, 2, 4, 7, 10, 14, 18, 22, 27, 32, 38, 45)
_STRETCHES = (-2.0, 0.0, 1.5)
_SERIES_PHASES = (-14, -7, 0, 7, 14, 21, 30, 45, 60)
_SERIES = {
    "v19-2009kr-corr": "SN II", "nugent-sn2p": "SN IIP", "nugent-sn2l": "SN IIL", "nugent-sn2n": "SN IIn",
    "s11-2005lc": "SN IIP", "s11-2005gi": "SN IIP", "s11-2006jl": "SN IIP", "s11-2004hx": "SN IIL",
    "v19-2004gv-corr": "SN Ib", "s11-2005hl": "SN Ib", "s11-2005hm": "SN Ib", "s11-2006jo": "SN Ib",
    "s11-2006fo": "SN Ic", "v19-2012ap-corr": "SN Ic-BL", "v19-1998bw-corr": "SN Ic-BL", "nugent-hyper": "SN Ic-BL",
}  # fmt: skip
"""Types of supernovae by name of the series, as sncosmo lists them."""
_WIDTH = 400.0
"""Standard deviation of the lines of galaxies (km/s), about the step of the grid."""


@cache
def made_templates() -> tuple[Template, ...]:
    """Templates at rest: type Ia supernovae of SALT3 at 17 phases and three stretches, other supernovae, galaxies.

    Those whose files are not here (`skyhub.science.sncosmo_files` says where they are looked for) are left out.
    """
    return (*_galaxies(), *_type_ia(), *(one for name, kind in _SERIES.items() for one in _series(name, kind)))


def _type_ia() -> list[Template]:
    try:
        phases, wave, (plain, stretched) = salt_templates("salt3")
    except NotFound:
        return []
    at = [int(np.argmin(np.abs(phases - phase))) for phase in _SALT_PHASES]
    return [
        Template(f"SALT3 x1={x1:+g} {phases[row]:+.0f} d", "SN Ia", lines, phase=float(phases[row]))
        for x1 in _STRETCHES
        for row in at
        if (lines := _lines(wave, plain[row] + x1 * stretched[row])) is not None
    ]


def _series(name: str, kind: str) -> list[Template]:
    try:
        source = series_source(name)
    except NotFound:
        return []
    wave = CENTRES[slice(*np.searchsorted(CENTRES, (source.minwave(), source.maxwave())))]
    phases = [phase for phase in _SERIES_PHASES if source.minphase() <= phase <= source.maxphase()]
    return [
        Template(f"{name} {phase:+d} d", kind, lines, phase=phase)
        for phase in phases
        if (lines := _lines(wave, source.flux(phase, wave))) is not None
    ]


def _lines(wave: Values, flux: Values) -> Flattened | None:
    """None where a series has no light at a phase."""
    try:
        return flattened(wave, flux)
    except SkyhubError:
        return None


def _galaxies() -> list[Template]:
    """Lines of equal strength, as narrow as the grid: those that emit, and those of old stars."""
    emission, absorption = (_drawn_lines(group) for group in ("galaxy emission", "galaxy absorption"))
    return [
        Template("emission lines", "Galaxy, emission", flattened(CENTRES, 1 + emission)),
        Template("absorption lines", "Galaxy, absorption", flattened(CENTRES, 1 - 0.5 * absorption)),
    ]


def _drawn_lines(group: str) -> Values:
    at = [line.air for line in spectral_lines() if line.group == group]
    velocities = np.log(CENTRES[:, None] / np.array(at)) * LIGHT_SPEED
    drawn: Values = np.exp(-0.5 * (velocities / _WIDTH) ** 2).max(axis=1)
    return drawn
