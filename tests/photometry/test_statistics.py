"""Statistics of objects: each viewer's equal what the points that the viewer may see add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.photometry import (
    STATISTICS_SQL,
    Choice,
    Sharing,
    UploadOptions,
    light_curves,
    merge_sums,
    remove_photometry,
    share_photometry,
    statistics,
    statistics_of,
    statistics_table,
    upload_photometry,
)
from skyhub.science.statistics import photometry_statistics
from skyhub.service import open_database
from support.effort import repeats
from support.houses import OTHER, SCANNER, VISITOR, add_house, ingest, write_night

SCIENTISTS = {name: Viewer(name, frozenset(groups), scopes=frozenset({"view", "upload"})) for name, groups in {
    "ann": ["transients"], "bob": ["bursts"], "cat": ["transients", "bursts"],
}.items()}  # fmt: skip
NAN = float("nan")


def expected(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> dict[str, Any] | None:
    """Statistics of the points that a viewer may see, from their definitions."""
    rows = db.reader.rows(viewer, "SELECT * FROM @photometry WHERE object_id = ?", [object_id], as_of)
    if not rows:
        return None
    column = {name: np.array([NAN if r[name] is None else r[name] for r in rows], float) for name in (
        "mjd", "flux", "fluxerr", "limiting_mag",
    )}  # fmt: skip
    origins = [row["origin"] for row in rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        detected = (column["flux"] > 3 * column["fluxerr"]) | (
            np.array([o == "alert" for o in origins]) & ~np.isnan(column["flux"])
        )
        mag = np.where(detected, 23.9 - 2.5 * np.log10(np.abs(column["flux"])), NAN)
        limit = np.where(
            np.isnan(column["limiting_mag"]), 23.9 - 2.5 * np.log10(3 * column["fluxerr"]), column["limiting_mag"]
        )
    limit = np.where(detected, NAN, limit.round(5))
    filters = np.array([row["filter"] for row in rows], dtype=str)
    forced = np.array(["forced" in o for o in origins])
    return asdict(photometry_statistics(column["mjd"], filters, mag, limit, forced))


def flat(found: dict[str, Any]) -> dict[str, Any]:
    """Statistics as defined, under the names of the table."""
    plain = {}
    for name, value in found.items():
        if name in ("first", "last", "first_unforced", "last_unforced", "peak", "last_limit"):
            for part in ("mjd", "mag", "filter"):
                plain[f"{name}_{part}"] = value and value[part]
        else:
            plain[name] = value
    return plain


def same(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> None:
    agree(statistics(db, viewer, [object_id], as_of).get(object_id), expected(db, viewer, object_id, as_of))


def agree(found: dict[str, Any] | None, wanted: dict[str, Any] | None) -> None:
    assert (found is None) == (wanted is None)
    if found is None or wanted is None:
        return
    plain = flat(wanted)
    assert found.keys() == plain.keys()
    for name, value in plain.items():
        if isinstance(value, dict):
            assert found[name].keys() == value.keys()
            for key, inner in value.items():
                assert found[name][key] == pytest.approx(inner, abs=1e-6), (name, key)
        else:
            assert found[name] == (value if isinstance(value, str | None) else pytest.approx(value, abs=1e-6)), name


def test_of_nothing_there_are_none(house: Database) -> None:
    assert statistics(house, ADMINISTRATOR, []) == {}
    assert statistics(house, ADMINISTRATOR, ["nothing"]) == {}
    assert statistics(house, VISITOR, ["ZTF26partner"]) == {}


def test_alerts_are_counted_for_everybody_as_they_may_see(house: Database) -> None:
    for viewer in (ADMINISTRATOR, SCANNER, OTHER, VISITOR):
        for name in ("ZTF26public", "ZTF26partner", "ZTF26caltech"):
            same(house, viewer, name)
    found = statistics(house, SCANNER, ["ZTF26partner"])["ZTF26partner"]
    assert (found["n_points"], found["n_detections"], found["n_predetections"]) == (3, 2, 1)
    assert (found["first_mag"], found["peak_mag"], found["last_limit_mag"]) == pytest.approx((19.25, 18.5, 20.1))


def test_cards_and_statistics_agree(house: Database) -> None:
    for name in ("ZTF26public", "ZTF26partner"):
        card = asdict(statistics_of(light_curves(house, SCANNER, [name])[name]))
        found = statistics(house, SCANNER, [name])[name]
        assert card["n_detections"] == found["n_detections"]
        for point in ("first", "last", "peak", "last_limit"):
            assert card[point]["mjd"] == found[f"{point}_mjd"]
            assert card[point]["mag"] == pytest.approx(found[f"{point}_mag"], abs=1e-5)


def test_a_card_counts_uploaded_detections_as_the_statistics_do(house: Database) -> None:
    flux, fluxerr = [10.0, 10.0, 40.0], [1.0, 5.0, 1.0]
    columns = {"mjd": [6e4, 60001.0, 60002.0], "filter": ["ztfg"] * 3, "origin": ["upload", "upload", "forced"]}
    options = UploadOptions(object_id="five", zp=23.9, ra=10, dec=20)
    upload_photometry(house, ADMINISTRATOR, pa.table({**columns, "flux": flux, "fluxerr": fluxerr}), options)
    card = statistics_of(light_curves(house, ADMINISTRATOR, ["five"])["five"])
    assert (card.n_detections, card.n_limits) == (1, 1)
    found = statistics(house, ADMINISTRATOR, ["five"])["five"]
    assert (found["n_detections"], found["last_mjd"], found["last_unforced_mjd"]) == (2, 60002.0, 6e4)


def test_statistics_of_five_fluxes_are_their_definitions(house: Database) -> None:
    columns = {
        "mjd": [60000.0, 60001.0, 60002.0, 60003.0, 60004.0], "filter": ["ztfg", "ztfg", "ztfr", "ztfr", "ztfg"],
        "flux": [10.0, 110.0, 170.0, 180.0, 100.0], "fluxerr": [10.0] * 5,
    }  # fmt: skip
    options = UploadOptions(object_id="five", zp=25.0, magsys="ab", ra=10, dec=20)
    upload_photometry(house, ADMINISTRATOR, pa.table(columns), options)
    found = statistics(house, ADMINISTRATOR, ["five"])["five"]
    mag = 25 - 2.5 * np.log10(np.array(columns["flux"][1:]))
    g, r = mag[[0, 3]], mag[[1, 2]]
    assert (found["n_points"], found["n_detections"], found["recent_mjd"]) == (5, 4, 60004.0)
    assert (found["first_mjd"], found["first_filter"], found["last_mjd"], found["peak_mjd"]) == (
        60001,
        "ztfg",
        60004,
        60003,
    )
    assert found["mean_mag"] == pytest.approx(mag.mean())
    assert found["mag_rms"] == pytest.approx(np.std(mag))
    assert found["filters"]["ztfr"]["mag_rms"] == pytest.approx(np.std(r), abs=1e-7)
    assert found["colours"] == {"ztfg-ztfr": pytest.approx(g.mean() - r.mean())}
    assert found["g_r"] == pytest.approx(g.mean() - r.mean())
    assert (found["peak_mag"], found["faintest_mag"]) == pytest.approx((mag.min(), mag.max()))
    assert found["deepest_limit"] == pytest.approx(25 - 2.5 * np.log10(30), abs=1e-5)
    assert (found["last_limit_mjd"], found["days_from_limit"], found["n_predetections"]) == (60000, 1, 1)
    assert found["rise_rate"] is None
    assert found["decay_rate"] == pytest.approx((mag[3] - mag[0]) / 3)


_points = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(["ztfg", "ztfr", "atlaso"]),
        st.one_of(st.none(), st.floats(-20, 400).map(lambda f: round(f, 2))),
        st.sampled_from([5.0, 30.0]),
        st.sampled_from(["upload", "forced", "my forced run"]),
    ),
    min_size=1,
    max_size=6,
)
_deeds = st.lists(
    st.one_of(
        st.tuples(st.just("upload"), st.sampled_from(sorted(SCIENTISTS)), st.sampled_from(["one", "two"]), _points),
        st.tuples(st.just("share"), st.just("admin"), st.sampled_from(["one", "two"]), st.sampled_from(
            [(["bursts"], True), (["bursts"], False), (["transients", "stars"], False), (["public"], False)]
        )),
        st.tuples(st.just("merge"), st.just("keeper"), st.just("one"), st.integers(1, 2)),
        st.tuples(st.just("remove"), st.just("admin"), st.sampled_from(["one", "two"]), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


def _table(name: str, points: list[tuple[int, str, float | None, float, str]]) -> pa.Table:
    mjd, filters, flux, fluxerr, origin = zip(*points, strict=True)
    columns = {"filter": filters, "fluxerr": fluxerr, "origin": origin, "object_id": [name] * len(points)}
    times = [60000 + m / 4 for m in mjd]
    return pa.table(
        {
            **columns,
            "mjd": times,
            "flux": pa.array(flux, pa.float64()),
            "ra": [10.0] * len(mjd),
            "dec": [5.0] * len(mjd),
        }
    )


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(tmp_path_factory.mktemp("crowded") / "data") as db:
        add_house(db)
        yield db


_fresh = count()


def _points_of(db: Database, name: str, every: int) -> list[int]:
    rows = db.reader.rows(
        ADMINISTRATOR, "SELECT photometry_id FROM @photometry WHERE object_id = ? ORDER BY ALL", [name]
    )
    return [row["photometry_id"] for row in rows][:: every + 1]


def _do(db: Database, what: str, who: str, name: str, how: Any) -> None:
    if what == "upload":
        options = UploadOptions(zp=23.9, magsys="ab", groups=sorted(SCIENTISTS[who].groups)[:1])
        upload_photometry(db, SCIENTISTS[who], _table(name, how), options)
    elif what == "share" and (points := _points_of(db, name, 1)):
        groups, keep = how
        share_photometry(db, ADMINISTRATOR, Sharing(photometry_ids=points, groups=groups, keep=keep))
    elif what == "merge":
        while merge_sums(db, most_rows=how, worth_looking=0):
            pass
    elif what == "remove" and (points := _points_of(db, name, how)):
        remove_photometry(db, ADMINISTRATOR, Choice(photometry_ids=points))


@settings(max_examples=repeats(15))
@given(_deeds)
def test_whoever_uploads_corrects_shares_and_removes_whatever_in_any_order(crowded: Database, deeds: list[Any]) -> None:
    names = {name: f"{name}{next(_fresh)}" for name in ("one", "two")}
    moments: list[datetime | None] = [None]
    for what, who, name, how in deeds:
        _do(crowded, what, who, names.get(name, ""), how)
        moments.append(crowded.writer.write(lambda transaction: transaction.now))
    for viewer in (ADMINISTRATOR, VISITOR, *SCIENTISTS.values()):
        for moment in (None, moments[len(moments) // 2]):
            found = statistics(crowded, viewer, list(names.values()), moment)
            for name in names.values():
                agree(found.get(name), expected(crowded, viewer, name, moment))


@settings(max_examples=repeats(30))
@given(_deeds.filter(lambda deeds: deeds[0][0] == "upload"))
def test_merging_changes_no_statistics_of_any_time(crowded: Database, deeds: list[Any]) -> None:
    names = {name: f"{name}{next(_fresh)}" for name in ("one", "two")}
    moments: list[datetime | None] = [None]
    for what, who, name, how in deeds:
        _do(crowded, what, who, names.get(name, ""), how)
        moments.append(crowded.writer.write(lambda transaction: transaction.now))

    def known() -> list[Any]:
        viewers, times = (ADMINISTRATOR, SCIENTISTS["ann"]), (moments[0], moments[1], moments[-1])
        return [statistics(crowded, viewer, list(names.values()), at) for viewer in viewers for at in times]

    before = known()
    _do(crowded, "merge", "", "", 1)
    for one, other in zip(before, known(), strict=True):
        _alike(one, other)


def _alike(one: Any, other: Any) -> None:
    """Equal, but for the rounding of sums."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            _alike(one[key], other[key])
    else:
        assert one == pytest.approx(other, abs=1e-7) if isinstance(one, float) else one == other


