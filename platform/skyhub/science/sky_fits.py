"""Flat HEALPix maps as FITS files, as healpy and others read them.

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

__all__ = ["UNSEEN", "healpix_file"]

UNSEEN = -1.6375e30
"""What stands for no value."""


def healpix_file(name: str, pixels: NDArray[np.float64], unit: str) -> bytes:
    """The bytes of a FITS file with a NESTED map of the whole sky (ICRS), shape ``(12 nside²,)``; NaN is `UNSEEN`."""
    from astropy.io import fits

    values = np.where(np.isnan(pixels), UNSEEN, pixels)
    table = fits.BinTableHDU.from_columns([fits.Column(name, "D", unit=unit or None, array=values)])
    table.header.update(
        {
            "PIXTYPE": "HEALPIX",
            "ORDERING": "NESTED",
            "COORDSYS": "C",
            "NSIDE": int(np.sqrt(len(values) // 12)),
            "FIRSTPIX": 0,
            "LASTPIX": len(values) - 1,
            "INDXSCHM": "IMPLICIT",
            "OBJECT": "FULLSKY",
            "BAD_DATA": UNSEEN,
        }
    )
    with io.BytesIO() as file:
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)
        return file.getvalue()
