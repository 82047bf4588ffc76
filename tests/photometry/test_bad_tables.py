"""Tables with what people get wrong most often are refused whole, with the row and what to do about it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.photometry import UploadOptions, upload_photometry

ANN = Viewer("ann", frozenset({"transients"}), scopes=frozenset({"view", "upload"}))
GOOD = {"mjd": 60000.0, "filter": "ztfr", "mag": 19.5, "magerr": 0.1}
FLUX = {"mjd": 60000.0, "filter": "ztfr", "flux": 10.0, "fluxerr": 1.0, "zp": 23.9}


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (GOOD, {"filter": "clear"}, "row 2: filter 'clear' is not known: names are as in sncosmo"),
        (GOOD, {"filter": ""}, "row 2: no filter is named"),
        (GOOD, {"magerr": 0.0}, "row 2: magerr is 0: it must be positive"),
        (GOOD, {"magerr": -0.1}, "row 2: magerr is -0.1: it must be positive"),
        (FLUX, {"fluxerr": 0.0}, "row 2: fluxerr is 0: it must be positive"),
        (GOOD, {"mag": 99.99}, "row 2: mag is 99.99, which stands for no detection: give its limit in limiting_mag"),
        (GOOD, {"mag": -999.0, "magerr": -999.0}, "row 2: mag is -999, which stands for no detection"),
        (GOOD, {"mag": "n.d."}, "row 2: mag is 'n.d.': a number is permitted"),
        (GOOD, {"mjd": 2460000.5}, "row 2: mjd is 2460000.5: a date in UTC is permitted"),
        (
            {**GOOD, "magsys": "ab"},
            {"magsys": "vega"},
            "row 2: ztfr is in vega and was in ab in row 1: say the instrument or telescope of each, or give them in two",
        ),
        ({**GOOD, "magsys": "ab"}, {"magsys": "st"}, "row 2: magnitude system 'st' is not known: ab and vega"),
    ],
)
def test_a_bad_row_is_named_with_what_to_do_and_nothing_is_stored(
    house: Database, first: dict[str, object], second: dict[str, object], says: str
) -> None:
    rows = [first, {**first, "mjd": 60001.0, **second}]
    if any(isinstance(row.get("mag"), str) for row in rows):
        rows = [{**row, "mag": str(row["mag"])} for row in rows]
    for dry_run in (True, False):
        options = UploadOptions(object_id="ours", ra=10.0, dec=20.0, dry_run=dry_run)
        with pytest.raises(InvalidInput) as refused:
            upload_photometry(house, ANN, pa.Table.from_pylist(rows), options)
        assert refused.value.message.startswith(says)
        assert refused.value.message.endswith("Nothing was stored.")
    assert len(house.reader.query(ADMINISTRATOR, "SELECT * FROM @photometry WHERE object_id = 'ours'")) == 0
    assert len(house.reader.query(ADMINISTRATOR, "SELECT * FROM @objects WHERE object_id = 'ours'")) == 0


def test_two_cameras_may_have_two_systems(house: Database) -> None:
    rows = [{**GOOD, "magsys": "ab", "telescope": "P48"}, {**GOOD, "magsys": "vega", "telescope": "LT"}]
    options = UploadOptions(object_id="ours", ra=10.0, dec=20.0, dry_run=True)
    assert upload_photometry(house, ANN, pa.Table.from_pylist(rows), options).stored == 2


def test_a_limit_beside_99_makes_it_an_upper_limit(house: Database) -> None:
    table = pa.Table.from_pylist([{**GOOD, "mag": 99.99, "magerr": 99.99, "limiting_mag": 20.5}])
    options = UploadOptions(object_id="ours", ra=10.0, dec=20.0, dry_run=True)
    [row] = upload_photometry(house, ANN, table, options).rows
    assert (row["mag"], row["limiting_mag"]) == (None, 20.5)
