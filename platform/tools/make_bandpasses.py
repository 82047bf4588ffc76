"""Make ``skyhub/science/bandpasses.csv`` from the transmission curves of sncosmo.

    python platform/tools/make_bandpasses.py SNCOSMO_DATA_DIR

Wavelengths, widths, Vega zero points and extinction coefficients are computed from the curves and from sncosmo's spectrum
of Vega. The extinction of a bandpass is the mean of A(λ)/E(B−V) over the photons of a source of constant f_ν. Bandpasses
without a curve (radio, X-ray, Hubble's WFC3/IR) are listed here with published numbers.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

OUTPUT = Path(__file__).parents[1] / "skyhub" / "science" / "bandpasses.csv"
COLUMNS = ("name", "family", "letter", "effective_wavelength", "width", "vega_offset", "extinction", "origin")

FAMILIES = {
    "ztf": "ztfg ztfr ztfi ztf::g ztf::r ztf::i",
    "atlas": "atlasc atlaso",
    "ps1": "ps1::g ps1::r ps1::i ps1::z ps1::y ps1::w ps1::open",
    "sdss": "sdssu sdssg sdssr sdssi sdssz",
    "des": "desu desg desr desi desz desy",
    "lsst": "lsstu lsstg lsstr lssti lsstz lssty",
    "bessell": "bessellux bessellb bessellv bessellr besselli",
    "standard": "standard::u standard::b standard::v standard::r standard::i",
    "uvot": "uvot::uvw2 uvot::uvm2 uvot::uvw1 uvot::u uvot::b uvot::v uvot::white",
    "galex": "galex::fuv galex::nuv",
    "2mass": "2massj 2massh 2massks",
    "gaia": "gaia::gbp gaia::g gaia::grp gaia::grvs",
    "tess": "tess",
    "kepler": "kepler",
    "goto": "gotob gotog gotol gotor",
    "skymapper": "skymapperu skymapperg skymapperr skymapperi skymapperz",
    "csp": "cspu cspb cspg cspv3009 cspv3014 cspv9844 cspr cspi cspys cspyd cspjs cspjd csphs csphd cspk",
    "keplercam": "keplercam::us keplercam::b keplercam::v keplercam::r keplercam::i",
    "4shooter2": "4shooter2::us 4shooter2::b 4shooter2::v 4shooter2::r 4shooter2::i",
    "nircam": "f070w f090w f115w f140m f150w f162m f182m f200w f210m f250m f277w f300m f335m f356w f360m f410m "
    "f430m f444w f460m f480m",
    "miri": "f1065c f1140c f1550c f2300c",
    "euclid": "euclidvis euclidy euclidj euclidh",
    "roman": "f062 f087 f106 f129 f146 f158 f184 f213",
}
"""Names as sncosmo has them."""

WFC3 = {
    "f098m": (9864, 1570, 0.5617), "f105w": (10552, 2650, 0.6451), "f110w": (11534, 4430, 0.7595),
    "f125w": (12486, 2845, 0.9010), "f140w": (13923, 3840, 1.0763), "f160w": (15369, 2683, 1.2514),
}  # fmt: skip
"""Pivot wavelength (Å), width (Å), AB − Vega of WFC3/IR: Kalirai et al. 2009, WFC3 ISR 2009-30, and the STScI zero points."""

RADIO_GHZ = (0.8875, 0.9435, 1.3, 1.3675, 1.4, 3, 4.9, 5, 5.5, 6, 8.5, 9, 10, 15, 22, 33, 90, 100)
SPEED_OF_LIGHT = 2.99792458e18  # Å/s
XRAY_ANGSTROM = {"swiftxrt": (11.2, 39.8)}
"""Swift XRT, 0.3 to 10 keV: middle in log energy, width (Å)."""


def computed(family: str, name: str, extinction_curve: Any) -> dict[str, Any]:
    """The numbers of a bandpass from its curve."""
    import sncosmo

    band = sncosmo.get_bandpass(name)
    wave = np.arange(band.minwave(), band.maxwave() + 1, 1.0) if len(band.wave) > 2 else np.asarray(band.wave)
    trans = np.asarray(band(wave))
    weight = trans / wave if trans.sum() > 0 else np.ones_like(wave)
    vega, ab = sncosmo.get_magsystem("vega"), sncosmo.get_magsystem("ab")
    try:
        offset = -2.5 * np.log10(vega.zpbandflux(name) / ab.zpbandflux(name))
    except ValueError:  # beyond the spectrum of Vega
        offset = None
    peak = trans.max()
    return {
        "name": name, "family": family, "letter": letter(family, name),
        "effective_wavelength": round(float(band.wave_eff), 2),
        "width": round(float(np.trapezoid(trans, wave) / peak), 2) if len(band.wave) > 2 else round(float(np.ptp(wave)), 2),
        "vega_offset": None if offset is None else round(float(offset), 5),
        "extinction": round(float(np.average(extinction_curve(wave), weights=weight)), 5),
        "origin": "sncosmo",
    }  # fmt: skip


def letter(family: str, name: str) -> str:
    """What the family calls a bandpass."""
    short = name.split("::")[-1].removeprefix(family)
    return short or name


def published(
    name: str, family: str, wavelength: float, width: float, offset: float | None, curve: Any
) -> dict[str, Any]:
    """A bandpass without a curve; the law of extinction is not defined in the X-rays."""
    law = None if wavelength < 910 else round(float(curve(wavelength)), 5)
    return {
        "name": name, "family": family, "letter": name, "effective_wavelength": round(wavelength, 2),
        "width": round(width, 2), "vega_offset": offset, "extinction": law, "origin": "published",
    }  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """All bandpasses."""
    from skyhub.science.extinction import extinction_curve

    found = [computed(family, n, extinction_curve) for family, names in FAMILIES.items() for n in names.split()]
    found += [published(n, "wfc3", *values, extinction_curve) for n, values in WFC3.items()]
    found += [
        published(
            f"radio-{ghz:g}GHz",
            "radio",
            SPEED_OF_LIGHT / (ghz * 1e9),
            0.1 * SPEED_OF_LIGHT / (ghz * 1e9),
            None,
            extinction_curve,
        )
        for ghz in RADIO_GHZ
    ]
    found += [published(n, "xray", *values, None, extinction_curve) for n, values in XRAY_ANGSTROM.items()]
    return found


def main(directory: str) -> None:
    """Write the table."""
    os.environ["SNCOSMO_DATA_DIR"] = directory
    with OUTPUT.open("w", newline="") as f:
        f.write(
            "# Bandpasses of skyhub; made by platform/tools/make_bandpasses.py. Wavelengths in angstrom, rest in mag.\n"
        )
        writer = csv.DictWriter(f, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())


if __name__ == "__main__":
    main(sys.argv[1])
