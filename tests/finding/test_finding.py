"""Offset stars, charts and starlists: what is refused, who sees what, moving and crowded stars, images and none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from skyhub.catalogs import REFERENCE_ENTRIES, store_entries
from skyhub.client import Sky
from skyhub.client._finding import RULES
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.finding import StarRules, finding_chart, object_starlist, offset_stars
from support.brokers import Asked, BrokerServer, Reply, broker_server
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, ingest
from support.packets import detection, record, write_packets
from support.services import Served

OBJECT = "ZTF26public"
DAY = date(2026, 11, 29)
ARCSEC = 1 / 3600


def _star(name: str, east: float, north: float, mag: float | None = 15.0, **moving: float) -> dict[str, Any]:
    """A star at an offset (arcsec) from the object of the night at (150, its declination)."""
    return {
        "name": name,
        "ra": 150.0 + east * ARCSEC / np.cos(np.radians(DEC)),
        "dec": DEC + north * ARCSEC,
        "mag": mag,
    } | moving


DEC = 2.2
STARS = [
    _star("near", 30.0, 0.0),
    _star("far", 0.0, -100.0, 12.0),
    _star("beyond", 0.0, 130.0),
    _star("bright", 20.0, 20.0, 9.0),
    _star("faint", -20.0, 20.0, 19.0),
    _star("unknown", -25.0, -25.0, None),
    _star("double A", -60.0, 0.0),
    _star("double B", -62.0, 0.0, 17.0),
    _star("on target", 2.0, 0.0),
    _star("runner", 0.0, 40.0, 15.0, pm_ra=1000.0, pm_dec=0.0, epoch=2016.0),
]


@pytest.fixture
def starry(house: Database) -> Database:
    [place] = house.reader.rows(ADMINISTRATOR, "SELECT ra, dec FROM @objects WHERE object_id = ?", [OBJECT])
    shifted = [
        {**star, "dec": star["dec"] - DEC + place["dec"], "ra": star["ra"] - 150 + place["ra"]} for star in STARS
    ]
    table = pa.Table.from_pylist(shifted, REFERENCE_ENTRIES.schema)
    store_entries(house, ADMINISTRATOR, REFERENCE_ENTRIES, "Stars", table, kind="star")
    active = table.set_column(
        table.column_names.index("name"), "name", pa.array([f"agn {n}" for n in range(len(table))])
    )
    store_entries(house, ADMINISTRATOR, REFERENCE_ENTRIES, "Nuclei", active, kind="agn")
    return house


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"radius_arcmin": 0}, "greater than 0"),
        ({"radius_arcmin": 31}, "less than or equal to 30"),
        ({"brightest": 18, "faintest": 17}, "must be smaller"),
        ({"count": 21}, "less than or equal to 20"),
        ({"isolation_arcsec": -1}, "greater than or equal to 0"),
        ({"colour": 1}, "not permitted"),
    ],
)
def test_rules_have_their_bounds(rules: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StarRules(**rules)


def test_the_client_knows_the_rules() -> None:
    assert set(RULES) == set(StarRules.model_fields)


def test_what_cannot_be_is_refused(starry: Database) -> None:
    with pytest.raises(NotFound):
        offset_stars(starry, ADMINISTRATOR, "nothing")
    with pytest.raises(InvalidInput, match="1950 to 2100"):
        offset_stars(starry, ADMINISTRATOR, OBJECT, day=date(1900, 1, 1))
    with pytest.raises(InvalidInput, match="1 to 15"):
        finding_chart(starry, ADMINISTRATOR, OBJECT, size_arcmin=60)
    with pytest.raises(InvalidInput, match="png and pdf"):
        finding_chart(starry, ADMINISTRATOR, OBJECT, "gif")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="keck, p200"):
        object_starlist(starry, ADMINISTRATOR, [OBJECT], "gemini")  # type: ignore[arg-type]
    for names in ([], [OBJECT] * 201):
        with pytest.raises(InvalidInput, match="1 to 200"):
            object_starlist(starry, ADMINISTRATOR, names)


@pytest.mark.parametrize(
    ("object_id", "may"),
    [
        ("ZTF26public", [SCANNER, COLLEAGUE, OTHER, VISITOR]),
        ("ZTF26partner", [SCANNER, COLLEAGUE]),
        ("ZTF26caltech", []),
    ],
)
def test_of_an_object_that_one_may_not_see_nothing_is_told(house: Database, object_id: str, may: list[Viewer]) -> None:
    for viewer in (SCANNER, COLLEAGUE, OTHER, VISITOR):
        for read in (offset_stars, finding_chart, lambda db, who, name: object_starlist(db, who, [name])):
            if viewer in may:
                assert read(house, viewer, object_id)
            else:
                with pytest.raises(NotFound):
                    read(house, viewer, object_id)


def test_stars_that_fit_are_told_nearest_first(starry: Database) -> None:
    found = offset_stars(starry, VISITOR, OBJECT, day=DAY)
    assert [star["name"] for star in found["stars"]] == ["near", "runner", "far"]
    assert {star["catalog"] for star in found["stars"]} == {"Stars"}
    near, runner, far = found["stars"]
    assert (near["east"], near["north"]) == pytest.approx((-30.0, 0.0), abs=0.15)
    assert near["position_angle"] == pytest.approx(270, abs=0.5)
    assert (far["east"], far["north"]) == pytest.approx((0.0, 100.0), abs=0.15)
    assert runner["east"] == pytest.approx(-10.91, abs=0.15)
    assert found["year"] == pytest.approx(2026.91, abs=0.01)


def test_the_place_is_the_mean_of_detections_and_else_the_catalogued(house: Database, tmp_path: Path) -> None:
    placed = detection(8_000_000, ra=160.0 + 0.2 * ARCSEC, dec=20.0)
    ingest(house, write_packets(tmp_path / "one.avro", record(8_000_001, "ZTF26placed", [placed], ra=160.0, dec=20.0)))
    found = offset_stars(house, VISITOR, "ZTF26placed")
    assert found["n_used"] == 2
    assert 0 < (found["ra"] - 160.0) / ARCSEC < 0.2
    apart = offset_stars(house, VISITOR, OBJECT)  # its two detections are 15 arcmin apart
    assert (apart["n_used"], apart["error"]) == (0, None)


def test_stars_move_to_the_day(starry: Database) -> None:
    then, now = (
        {s["name"]: s for s in offset_stars(starry, VISITOR, OBJECT, day=day)["stars"]}
        for day in (date(2016, 1, 1), date(2036, 1, 1))
    )
    assert now["runner"]["east"] - then["runner"]["east"] == pytest.approx(-20, abs=0.01)
    assert now["near"]["east"] == then["near"]["east"]


def test_rules_widen_and_narrow(starry: Database) -> None:
    def names(**rules: Any) -> set[str]:
        return {
            s["name"] for s in offset_stars(starry, VISITOR, OBJECT, StarRules(count=20, **rules), day=DAY)["stars"]
        }

    assert "beyond" in names(radius_arcmin=3)
    assert "bright" in names(brightest=8)
    assert "faint" in names(faintest=20)
    assert {"double A", "double B", "on target"} <= names(isolation_arcsec=0)
    assert names(radius_arcmin=0.2) == set()


def test_earlier_nothing_was_known_of_them(starry: Database) -> None:
    [row] = starry.reader.rows(ADMINISTRATOR, "SELECT min(known_at) AS at FROM @reference_entries")
    found = offset_stars(starry, VISITOR, OBJECT, as_of=row["at"].replace(tzinfo=UTC).replace(microsecond=0))
    assert found["stars"] == []
    with pytest.raises(NotFound):
        offset_stars(starry, VISITOR, OBJECT, as_of=datetime(2020, 1, 1, tzinfo=UTC))


def test_starlists_follow_the_telescope(starry: Database) -> None:
    lines = object_starlist(starry, VISITOR, [OBJECT, "ZTF26faint", OBJECT], "keck", day=DAY).splitlines()
    assert [line[:15].strip() for line in lines] == [
        OBJECT, f"{OBJECT}_o1", f"{OBJECT}_o2", f"{OBJECT}_o3", "ZTF26faint",
    ]  # fmt: skip
    shane = object_starlist(starry, VISITOR, [OBJECT], "shane", day=DAY)
    assert "beyond" not in shane
    assert "beyond" in object_starlist(
        starry, VISITOR, [OBJECT], "shane", StarRules(radius_arcmin=2.5, count=20), day=DAY
    )


def _grey(chart: bytes) -> np.ndarray[Any, Any]:
    with Image.open(BytesIO(chart)) as image:
        return np.asarray(image.convert("RGB"), dtype=int)


def test_without_an_image_the_catalogue_is_drawn(starry: Database, house_dir: Path) -> None:
    chart = _grey(finding_chart(starry, VISITOR, OBJECT, day=DAY))
    assert chart.shape[0] > 600
    blue = (chart[..., 2] - chart[..., 0] > 80).sum()
    without = _grey(finding_chart(starry, VISITOR, "ZTF26faint", day=DAY))
    assert blue > 300
    assert (without[..., 2] - without[..., 0] > 80).sum() == 0
    assert finding_chart(starry, VISITOR, OBJECT, "pdf", day=DAY).startswith(b"%PDF")


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[BrokerServer, list[float]]]:
    """A service of images that are red on one side, and the widths that it was asked for."""
    widths: list[float] = []
    picture, out = Image.new("RGB", (32, 32), (10, 10, 10)), BytesIO()
    picture.paste((250, 250, 250), (0, 0, 16, 32))
    picture.save(out, "JPEG")

    def cut(asked: Asked) -> Reply:
        widths.append(float(asked.given["fov"]) * 60)
        return Reply(out.getvalue(), headers={"Content-Type": "image/jpeg"})

    with broker_server() as service:
        service.answers["/hips2fits"] = cut
        monkeypatch.setenv("SKYHUB_IMAGES__URL", f"{service.url}/hips2fits")
        monkeypatch.setenv("SKYHUB_IMAGES__SURVEYS", '{"Deep": "CDS/P/deep"}')
        yield service, widths


def test_a_survey_image_is_asked_as_wide_as_the_chart(images: Any, starry: Database) -> None:
    service, widths = images
    chart = _grey(finding_chart(starry, VISITOR, OBJECT, size_arcmin=6, day=DAY))
    assert widths == [pytest.approx(6.0)]
    east = chart[150:550, 150:350].mean()
    west = chart[150:550, 500:650].mean()
    assert east < west - 60  # bright is black
    service.answers["/hips2fits"] = lambda asked: Reply(b"nonsense", 500)
    assert (_grey(finding_chart(starry, VISITOR, OBJECT, size_arcmin=6, day=DAY)) != chart).any()


def test_the_client_saves_and_shows(starry: Database, served: Served, tmp_path: Path) -> None:
    with served.sky(VISITOR) as sky:
        chart = sky.finding.chart(OBJECT, day=DAY)
        assert chart.save(tmp_path / "chart.png").read_bytes() == chart._repr_png_() == chart.content
        assert sky.finding.chart(OBJECT, "pdf", 3, day=DAY, count=1)._repr_png_() is None
        stars = sky.finding.offset_stars(OBJECT, day="2026-11-29", faintest=14).to_pandas()
        assert list(stars["name"]) == ["far"]
        assert sky.finding.starlist(OBJECT, day=DAY) == object_starlist(starry, VISITOR, [OBJECT], day=DAY)
        _refused(sky)


def _refused(sky: Sky) -> None:
    with pytest.raises(InvalidInput):
        sky.finding.chart(OBJECT, "gif")
    with pytest.raises(InvalidInput, match="must be smaller"):
        sky.finding.offset_stars(OBJECT, brightest=20)
    with pytest.raises(InvalidInput, match="colour is no rule"):
        sky.finding.chart(OBJECT, colour=1)
    with pytest.raises(InvalidInput):
        sky.finding.starlist([OBJECT], "gemini")
    with pytest.raises(NotFound):
        sky.finding.starlist([OBJECT, "nothing"])
