"""What instruments and bandpasses are called in files."""

from __future__ import annotations

__all__ = ["INSTRUMENTS", "OTHER_NAMES", "SYSTEMS", "WORDS"]

WORDS = (
    ("ztf", "ztf"), ("p48", "ztf"), ("palomar48", "ztf"),
    ("atlas", "atlas"),
    ("ps1", "ps1"), ("ps2", "ps1"), ("panstarrs", "ps1"), ("gpc1", "ps1"),
    ("sdss", "sdss"), ("sloan", "sdss"),
    ("decam", "des"), ("des", "des"), ("blanco", "des"),
    ("lsst", "lsst"), ("rubin", "lsst"),
    ("uvot", "uvot"), ("swift", "uvot"),
    ("2mass", "2mass"),
    ("gaia", "gaia"),
    ("galex", "galex"),
    ("goto", "goto"),
    ("skymapper", "skymapper"),
    ("csp", "csp"), ("swope", "csp"),
    ("keplercam", "keplercam"),
    ("4shooter", "4shooter2"),
    ("standard", "standard"), ("landolt", "standard"),
    ("bessell", "bessell"), ("johnson", "bessell"), ("cousins", "bessell"),
    ("kepler", "kepler"),
    ("tess", "tess"),
    ("euclid", "euclid"),
)  # fmt: skip
"""Words in the name of an instrument, survey or telescope, and the family of bandpasses they stand for."""

SYSTEMS: dict[str, tuple[str, ...]] = {
    **{letter: ("bessell",) for letter in ("U", "B", "V", "R", "I", "Rc", "Ic", "R_c", "I_c")},
    **{letter: ("2mass",) for letter in ("J", "H", "K", "Ks", "K_s")},
    **{f"{letter}'": ("sdss",) for letter in "ugriz"},
    **{letter: ("uvot",) for letter in ("UVW1", "UVW2", "UVM2", "uvw1", "uvw2", "uvm2", "W1uv", "W2uv", "M2uv")},
}
"""Bare names that stand for one system whatever the instrument."""

OTHER_NAMES = {
    ("bessell", "u"): "ux",
    ("bessell", "rc"): "r",
    ("bessell", "ic"): "i",
    ("2mass", "k"): "ks",
    ("atlas", "cyan"): "c",
    ("atlas", "orange"): "o",
    ("uvot", "w1"): "uvw1",
    ("uvot", "w2"): "uvw2",
    ("uvot", "m2"): "uvm2",
    ("uvot", "uw1"): "uvw1",
    ("uvot", "uw2"): "uvw2",
    ("uvot", "um2"): "uvm2",
    ("csp", "v"): "v9844",
    ("csp", "v0"): "v9844",
    ("gaia", "bp"): "gbp",
    ("gaia", "rp"): "grp",
    ("des", "yband"): "y",
}
"""Other letters of a family's bandpasses."""

INSTRUMENTS = {
    "ztf": "ZTF",
    "atlas": "ATLAS",
    "ps1": "PS1",
    "sdss": "SDSS",
    "des": "DECam",
    "lsst": "LSSTCam",
    "uvot": "UVOT",
    "2mass": "2MASS",
    "gaia": "Gaia",
    "galex": "GALEX",
    "goto": "GOTO",
    "skymapper": "SkyMapper",
    "csp": "CSP",
    "keplercam": "KeplerCam",
    "4shooter2": "4Shooter2",
    "kepler": "Kepler",
    "tess": "TESS",
    "nircam": "NIRCam",
    "miri": "MIRI",
    "euclid": "Euclid",
    "roman": "WFI",
    "wfc3": "WFC3",
}
"""The instrument of a family, where there is one."""