def test_many_batches_leave_few_rows_in_idle_moments(house: Database) -> None:
    options = UploadOptions(object_id="many", zp=23.9, ra=10, dec=20)
    for batch in range(20):
        table = pa.table({"mjd": [60000.0 + batch], "filter": ["ztfg"], "flux": [50.0 + batch], "fluxerr": [1.0]})
        upload_photometry(house, ADMINISTRATOR, table, options)
    count_rows = "SELECT count(*) AS n FROM @photometry_statistics WHERE object_id = 'many'"
    [before] = house.reader.rows(ADMINISTRATOR, count_rows)
    while merge_sums(house, worth_looking=0):
        pass
    [after] = house.reader.rows(ADMINISTRATOR, count_rows)
    assert (before["n"], after["n"]) == (20, 1)
    same(house, ADMINISTRATOR, "many")
    assert not merge_sums(house, worth_looking=1)


def _one_point(flux: float) -> pa.Table:
    return pa.table({"mjd": [58000.0], "filter": ["ztfg"], "flux": [flux], "fluxerr": [1.0]})


def test_what_was_known_earlier_can_be_asked_for(house: Database) -> None:
    options = UploadOptions(object_id="ZTF26public", zp=23.9)
    upload_photometry(
        house,
        ADMINISTRATOR,
        pa.table({"mjd": [60000.0], "filter": ["ztfg"], "flux": [50.0], "fluxerr": [1.0]}),
        options,
    )
    [moment] = [r["t"] for r in house.reader.rows(ADMINISTRATOR, "SELECT max(known_at) AS t FROM @photometry")]
    earlier = moment.replace(tzinfo=UTC)
    before = statistics(house, ADMINISTRATOR, ["ZTF26public"], earlier)["ZTF26public"]
    upload_photometry(
        house,
        ADMINISTRATOR,
        pa.table({"mjd": [60000.0], "filter": ["ztfg"], "flux": [80.0], "fluxerr": [1.0]}),
        options,
    )
    after = statistics(house, ADMINISTRATOR, ["ZTF26public"])["ZTF26public"]
    assert statistics(house, ADMINISTRATOR, ["ZTF26public"], earlier)["ZTF26public"] == before
    assert after["first_mag"] == pytest.approx(23.9 - 2.5 * np.log10(80))
    assert before["first_mag"] == pytest.approx(23.9 - 2.5 * np.log10(50))


