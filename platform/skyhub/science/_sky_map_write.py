"""Sky maps for other programs: FITS files of many orders, and flat HEALPix arrays.

References
----------
.. [1] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (columns)
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science._sky_map import SkyMap
from skyhub.science.cells import cells_of_ranges
from skyhub.science.coordinates import HPX_ORDER

__all__ = ["healpix_of", "write_sky_map"]

_WHOLE_SKY = 12 * 4**HPX_ORDER
_FINEST_FLAT = 4096


def healpix_of(sky_map: SkyMap, nside: int, *, nested: bool = False) -> NDArray[np.float64]:
    """The probability of each pixel of a flat HEALPix map, shape ``(12 nside²,)``; RING unless said otherwise.

    Raises
    ------
    InvalidInput
        If `nside` is no power of two up to 4096.
    """
    if nside not in [2**k for k in range(_FINEST_FLAT.bit_length())]:
        raise InvalidInput(f"nside is {nside!r}: a power of two up to {_FINEST_FLAT} is permitted.", "nside")
    width = np.int64(4) ** (HPX_ORDER + 1 - int(nside).bit_length())
    before = sky_map.probability_before(np.arange(12 * nside**2 + 1, dtype=np.int64) * width)
    pixels = np.diff(before)
    if nested:
        return pixels
    from astropy_healpix.core import ring_to_nested

    return np.asarray(pixels[ring_to_nested(np.arange(len(pixels)), nside)])


def write_sky_map(sky_map: SkyMap) -> bytes:
    """The bytes of a FITS file with the map's cells (UNIQ), and cells without probability for the rest of the sky."""
    from astropy.io import fits

    low = np.concatenate([[0], sky_map.high])
    high = np.concatenate([sky_map.low, [_WHOLE_SKY]])
    orders, cells, _ = cells_of_ranges(low, high, HPX_ORDER)
    empty = cells + 4 * 4**orders
    columns = [
        fits.Column("UNIQ", "K", array=np.concatenate([sky_map.uniq, empty])),
        fits.Column("PROBDENSITY", "D", unit="sr-1", array=_padded(sky_map.density, len(empty), 0.0)),
    ]
    if sky_map.distances:
        units = (("DISTMU", "Mpc", np.inf), ("DISTSIGMA", "Mpc", 1.0), ("DISTNORM", "Mpc-2", 0.0))
        for values, (name, unit, missing) in zip(sky_map.distances, units, strict=True):
            columns.append(fits.Column(name, "D", unit=unit, array=_padded(values, len(empty), missing)))
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update(_header(sky_map))
    with io.BytesIO() as file:
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)
        return file.getvalue()


def _padded(values: NDArray[np.float64], count: int, value: float) -> NDArray[np.float64]:
    return np.concatenate([values, np.full(count, value)])


def _header(sky_map: SkyMap) -> dict[str, str | float | int]:
    facts = sky_map.facts
    known = {
        "OBJECT": facts.object_id,
        "DATE-OBS": facts.date_obs,
        "CREATOR": facts.creator,
        "INSTRUME": facts.instruments,
        "DISTMEAN": facts.distmean,
        "DISTSTD": facts.diststd,
        "LOGBCI": facts.log_bci,
        "LOGBSN": facts.log_bsn,
    }
    header: dict[str, str | float | int] = {
        "PIXTYPE": "HEALPIX",
        "ORDERING": "NUNIQ",
        "COORDSYS": "C",
        "INDXSCHM": "EXPLICIT",
        "MOCORDER": int(sky_map.orders.max()),
    }
    return header | {key: value for key, value in known.items() if value is not None}
