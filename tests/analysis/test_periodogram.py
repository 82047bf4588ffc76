"""The periodogram of an object: the points that one may see, the search that one asks for, and published periods."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from skyhub.analysis import PeriodSearch, object_periodogram
from skyhub.analysis import _periodogram as analysis
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, Unavailable
from skyhub.photometry import UploadOptions, upload_photometry
from skyhub.science.periodograms import periodogram
from support.houses import OTHER, SCANNER, VISITOR
from support.services import Served

ANN = Viewer("ann", frozenset({"transients", "bursts"}), scopes=frozenset({"view", "upload"}))
SEARCH = PeriodSearch(min_period=0.5)


def upload(
    db: Database,
    groups: tuple[str, ...] = ("transients",),
    *,
    filter: str = "ztfr",
    period: float = 2.345,
    n: int = 60,
    object_id: str = "variable",
    **options: Any,
) -> None:
    random = np.random.default_rng(n)
    mjd = 60000 + np.sort(random.uniform(0, 100, n))
    mag = 18 + 0.2 * np.sin(2 * np.pi * mjd / period) + random.normal(0, 0.02, n)
    table = pa.table({"mjd": mjd, "filter": [filter] * n, "mag": mag, "magerr": np.full(n, 0.02)})
    upload_photometry(db, ANN, table, UploadOptions(object_id=object_id, ra=10, dec=20, groups=list(groups), **options))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("min_period=0", "must be positive"),
        ("min_period=nan", "must be positive"),
        ("max_period=1000", "at most the 9"),
        ("min_period=0.000001", "5000000 are permitted"),
        ("oversampling=1000", "1 to 50"),
        ("harmonics=0", "harmonics"),
        ("harmonics=9", "harmonics"),
        ("error_floor=-1", "error_floor"),
        ("peaks=0", "peaks"),
        ("bootstrap=1000&min_period=0.001", "ask for less"),
        ("bootstrap=100000", "bootstrap"),
        ("duplicates=some", "duplicates"),
        ("as_of=yesterday", "as_of"),
        ("harmonics=5&filter=ztfg", r"at most 20 points of one filter, instrument and origin: 30 are needed"),
    ],
)
def test_searches_that_cannot_be_made_are_refused(served: Served, query: str, says: str) -> None:
    upload(served.db)
    upload(served.db, filter="ztfg", n=20)
    answer = served.get(f"/api/objects/variable/periodogram?{query}", served.token)
    assert answer.status_code == 400
    assert re.search(says, json.dumps(answer.json()["error"]))


@pytest.mark.parametrize("path", ["nothing", "ZTF26nothing", "variable"])
def test_objects_without_fluxes_are_not_found(served: Served, path: str) -> None:
    upload(served.db)
    answer = served.get(f"/api/objects/{path}/periodogram?filter=ztfi", served.token)
    assert answer.status_code == 404
    assert "in ztfi" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("viewer", "filters"),
    [
        (ANN, ["ztfg", "ztfr"]),
        (SCANNER, ["ztfr"]),
        (OTHER, ["ztfg"]),
        (ADMINISTRATOR, ["ztfg", "ztfr"]),
        (VISITOR, None),
        (Viewer("star", frozenset({"stars"})), None),
    ],
)
def test_everybody_has_the_period_of_the_points_they_may_see(
    house: Database, viewer: Viewer, filters: list[str] | None
) -> None:
    upload(house, ("transients", "bursts"), n=10, filter="ztfi")
    upload(house, ("transients",), filter="ztfr", period=2.345)
    upload(house, ("bursts",), filter="ztfg", period=3.21)
    search = replace(SEARCH, filters=("ztfg", "ztfr"))
    if filters is None:
        with pytest.raises(NotFound):
            object_periodogram(house, viewer, "variable", search)
        return
    found = object_periodogram(house, viewer, "variable", search)
    assert [band["filter"] for band in found["bands"]] == filters
    assert found["n_points"] == 60 * len(filters)
    if len(filters) == 1:
        assert found["period"] == pytest.approx({"ztfr": 2.345, "ztfg": 3.21}[filters[0]], rel=0.005)


def test_earlier_times_have_the_points_of_then(house: Database) -> None:
    upload(house, period=2.345)
    then = house.writer.write(lambda transaction: transaction.now)
    before = object_periodogram(house, ANN, "variable", SEARCH)
    upload(house, filter="ztfg", n=80)
    assert object_periodogram(house, ANN, "variable", SEARCH, then) == before
    assert object_periodogram(house, ANN, "variable", SEARCH)["n_points"] == 140
    with pytest.raises(NotFound):
        object_periodogram(house, ANN, "variable", SEARCH, datetime(2020, 1, 1, tzinfo=UTC))


def test_bands_with_few_points_are_left_out_and_named(house: Database) -> None:
    upload(house)
    upload(house, filter="ztfg", n=9, instrument="ZTF")
    found = object_periodogram(house, ANN, "variable", SEARCH)
    [left] = found["left_out"]
    assert (left["filter"], left["instrument"], left["n_points"]) == ("ztfg", "ZTF", 9)
    assert found["n_points"] == 60
    with pytest.raises(InvalidInput, match="at most 9 points"):
        object_periodogram(house, ANN, "variable", replace(SEARCH, filters=("ztfg",)))


@pytest.mark.parametrize("by", ["going", "closing"])
def test_a_search_that_nobody_waits_for_is_ended_in_the_service(
    served: Served, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    upload(served.db)
    begun, ended = threading.Event(), threading.Event()

    def endless(*_: Any, proceed: Callable[[], object], **__: Any) -> None:
        try:
            while True:
                begun.set()
                proceed()
        finally:
            ended.set()

    monkeypatch.setattr(analysis, "periodogram", endless)
    if by == "closing":
        with pytest.raises(httpx.ReadTimeout):
            served.get("/api/objects/variable/periodogram", served.token, timeout=0.5)
    else:
        with served.sky(ANN) as sky, ThreadPoolExecutor(1) as thread:
            asked = thread.submit(sky.periodogram, "variable", going=lambda: not begun.is_set())
            with pytest.raises(Unavailable, match="given up"):
                asked.result(20)
    assert ended.wait(20)


@pytest.mark.parametrize("search", [{"harmonics": 1}, {"harmonics": 3}, {"bootstrap": 20}])
def test_a_search_can_be_ended_between_any_two_pieces(search: dict[str, int]) -> None:
    mjd = np.sort(np.random.default_rng(1).uniform(0, 1000, 60))
    bands, pieces = np.repeat(["g", "r", "i"], 20), 0

    def count() -> None:
        nonlocal pieces
        pieces += 1

    def found(proceed: Callable[[], object]) -> None:
        periodogram(mjd, np.sin(mjd), np.full(60, 0.1), bands, min_period=0.2, proceed=proceed, **search)

    found(count)
    last = pieces
    assert last >= 3

    def end() -> None:
        count()
        if pieces == 2 * last:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        found(end)


def test_a_search_while_it_is_wanted_answers_and_refuses_as_any_other(served: Served) -> None:
    upload(served.db)
    with served.sky(ANN) as sky:
        asked: dict[str, Any] = {"min_period": 0.5, "going": lambda: True}
        assert sky.periodogram("variable", **asked).document == sky.periodogram("variable", min_period=0.5).document
        with pytest.raises(NotFound):
            sky.periodogram("nothing", **asked)
    served_no_more = Sky(Transport("http://127.0.0.1:1", "token"))
    with pytest.raises(Unavailable, match="does not answer"):
        served_no_more.periodogram("variable", **asked)


def test_an_exposure_counts_once(house: Database) -> None:
    upload(house, instrument="ZTF", origin="quick")
    upload(house, instrument="ZTF", origin="forced")
    found = object_periodogram(house, ANN, "variable", SEARCH)
    assert [(band["origin"], band["n_points"]) for band in found["bands"]] == [("forced", 60)]
    twice = object_periodogram(house, ANN, "variable", replace(SEARCH, duplicates="all"))
    assert [band["n_points"] for band in twice["bands"]] == [60, 60]


def test_what_is_drawn_has_the_peaks(served: Served) -> None:
    upload(served.db)
    found = served.get("/api/objects/variable/periodogram?min_period=0.05&drawn=50", served.token).json()
    assert len(found["spectrum"]["power"]) <= 50
    best = found["peaks"][0]
    assert max(found["spectrum"]["power"]) == pytest.approx(best["power"], abs=0.05)
    assert best["frequency"] == pytest.approx(1 / 2.345, abs=0.3 * found["grid"]["step"] * 5)
    assert found["grid"]["count"] > 5000


def test_the_client_gives_tables(served: Served) -> None:
    upload(served.db)
    with served.sky(ANN) as sky:
        found = sky.periodogram("variable", min_period=0.5, filters=["ztfr"])
        assert found.period == pytest.approx(2.345, rel=0.005)
        assert found.false_alarm is not None
        assert found.false_alarm < 1e-10
        assert found.peaks["period"][0].as_py() == found.period
        assert found.bands["n_points"].to_pylist() == [60]
        assert found.spectrum.columns == ["frequency", "power"]
        assert len(found.window) == len(found.document["window"])
        assert found.epoch == pytest.approx(sky.photometry("variable")["mjd"][0].as_py())
        assert "2.34" in repr(found)
        assert found.plot().get_xlabel() == "Period (d)"
        shaped = sky.periodogram("variable", min_period=0.5, harmonics=2)
        assert shaped.false_alarm is None
        sampled = sky.periodogram("variable", min_period=0.5, harmonics=2, bootstrap=9)
        assert (sampled.false_alarm, sampled.document["false_alarm_method"]) == (0.1, "bootstrap")
        with pytest.raises(NotFound):
            sky.periodogram("nothing")


@pytest.mark.parametrize("star", ["952930", "1019544", "3261172"])
def test_real_stars_have_their_published_periods(house: Database, shared: Path, star: str) -> None:
    folder = shared / "variables"
    with (folder / "index.csv").open() as file:
        published = {Path(row["file"]).stem: row["period_d"] for row in csv.DictReader(file)}
    with (folder / "rrlyrae_s82" / f"{star}.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns: dict[str, list[Any]] = {n: [float(row[o]) for row in rows] for n, o in (
        ("mjd", "time"), ("mag", "mag"), ("magerr", "magerr"),
    )}  # fmt: skip
    columns["filter"] = [f"sdss{row['band']}" for row in rows]
    upload_photometry(house, ANN, pa.table(columns), UploadOptions(object_id=star, ra=10, dec=0, groups=["transients"]))
    found = object_periodogram(house, ANN, star, PeriodSearch(min_period=0.2, harmonics=3))
    assert found["period"] == pytest.approx(float(published[star]), rel=0.002)
    assert {"sidereal day", "solar day"} <= {peak["cycle"] for peak in found["window"]}