def test_the_table_has_one_row_for_each_object_seen(house: Database) -> None:
    assert statistics_table(house, ADMINISTRATOR)["object_id"].to_pylist() == sorted(
        r["object_id"] for r in house.reader.rows(ADMINISTRATOR, "SELECT DISTINCT object_id FROM @photometry")
    )
    assert "ZTF26partner" not in statistics_table(house, VISITOR)["object_id"].to_pylist()


@pytest.mark.parametrize("viewer", [ADMINISTRATOR, SCANNER, OTHER, VISITOR], ids=lambda viewer: viewer.name)
def test_the_tables_say_what_the_documents_say(house: Database, viewer: Viewer) -> None:
    assert_tables_agree(house, viewer)


def assert_tables_agree(db: Database, viewer: Viewer, as_of: datetime | None = None) -> None:
    """The SQL tables ``statistics`` and ``filter_statistics`` hold what `statistics` tells."""
    rows = {row.pop("object_id"): row for row in statistics_table(db, viewer, as_of).to_pylist()}
    by_filter = db.reader.rows(viewer, STATISTICS_SQL["filter_statistics"], (), as_of)
    documents = statistics(db, viewer, list(rows), as_of)
    assert rows.keys() == documents.keys()
    assert len(by_filter) == sum(len(document["filters"]) for document in documents.values())
    for object_id, row in rows.items():
        del row["mean_mags"]
        document = documents[object_id]
        assert {name: document[name] for name in row} == pytest.approx(row, nan_ok=True)
    for row in by_filter:
        told = documents[row.pop("object_id")]["filters"][row.pop("filter")]
        assert told == pytest.approx(row, nan_ok=True)


