"""Reading one point of each exposure: which one stays, for every viewer and time."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.photometry import Duplicates, UploadOptions, one_per_exposure, photometry_table, upload_photometry
from support.houses import SCANNER
from support.services import Served

ANN = Viewer("ann", frozenset({"transients"}), scopes=frozenset({"view", "upload"}))
BOB = Viewer("bob", frozenset({"bursts"}), scopes=frozenset({"view", "upload"}))


def upload(db: Database, mag: float, viewer: Viewer = ANN, mjd: float = 59801.4, **columns: Any) -> None:
    row = {
        "mjd": [mjd],
        "filter": ["ztfg"],
        "mag": [mag],
        "magerr": [0.3],
        "limiting_mag": [22.0],
        "instrument": ["ZTF"],
    }
    table = pa.table({**row, **{name: [value] for name, value in columns.items()}})
    upload_photometry(db, viewer, table, UploadOptions(object_id="ours", ra=10, dec=20))


def mags(db: Database, duplicates: Duplicates, viewer: Viewer = ANN, **options: Any) -> list[float]:
    found: list[float] = photometry_table(db, viewer, "ours", duplicates=duplicates, **options)["mag"].to_pylist()
    return [round(mag, 4) for mag in found]


@pytest.mark.parametrize("duplicates", ["all", "newest"])
def test_without_points_there_are_none(house: Database, duplicates: Duplicates) -> None:
    assert len(photometry_table(house, ANN, "ours", duplicates=duplicates)) == 0


def test_of_two_points_of_one_time_the_newest_stays(house: Database) -> None:
    rows = {"mjd": [59801.4] * 2, "filter": ["ztfg"] * 2, "mag": [12.4, 12.8], "magerr": [0.3] * 2}
    upload_photometry(house, ANN, pa.table(rows), UploadOptions(object_id="ours", instrument="ZTF", ra=10, dec=20))
    assert mags(house, "all") == [12.4, 12.8]
    assert mags(house, "newest") == [12.8]


def test_each_viewer_has_the_newest_of_what_may_be_seen(house: Database) -> None:
    upload(house, 12.8)
    upload(house, 12.4, BOB)
    assert (mags(house, "newest"), mags(house, "newest", BOB)) == ([12.8], [12.4])
    assert mags(house, "newest", ADMINISTRATOR) == [12.4]


def test_the_newest_of_an_earlier_time(house: Database) -> None:
    upload(house, 12.8, BOB)
    [row] = house.reader.rows(ADMINISTRATOR, "SELECT max(known_at) AS at FROM @photometry")
    upload(house, 12.4)
    earlier = row["at"].replace(tzinfo=UTC)
    assert mags(house, "newest", ADMINISTRATOR) == [12.4]
    assert mags(house, "newest", ADMINISTRATOR, as_of=earlier) == [12.8]


@pytest.mark.parametrize(("first", "second"), [("forced", "upload"), ("upload", "forced")])
def test_forced_photometry_or_the_detection_of_one_exposure(house: Database, first: str, second: str) -> None:
    mag = {"forced": 18.1, "upload": 18.2}
    upload(house, mag[first], origin=first)
    upload(house, mag[second], origin=second, mjd=59801.4 + 1e-7)
    upload(house, 18.5, origin="upload", mjd=59802.4)
    assert len(mags(house, "all")) == 3
    assert mags(house, "newest") == [mag[second], 18.5]
    assert mags(house, "forced") == [18.1, 18.5]
    assert mags(house, "unforced") == [18.2, 18.5]


def test_alerts_and_forced_photometry_of_one_exposure(house: Database) -> None:
    before = photometry_table(house, ADMINISTRATOR, "ZTF26public")
    brightest = [r for r in before.to_pylist() if r["mag"] is not None][-1]
    row = {"mjd": [brightest["mjd"]], "filter": [brightest["filter"]], "flux": [1.0], "fluxerr": [2.0]}
    options = UploadOptions(object_id="ZTF26public", instrument="ZTF", origin="forced", zp=23.9)
    upload_photometry(house, ADMINISTRATOR, pa.table(row), options)
    kept = photometry_table(house, ADMINISTRATOR, "ZTF26public", duplicates="forced").to_pylist()
    assert len(kept) == len(before)
    assert [r["flux"] for r in kept if r["mjd"] == brightest["mjd"]] == [1.0]
    assert photometry_table(house, SCANNER, "ZTF26public", duplicates="unforced").to_pylist() == before.to_pylist()


@pytest.mark.parametrize(("column", "value"), [("filter", "ztfr"), ("instrument", "other"), ("mjd", 59801.4 + 3e-5)])
def test_other_filters_instruments_and_times_are_other_exposures(house: Database, column: str, value: Any) -> None:
    upload(house, 12.4)
    upload(house, 12.8, **{column: value})
    assert len(mags(house, "newest")) == 2


_point = st.tuples(
    st.integers(0, 40), st.sampled_from(["ZTF", "ATLAS", None]), st.sampled_from(["g", "r"]),
    st.sampled_from(["alert", "forced", "my forced run", None]),
)  # fmt: skip


@given(st.lists(_point, max_size=25), st.sampled_from(["newest", "forced", "unforced"]))
def test_what_stays_is_of_different_exposures_and_what_goes_has_a_better_one(
    points: list[tuple[Any, ...]], duplicates: Duplicates
) -> None:
    rows = [
        {
            "mjd": 60000 + step * 4e-6,
            "instrument": instrument,
            "filter": band,
            "origin": origin,
            "photometry_id": number,
        }
        for number, (step, instrument, band, origin) in enumerate(points)
    ]
    names = ("mjd", "instrument", "filter", "origin", "photometry_id")
    types = (pa.float64(), pa.string(), pa.string(), pa.string(), pa.int64())
    schema = pa.schema(list(zip(names, types, strict=True)))
    table = pa.Table.from_pylist(rows, schema=schema)
    kept = one_per_exposure(table, duplicates)

    def one(a: dict[str, Any], b: dict[str, Any]) -> bool:
        return all(a[n] == b[n] for n in ("instrument", "filter")) and abs(a["mjd"] - b["mjd"]) <= 1e-5

    def rank(row: dict[str, Any]) -> tuple[bool, int]:
        forced = "forced" in (row["origin"] or "")
        return (duplicates != "newest" and forced == (duplicates == "forced"), row["photometry_id"])

    stays = kept.to_pylist()
    assert not any(one(a, b) for a in stays for b in stays if a is not b)
    gone = [row for row in rows if row not in stays]
    assert all(any(one(row, other) and rank(other) > rank(row) for other in stays) for row in gone)
    assert one_per_exposure(kept, duplicates).equals(kept)


def test_through_the_api_and_the_client(served: Served) -> None:
    rows = {"mjd": [59801.4] * 2, "filter": ["ztfg"] * 2, "mag": [12.4, 12.8], "magerr": [0.3] * 2}
    with served.sky(ANN) as sky:
        sky.upload_photometry(rows, "twice", ra=1, dec=2)
        assert len(sky.photometry("twice")) == 2
        assert sky.photometry("twice", duplicates="newest").to_rows()[0]["mag"] == pytest.approx(12.8)
        with pytest.raises(InvalidInput, match="leave duplicates=newest out"):
            sky.photometry("twice", duplicates="newest", versions="all")
        with pytest.raises(InvalidInput):
            sky.photometry("twice", duplicates="oldest")
