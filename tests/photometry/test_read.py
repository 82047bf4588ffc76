"""The fast way to light curves: the same as the statement, for every viewer and time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer, append_points
from skyhub.errors import InvalidInput
from skyhub.photometry import COLUMNS, light_curves, photometry_table
from support.effort import repeats
from support.houses import OTHER, SCANNER, VISITOR, ingest, write_night

_STATEMENT = (
    "SELECT object_id, mjd, filter, flux, fluxerr, mag, magerr, limiting_mag, ra, dec, survey, origin, point_id, "
    "instrument, photometry_id "
    "FROM @photometry WHERE object_id = ? ORDER BY mjd, photometry_id"
)
_NAMES = ("ZTF26public", "ZTF26partner", "ZTF26caltech", "ZTF26faint", "ZTF26bogus", "ZTF26nothing")


def _both(db: Database, viewer: Viewer, name: str, as_of: datetime | None = None) -> pa.Table:
    fast = photometry_table(db, viewer, name, as_of)
    statement = db.reader.query(viewer, _STATEMENT, [name], as_of)
    assert fast.schema.equals(statement.schema)
    assert fast.to_pylist() == statement.to_pylist()
    return fast


def test_a_time_without_a_zone_is_refused(house: Database) -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        photometry_table(house, SCANNER, "ZTF26public", datetime(2026, 1, 1))


@pytest.mark.parametrize("merged", [False, True])
def test_the_fast_way_shows_what_the_statement_shows(house: Database, merged: bool) -> None:
    if merged:
        house.photometry.merge()
    for viewer in (VISITOR, OTHER, SCANNER, ADMINISTRATOR):
        seen = {name: len(_both(house, viewer, name)) for name in _NAMES}
        assert seen["ZTF26nothing"] == 0
        assert seen["ZTF26public"] > 0
        assert (seen["ZTF26partner"] > 0) == (viewer in (SCANNER, ADMINISTRATOR))
        assert (seen["ZTF26caltech"] > 0) == (viewer is ADMINISTRATOR)


def test_as_of_reaches_points_in_runs_and_beside_them(house: Database) -> None:
    before = datetime.now(UTC)
    n = len(_both(house, ADMINISTRATOR, "ZTF26public"))
    house.photometry.merge()
    number = house.reader.points(ADMINISTRATOR, ["ZTF26public"], ["photometry_id"])["photometry_id"][0].as_py()

    def correct(transaction: Transaction) -> datetime:
        house.photometry.supersede(transaction, [number])
        new = {
            "object_id": ["ZTF26public"],
            "mjd": [1.0],
            "flux": [5.0],
            "acl": pa.array([0], pa.int32()),
            "version": [2],
        }
        append_points(transaction, pa.table(new))
        return transaction.now

    corrected = house.writer.write(correct)
    for _ in range(2):
        assert len(_both(house, VISITOR, "ZTF26public", before)) == n
        assert len(_both(house, VISITOR, "ZTF26public", corrected)) == n
        assert _both(house, VISITOR, "ZTF26public")["flux"][0].as_py() == 5.0
        assert len(_both(house, VISITOR, "ZTF26public", datetime(2020, 1, 1, tzinfo=UTC))) == 0
        house.photometry.merge()
        house.photometry.compact(everything=True)


def test_an_access_set_that_is_made_later_counts(house: Database) -> None:
    assert len(_both(house, OTHER, "ZTF26public")) > 0
    acl = house.writer.write(lambda t: t.acl(groups=[house.access.groups["bursts"]]))
    points = pa.table({"object_id": ["new"], "mjd": [1.0], "acl": pa.array([acl], pa.int32())})
    house.writer.write(lambda t: append_points(t, points))
    for _ in range(2):
        assert [len(_both(house, viewer, "new")) for viewer in (VISITOR, OTHER, SCANNER, ADMINISTRATOR)] == [0, 1, 0, 1]
        house.photometry.merge()


def test_points_without_an_access_set_are_the_administrators(house: Database) -> None:
    house.writer.write(lambda t: append_points(t, pa.table({"object_id": ["new"], "mjd": [1.0]})))
    for _ in range(2):
        assert [len(_both(house, viewer, "new")) for viewer in (VISITOR, SCANNER, ADMINISTRATOR)] == [0, 0, 1]
        house.photometry.merge()


def test_packets_that_come_again_bring_nothing_when_merged(house: Database, tmp_path: Path) -> None:
    paths = write_night(tmp_path / "again")
    count = "SELECT count(*) AS n FROM @photometry"
    before = house.reader.rows(ADMINISTRATOR, count)
    house.photometry.merge()
    assert ingest(house, *paths).stored == 0
    house.writer._connection.execute("DELETE FROM alerts")
    assert ingest(house, *paths).stored == len(paths)
    assert house.reader.rows(ADMINISTRATOR, count) == before


def test_values_that_are_not_finite_are_null_in_json(db: Database) -> None:
    flux = pa.array([np.nan, np.inf, -np.inf, 1.0, None])
    table = pa.table(
        {
            "object_id": ["x"] * 5,
            "mjd": [3.0, 1.0, 2.0, 5.0, 4.0],
            "origin": ["alert"] * 5,
            "flux": flux,
            "acl": pa.array([0] * 5, pa.int32()),
        }
    )
    db.writer.write(lambda t: append_points(t, table))
    for _ in range(2):
        assert light_curves(db, VISITOR, ["x", "y", "x"])["x"]["flux"] == [None, None, None, None, 1.0]
        db.photometry.merge()


@settings(max_examples=repeats(25))
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"),
            st.integers(0, 4),
            st.sampled_from(["alert", "forced"]),
            st.floats(-50, 500),
            st.booleans(),
        ),
        max_size=30,
    ),
    st.integers(0, 30),
)
def test_many_light_curves_are_those_of_each(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[str, int, str, float, bool]], merged: int
) -> None:
    with Database(tmp_path_factory.mktemp("curves")) as db:
        hidden = db.writer.write(lambda t: t.acl(groups=[99]))
        for part in (points[:merged], points[merged:]):
            columns = list(zip(*part, strict=True)) or [()] * 5
            table = pa.table(
                {
                    "object_id": pa.array(columns[0], pa.string()),
                    "mjd": pa.array(columns[1], pa.float64()),
                    "origin": pa.array(columns[2], pa.string()),
                    "flux": pa.array(columns[3], pa.float64()),
                    "fluxerr": pa.array([10.0] * len(part), pa.float64()),
                    "acl": pa.array([hidden if hide else 0 for hide in columns[4]], pa.int32()),
                }
            )
            db.writer.write(lambda t, table=table: append_points(t, table))  # type: ignore[misc]
            db.photometry.merge()
        together = light_curves(db, VISITOR, list("abcdefg"))
        assert list(together) == list("abcdefg")
        for name, curve in together.items():
            assert curve == light_curves(db, VISITOR, [name])[name]
            assert tuple(curve) == COLUMNS
            rows = _both(db, VISITOR, name).to_pylist()
            assert len(rows) == sum(point[0] == name and not point[4] for point in points)
            assert curve["flux"] == [row["flux"] for row in rows]
            seen = [row["flux"] / 10 >= 3 for row in rows if row["origin"] == "forced"]
            assert seen == [
                mag is not None for mag, origin in zip(curve["mag"], curve["origin"], strict=True) if origin == "forced"
            ]