def test_a_database_that_had_points_before_gets_their_statistics(tmp_path: Path) -> None:
    from skyhub.db._migrations import shipped

    with open_database(tmp_path / "data") as db:
        add_house(db)
        ingest(db, *write_night(tmp_path / "packets"))
        names = [r["object_id"] for r in db.reader.rows(ADMINISTRATOR, "SELECT DISTINCT object_id FROM @photometry")]
        kept = statistics(db, ADMINISTRATOR, names)
        [sql] = [m.sql for m in shipped() if m.name == "photometry_statistics"]
        insert = sql[sql.index("WITH seen AS") :]
        rows = db.reader.query(
            ADMINISTRATOR, insert.replace("FROM photometry WHERE known_until IS NULL", "FROM @photometry")
        )
        db.writer.write(lambda t: t.discard("photometry_statistics", "true"))
        assert statistics(db, ADMINISTRATOR, names) == {}
        db.writer.write(lambda t: t.insert("photometry_statistics", rows.drop_columns("known_at")))
        again = statistics(db, ADMINISTRATOR, names)
        assert again.keys() == kept.keys()
        for name in names:
            assert again[name].pop("filters").keys() == kept[name].pop("filters").keys()
            assert again[name].pop("colours") == pytest.approx(kept[name].pop("colours"))
            assert {k: pytest.approx(v) if isinstance(v, float) else v for k, v in again[name].items()} == kept[name]
