"""Finding alerts: what is refused, rights, pages, and what each filter makes of one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.alerts import find_alerts, thumbnails
from skyhub.alerts._search import _separation
from skyhub.candidates import explain_alert
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.coordinates import Position, separation
from support.houses import OTHER, SCANNER, VISITOR, candid_of, ingest
from support.packets import JD, record, stamp, write_packets
from support.services import Served


@pytest.mark.parametrize(
    ("text", "options", "where"),
    [
        ("", {}, "q"),
        ("  ", {}, "q"),
        ("9" * 30, {}, "q"),
        ("400 2.5", {}, "position"),
        ("150 2.5", {"radius_arcsec": 0.0}, "radius"),
        ("150 2.5", {"radius_arcsec": 3601.0}, "radius"),
        ("x", {"limit": 0}, "limit"),
        ("x", {"limit": 1001}, "limit"),
        ("x", {"cursor": "abc"}, "cursor"),
        ("x", {"cursor": "1~x~ZTF"}, "cursor"),
    ],
)
def test_what_cannot_be_found_is_refused(house: Database, text: str, options: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        find_alerts(house, SCANNER, text, **options)
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        (VISITOR, {"public", "faint", "bogus"}),
        (OTHER, {"public", "faint", "bogus"}),
        (SCANNER, {"public", "faint", "bogus", "partner"}),
        (ADMINISTRATOR, {"public", "faint", "bogus", "partner", "caltech"}),
    ],
)
def test_one_finds_the_alerts_that_ones_streams_permit(house: Database, viewer: Viewer, seen: set[str]) -> None:
    for place, name in enumerate(("public", "partner", "caltech", "faint", "bogus")):
        for text in (f"ZTF26{name}", str(candid_of(place)), f"{150.0 + place} 2.5"):
            found = [alert["object_id"] for alert in find_alerts(house, viewer, text)["alerts"]]
            assert found == ([f"ZTF26{name}"] if name in seen else [])
    assert find_alerts(house, ADMINISTRATOR, "ZTF26public", as_of=datetime(2020, 1, 1, tzinfo=UTC))["alerts"] == []


@given(st.floats(0, 359.99), st.floats(-89.9, 89.9), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_separations_are_those_of_haversines(ra: float, dec: float, east: float, north: float) -> None:
    import duckdb

    other = ((ra + east) % 360, max(-90.0, min(90.0, dec + north)))
    [(found,)] = duckdb.sql(
        f"SELECT {_separation(Position(ra, dec))} FROM (SELECT {other[0]!r}::DOUBLE AS ra, {other[1]!r}::DOUBLE AS dec)"
    ).fetchall()
    assert found == pytest.approx(separation([other[0]], [other[1]], Position(ra, dec))[0] * 3600, abs=1e-4)


def test_a_cone_across_0_h_and_its_pages(db: Database, tmp_path: Path) -> None:
    for n in range(7):
        place = record(10**15 + n, f"ZTF26c{n}", ra=(359.9998 + n * 1e-4) % 360, dec=10.0, jd=JD + n * 1e-3)
        ingest(db, write_packets(tmp_path / f"{n}.avro", place))
    within = [n for n in range(7) if abs(-2e-4 + n * 1e-4) * 0.98481 * 3600 <= 1.0]
    found, cursor = [], None
    for _ in range(8):
        page = find_alerts(db, VISITOR, "0 10", 1.0, limit=2, cursor=cursor)
        found += [int(alert["candid"]) - 10**15 for alert in page["alerts"]]
        assert all(alert["separation"] <= 1.0 for alert in page["alerts"])
        if (cursor := page["cursor"]) is None:
            break
    assert found == within[::-1]


def test_what_each_of_ones_filters_makes_of_an_alert(house: Database) -> None:
    def told(viewer: Viewer, place: int) -> dict[str, bool]:
        return {
            row["filter"]["name"]: row["now"]["passes"]
            for row in explain_alert(house, viewer, candid_of(place))
            if row["filter"]["group"]
        }

    assert told(SCANNER, 0) == {"filter of transients": True}
    assert told(SCANNER, 4) == {"filter of transients": False}
    assert told(OTHER, 3) == {"filter of bursts": True}
    assert set(told(ADMINISTRATOR, 3)) == {"filter of transients", "filter of bursts", "filter of stars"}
    assert told(VISITOR, 0) == {}
    with pytest.raises(NotFound):
        explain_alert(house, OTHER, candid_of(1))


def test_the_interface(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        [found] = sky.find_alerts("ZTF26bogus")["alerts"]
        assert found["candid"] == str(candid_of(4))
        assert [v["now"]["passes"] for v in sky.alert_verdicts(found["candid"]) if v["filter"]["group"]] == [False]
    assert still.get("/api/alerts", still.token_of(SCANNER)).status_code == 400
    assert still.get("/api/alerts?q=x").status_code == 401


@pytest.mark.parametrize(("viewer", "seen"), [(VISITOR, {"ZTF26public"}), (SCANNER, {"ZTF26public", "ZTF26partner"})])
def test_thumbnails_are_of_the_newest_alert_that_one_may_see(
    house: Database, tmp_path: Path, viewer: Viewer, seen: set[str]
) -> None:
    asked = ["ZTF26public", "ZTF26partner", "ZTF26faint", "nowhere"]
    found = thumbnails(house, viewer, asked)
    assert set(found) == seen, "others have no cutouts"
    assert all(str(image).startswith("data:image/png;base64,") for image in found["ZTF26public"].values())
    newer = record(99, "ZTF26public", stamps=True, jd=JD + 1, ra=150.0)
    newer["cutoutScience"]["stampData"] = stamp(seed=7)
    before = datetime.now(UTC)
    ingest(house, write_packets(tmp_path / "newer.avro", newer))
    assert thumbnails(house, viewer, asked)["ZTF26public"]["science"] != found["ZTF26public"]["science"]
    assert thumbnails(house, viewer, asked, before) == found
    with pytest.raises(InvalidInput, match="at most 100"):
        thumbnails(house, viewer, [str(n) for n in range(101)])
