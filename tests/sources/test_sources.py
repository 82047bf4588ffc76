"""Objects and sources: finding by name and by place, at poles and across 0 h, within one's rights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.coordinates import hpx_index
from skyhub.service import open_database
from skyhub.sources import find_objects, object_record, sources_table
from support.houses import OTHER, SCANNER, VISITOR

PLACES = [
    (0.0, 0.0), (359.9999, 0.0), (0.0001, 0.0), (180.0, 89.9999), (0.0, 89.9999), (90.0, 90.0), (10.0, -90.0), (45.0, 45.0),
    (45.001, 45.0), (45.0, 45.5), (266.4, -29.0), (150.0, 2.5), (150.0, 41.81), (270.0, 0.001),
]  # fmt: skip


@pytest.fixture(scope="module")
def sprinkled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    lon, lat = np.array(PLACES).T
    rows = [
        {"object_id": f"OBJ{n:02d}", "survey": "ZTF", "ra": ra, "dec": dec, "hpx": int(hpx), "acl": 0}
        for n, ((ra, dec), hpx) in enumerate(zip(PLACES, hpx_index(lon, lat), strict=True))
    ]
    with open_database(tmp_path_factory.mktemp("sprinkled")) as db:
        db.writer.write(lambda t: t.insert("objects", rows))
        yield db


@pytest.mark.parametrize("text", ["", "  ", "\t"])
def test_nothing_to_find_is_refused(sprinkled: Database, text: str) -> None:
    with pytest.raises(InvalidInput, match="nothing was given"):
        find_objects(sprinkled, VISITOR, text)


@pytest.mark.parametrize("radius", [0, -1, float("nan"), float("inf"), 5 * 3600 + 1])
def test_impossible_radii_are_refused(sprinkled: Database, radius: float) -> None:
    with pytest.raises(InvalidInput, match="radius"):
        find_objects(sprinkled, VISITOR, "10 10", radius)


@pytest.mark.parametrize("text", ["'; DROP TABLE objects; --", "%", "_", "\\", "@objects", "x' OR '1'='1", "\0"])
def test_odd_names_find_nothing(sprinkled: Database, text: str) -> None:
    assert find_objects(sprinkled, VISITOR, text) == []


def test_names_are_found_by_their_parts_best_first(sprinkled: Database) -> None:
    assert [o["object_id"] for o in find_objects(sprinkled, VISITOR, "obj0")] == [f"OBJ{n:02d}" for n in range(10)]
    assert [o["object_id"] for o in find_objects(sprinkled, VISITOR, "J11")] == ["OBJ11"]


@given(
    st.sampled_from(PLACES) | st.tuples(st.floats(0, 360), st.floats(-90, 90)),
    st.sampled_from([1.0, 60.0, 3600.0, 5 * 3600.0]),
)
def test_a_cone_holds_what_astropy_says(sprinkled: Database, at: tuple[float, float], radius: float) -> None:
    text = f"{at[0]:.9f} {at[1]:.9f}"
    expected = (
        SkyCoord(*np.array(PLACES).T, unit="deg").separation(SkyCoord(*map(float, text.split()), unit="deg")).arcsec
    )
    found = {o["object_id"]: o["separation_arcsec"] for o in find_objects(sprinkled, VISITOR, text, radius)}
    for number, away in enumerate(expected):
        if abs(away - radius) > 1e-3:
            assert (f"OBJ{number:02d}" in found) == (away < radius)
    assert all(
        found[f"OBJ{n:02d}"] == pytest.approx(a, abs=1e-3) for n, a in enumerate(expected) if f"OBJ{n:02d}" in found
    )
    assert list(found.values()) == sorted(found.values())


def test_a_record_holds_what_is_known(house: Database) -> None:
    record = object_record(house, SCANNER, "ZTF26partner")
    assert (record["ra"], record["dec"], record["survey"]) == (151.0, 2.5, "ZTF")
    assert record["statistics"]["n_detections"] == 2
    assert len(record["photometry"]["mjd"]) == 3
    [alert] = record["alerts"]
    assert isinstance(alert["candid"], str)
    assert record["saved"] == record["decisions"] == []


@pytest.mark.parametrize("name", ["ZTF26caltech", "ZTF26nothing", "", "ztf26public"])
def test_what_one_may_not_see_is_not_there(house: Database, name: str) -> None:
    for viewer in (VISITOR, OTHER, SCANNER):
        with pytest.raises(NotFound, match="there is no object"):
            object_record(house, viewer, name)
        assert not any(o["object_id"] == "ZTF26caltech" for o in find_objects(house, viewer, "26"))
        assert find_objects(house, viewer, "152 2.5") == []
    assert find_objects(house, ADMINISTRATOR, "152 2.5")[0]["object_id"] == "ZTF26caltech"


def test_as_of_before_the_first_alert(house: Database) -> None:
    with pytest.raises(NotFound):
        object_record(house, ADMINISTRATOR, "ZTF26public", datetime(2020, 1, 1, tzinfo=UTC))
    assert sources_table(house, ADMINISTRATOR, as_of=datetime(2020, 1, 1, tzinfo=UTC)) == []
