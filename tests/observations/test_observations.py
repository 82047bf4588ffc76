"""Logs of telescopes are stored whole or refused whole, seen by those who may, and cover what their footprints cover."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import astropy.table
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.facilities import FIELD_SCHEMA, read_grid, store_fields
from skyhub.localizations import store_localization
from skyhub.observations import CoverageAsked, coverage_of, read_observation_file, store_observations
from skyhub.science.footprints import rectangle
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import cover_pointings, read_sky_map, write_sky_map
from support.commands import skyhub
from support.houses import SCANNER
from support.services import Served

BOX = "box(0, 0, 2, 2, 0)"
CONE = Cone(160.0, 10.0, 3.0, 0.9)
T0 = datetime(2020, 3, 17, 2, 0, 0, tzinfo=UTC)
MJD = 58925.125
GRID = [{"field_id": 100 + n, "ra": 156.0 + 2 * n, "dec": 10.0} for n in range(5)] + [
    {"field_id": 7, "name": "TA160N10", "ra": 160.0, "dec": 12.5}
]
LOG = {
    "field_id": [101, 102, 102],
    "obstime": [MJD, MJD + 0.01, MJD + 0.02],
    "filter": ["r", "ztfr", "g"],
    "limmag": [20.0, 20.5, 21.0],
}
SCIENTIST = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])


@pytest.fixture
def gridded(sky: Sky) -> Sky:
    """A house in which ZTF has a small grid and a square camera."""
    sky.instruments.set_fields("ZTF", GRID, BOX)
    return sky


@pytest.fixture
def db_dir(empty_house: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_house, tmp_path / "data"))


@pytest.fixture(scope="module")
def empty(still: Served) -> Iterator[Sky]:
    """The same, for what is refused."""
    with still.sky(ADMINISTRATOR) as client:
        client.instruments.set_fields("ZTF", GRID, BOX)
        yield client


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"obstime": None}, "no column is a time: mjd, jd or obstime"),
        ({"field_id": None}, "no column says where: field_id, or ra and dec"),
        ({"field_id": None, "RA": [1, 2, 3]}, "no column says where"),
        ({"field_id": [101, 999, 102]}, "row 2: ZTF has no field 999; its grid has"),
        ({"obstime": [MJD, MJD, None]}, "row 3: obstime is None"),
        ({"obstime": ["2020-03-17T03:00:00", "soon", "later"]}, "row 2: obstime is 'soon'"),
        ({"obstime": [MJD, 12.0, MJD]}, "row 2: obstime is 12.0: mjd from 15000"),
        ({"filter": ["r", "r", "x"]}, "row 3: ZTF has no filter 'x': it has ztfg, ztfr, ztfi"),
        ({"limmag": [20.0, -99.0, 20.0]}, "row 2: limmag is -99.0: limiting_magnitude from 0 to 40"),
        ({"limmag": ["20", "deep", "20"]}, "row 2: limmag is 'deep': a number is needed"),
        ({"airmass": [0.3, 1.0, 1.0]}, "row 1: airmass is 0.3"),
        ({"exptime": [30, 0, 30]}, "row 2: exptime is 0"),
        ({"processed_fraction": [1.0, 2.0, 1.0]}, "row 2: processed_fraction"),
        ({"RA": [10.0, 400.0, 10.0], "Dec": [0.0, 0.0, 0.0]}, "row 2: RA is 400.0"),
        ({"RA": [10.0, 10.0, 10.0], "Dec": [0.0, 91.0, 0.0]}, "row 2: Dec is 91.0"),
        ({"RA": ["10:40:00", "nowhere", "10"], "Dec": ["+10:00:00", "+1", "+1"]}, "row 2"),
    ],
)
def test_a_log_with_one_bad_row_is_refused_whole(empty: Sky, change: dict[str, Any], message: str) -> None:
    columns = {name: values for name, values in {**LOG, **change}.items() if values is not None}
    with pytest.raises(InvalidInput, match=message):
        empty.observations.add(columns, "ZTF")
    assert len(empty.observations()) == 0


def test_instruments_and_rights_that_there_are_not(empty: Sky, still: Served) -> None:
    with pytest.raises(NotFound, match="no instrument 'NOPE'"):
        empty.observations.add(LOG, "NOPE")
    with pytest.raises(InvalidInput, match="no fields of it are known"):
        empty.observations.add(LOG, "DECam")
    with still.sky(SCANNER) as scanner, pytest.raises(PermissionRefused):
        scanner.observations.add(LOG, "ZTF")


@pytest.mark.parametrize("text", ["{}", "[]", '[{"mjd": 1}, {"mjd": "x"}]', '{"rows": [1]}'])
def test_documents_without_a_list_of_observations_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"log\.json"):
        read_observation_file(path)


def _text(header: str, *columns: Sequence[object], between: str = ",") -> str:
    rows = (between.join(map(str, row)) for row in zip(*columns, strict=True))
    return "\n".join((header, *rows, ""))


def _forms(folder: Path) -> list[Path]:
    """The same log in several forms and with other names of columns."""
    iso = [(T0 + timedelta(hours=1 + n)).isoformat() for n in range(3)]
    mjd = [MJD + n / 24 for n in range(3)]
    ra, dec, red = [158.0, 160.0, 160.0], [10.0, 10.0, 12.5], ["r"] * 3
    jd = [repr(t + 2_400_000.5) for t in mjd]
    texts = {
        "fields.csv": _text("observation_id,field_id,obstime,filter", "123", (101, 102, 7), jd, ["ztfr"] * 3),
        "names.dat": _text("#field obsmjd fid", ("101", "102", "TA160N10"), mjd, "222", between=" "),
        "sexagesimal.csv": _text(
            "RA,DEC,MJD,FILTER", ("10:32:00", "10:40:00", "10:40:00"), ("+10:00:00", "+10:00:00", "+12:30:00"), mjd, red
        ),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    rows = [{"RA": a, "Dec": d, "time": t, "band": "r"} for a, d, t in zip(ra, dec, iso, strict=True)]
    (folder / "rows.json").write_text(json.dumps({"observations": rows}))
    pa.parquet.write_table(pa.table({"ra": ra, "decl": dec, "MJD": mjd, "Filter": red}), folder / "log.parquet")
    table = astropy.table.Table({"RA": ra, "DEC": dec, "dateobs": [t[:19] for t in iso], "filter": ["ztfr"] * 3})
    table.write(folder / "log.ecsv", format="ascii.ecsv")
    return [path for path in sorted(folder.iterdir()) if path.is_file()]


def test_the_same_exposures_in_any_form_are_the_same_observations(gridded: Sky, tmp_path: Path) -> None:
    forms = _forms(tmp_path)
    done = [gridded.observations.add(path, "ZTF") for path in forms]
    assert [d["read"] for d in done] == [3] * len(forms)
    assert all(d["stored"] + d["duplicates"] == 3 for d in done)
    found = gridded.observations(start=T0).to_pandas()
    assert len(found) == 3
    assert found["filter"].unique().tolist() == ["ztfr"]
    assert sorted(found["dec"]) == [10.0, 10.0, 12.5]
    assert np.allclose(sorted(found["mjd"]), [MJD, MJD + 1 / 24, MJD + 2 / 24], atol=1e-8)


def test_detectors_of_one_exposure_are_one_observation(gridded: Sky) -> None:
    log = {
        "field": [101] * 3 + [102],
        "obsjd": [2458925.625] * 3 + [2458925.7],
        "fid": [1] * 4,
        "maglimit": [20.0, 21.0, 20.4, None],
        "rcid": [1, 2, 3, 4],
    }
    done = gridded.observations.add(log, "ZTF")
    assert (done["read"], done["stored"], done["duplicates"]) == (4, 2, 2)
    found = gridded.observations(field_id=101).to_pandas()
    assert found[["filter", "limiting_magnitude"]].to_numpy().tolist() == [["ztfg", 20.4]]


def test_corrections_are_versions_and_removals_have_a_past(gridded: Sky, served: Served) -> None:
    def moment() -> datetime:
        return served.db.writer.write(lambda transaction: transaction.now)

    before = moment()
    gridded.observations.add(LOG, "ZTF")
    stored = moment()
    again = gridded.observations.add(LOG, "ZTF")
    assert (again["stored"], again["duplicates"]) == (0, 3)
    deeper = gridded.observations.add({**LOG, "limmag": [20.0, 20.5, 22.0]}, "ZTF")
    assert (deeper["stored"], deeper["revised"], deeper["duplicates"]) == (1, 1, 2)
    assert gridded.observations().to_pandas()["limiting_magnitude"].max() == 22.0
    assert gridded.observations(as_of=stored).to_pandas()["limiting_magnitude"].max() == 21.0
    numbers = [int(n) for n in gridded.observations().to_pandas()["observation_id"]]
    with pytest.raises(NotFound):
        gridded.observations.remove([numbers[0], 10**9])
    assert gridded.observations.remove(numbers[:2]) == 2
    assert [len(gridded.observations(as_of=at)) for at in (before, stored, None)] == [0, 3, 1]
    [row] = gridded.sql("SELECT count(*) AS n FROM observations").to_pandas()["n"]
    assert row == 1


def test_groups_keep_their_observations_and_see_one_of_each_exposure(gridded: Sky, served: Served) -> None:
    with served.sky(SCIENTIST) as mine, served.sky(STRANGER) as theirs:
        assert mine.observations.add(LOG, "ZTF")["stored"] == 3
        assert len(theirs.observations()) == 0
        assert theirs.sql("SELECT * FROM observations").to_pandas().empty
        with pytest.raises(NotFound):
            theirs.observations.remove([int(mine.observations().to_pandas()["observation_id"][0])])
    assert gridded.observations.add(LOG, "ZTF", ["public"])["stored"] == 3
    with served.sky(SCIENTIST) as mine, served.sky(STRANGER) as theirs:
        assert len(mine.observations()) == len(theirs.observations()) == 3
        assert mine.observations.add(LOG, "ZTF")["duplicates"] == 3


def test_observations_are_found_by_place_time_and_depth(gridded: Sky) -> None:
    number = gridded.localizations.add(CONE, dateobs=T0)["localization_id"]
    gridded.observations.add(LOG, "ZTF")
    gridded.observations.add({"ra": [20.0], "dec": [-10.0], "mjd": [MJD + 1], "filter": ["i"]}, "ZTF")
    assert len(gridded.observations()) == 4
    assert len(gridded.observations(limit=2)) == 2
    assert len(gridded.observations(localization=number, level=0.9)) == 3
    assert len(gridded.observations(localization=number, level=0.01)) == 2
    assert len(gridded.observations(at="20 -10.5", radius=1.0)) == 1
    assert len(gridded.observations(instrument="ZTF", filter=["ztfr", "ztfi"])) == 3
    assert len(gridded.observations(deeper_than=20.0)) == 2
    assert len(gridded.observations(start=T0, end=T0 + timedelta(hours=1.1))) == 1
    with pytest.raises(InvalidInput, match="is no position"):
        gridded.observations(at="there")
    with pytest.raises(InvalidInput, match="localization"):
        gridded.observations(localization=10**6)


def test_coverage_counts_each_place_once_and_tells_depth_and_visits(gridded: Sky, tmp_path: Path) -> None:
    number = gridded.localizations.add(CONE, dateobs=T0)["localization_id"]
    nothing = gridded.localizations.coverage(number)
    assert (nothing["probability"], nothing["area"], nothing["n_observations"], nothing["first"]) == (0, 0, 0, None)
    gridded.observations.add(LOG, "ZTF")
    gridded.observations.add({"ra": [160.0], "dec": [10.0], "mjd": [MJD - 5], "filter": ["r"]}, "ZTF")
    found = gridded.localizations.coverage(number, visits=2)
    union = cover_pointings(skymap_of(CONE), rectangle(2, 2), [158.0, 160.0], [10.0, 10.0])
    assert found["probability"] == pytest.approx(union.probability, abs=5e-4)
    assert found["area"] == pytest.approx(union.area, rel=2e-3)
    assert 0.95 * found["area"] < found["area_inside"] < found["area"]
    assert [v["at_least"] for v in found["visits"]] == [1, 2]
    assert found["visits"][1]["area"] == pytest.approx(union.area / 2, rel=0.02)
    assert [(f["filter"], f["n_observations"]) for f in found["filters"]] == [("ztfg", 1), ("ztfr", 2)]
    assert found["depth"] == {"median": 21.0, "shallowest": 20.0, "deepest": 21.0}
    assert (found["n_observations"], found["n_pointings"], found["unmapped"]) == (3, 2, {})
    assert gridded.localizations.coverage(number, start=T0 - timedelta(days=30))["n_observations"] == 4
    assert gridded.localizations.coverage(number, deeper_than=20.2)["n_pointings"] == 1
    with pytest.raises(InvalidInput, match="no distances"):
        gridded.localizations.coverage(number, absolute_magnitude=-16)
    untimed = gridded.localizations.add(CONE, name="again")["localization_id"]
    with pytest.raises(InvalidInput, match="say from when on"):
        gridded.localizations.coverage(untimed)
    content = gridded.localizations.observed(number, "visits", nside=64)
    assert content.startswith(b"SIMPLE")
    for kind, nside in (("colour", 64), ("depth", 65)):
        with pytest.raises(InvalidInput):
            gridded.localizations.observed(number, kind, nside=nside)


def test_instruments_without_a_footprint_cover_nothing_and_say_so(gridded: Sky) -> None:
    number = gridded.localizations.add(CONE, dateobs=T0)["localization_id"]
    gridded.observations.add({"ra": [160.0], "dec": [10.0], "mjd": [MJD]}, "DBSP")
    found = gridded.localizations.coverage(number)
    assert found["area"] == 0
    assert "the footprint of DBSP is not known" in found["unmapped"]["DBSP"]


def test_the_executed_night_of_gw190425_covers_what_was_published(shared: Path, db: Database) -> None:
    """ZTF saw 46 % of the first sky map (Coughlin et al. 2019, ApJL 885, L19. doi:10.3847/2041-8213/ab4ad8)."""
    survey, log = shared / "survey" / "skyportal", shared / "logs" / "skyportal" / "ZTF_GW190425_observation_data.csv"
    fields = pa.Table.from_pylist([f._asdict() for f in read_grid(survey / "ZTF_Fields.csv").fields], FIELD_SCHEMA)
    store_fields(db, ADMINISTRATOR, "ZTF", fields, (survey / "ZTF_Region.reg").read_text())
    sky_map = read_sky_map(shared / "skymaps" / "S190425z_GW190425_bayestar.fits.gz")
    event = datetime(2019, 4, 25, 8, 18, 5, tzinfo=UTC)
    number = store_localization(db, ADMINISTRATOR, sky_map, "bayestar", event)["localization"]["localization_id"]
    done = store_observations(db, ADMINISTRATOR, "ZTF", read_observation_file(log))
    assert (done.read, done.stored, done.duplicates) == (597, 597, 0)
    covered = coverage_of(db, ADMINISTRATOR, int(number), CoverageAsked(absolute_magnitude=-16))
    assert covered["probability"] == pytest.approx(0.46, abs=0.005)
    assert covered["area"] <= covered["n_pointings"] * 47.3
    assert {f["filter"] for f in covered["filters"]} == {"ztfg", "ztfr", "ztfi"}
    assert 0 < covered["volume_probability"] < covered["probability"]


def test_commands_store_logs_and_write_maps(db_dir: Path, tmp_path: Path) -> None:
    sky_map = tmp_path / "map.fits"
    sky_map.write_bytes(write_sky_map(skymap_of(CONE)))
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "good.csv").write_text(_text("ra,dec,mjd,filter", (160.0, 158.0), (10.0, 10.0), (MJD, MJD), "rr"))
    (folder / "ragged.csv").write_text("ra,dec,mjd\n1,2,58925\n1,2,58925,7\n")
    (folder / "bad.json").write_text("[1, 2")
    done = skyhub("ingest", "observations", folder, "--instrument", "ZTF", data_dir=db_dir)
    assert (done["read"], done["stored"], done["duplicates"]) == (2, 2, 0)
    rejected = {Path(r["file"]).name: (r["record"], r["reason"]) for r in done["rejected"]}
    assert rejected.keys() == {"ragged.csv", "bad.json"}
    assert rejected["ragged.csv"] == (2, "row 2 has 4 columns, the header 3: as many are needed.")
    skyhub("ingest", "localization", sky_map, "--event", T0.isoformat(), data_dir=db_dir)
    out = tmp_path / "visits.fits"
    covered = skyhub("localization", "observed", 1, "--map", "visits", "--out", out, "--nside", 64, data_dir=db_dir)
    assert covered["n_observations"] == 2
    assert out.stat().st_size > 12 * 64**2 * 8


def test_efficiency_is_that_of_what_was_observed(gridded: Sky) -> None:
    number = gridded.localizations.add(CONE, dateobs=T0)["localization_id"]
    gridded.observations.add({**LOG, "limmag": [20.0, 20.0, None]}, "ZTF")
    asked: dict[str, Any] = {"absolute_magnitude": -16.0, "distance": 40.0, "n": 2000, "extinction": False}
    found = gridded.localizations.efficiency(number, **asked)
    covered = gridded.localizations.coverage(number)["probability"]
    assert found["low"] < found["efficiency"] < found["high"]
    assert found["efficiency"] == pytest.approx(covered, abs=0.05)
    assert found["of_covered"]["efficiency"] == 1.0
    assert (found["n_observations"], found["left_out"]) == (2, 1)
    assert [row["n"] for row in found["by_distance"]] == [2000]
    assert gridded.localizations.efficiency(number, **asked) == found
    assert gridded.localizations.efficiency(number, **asked, t0="2020-03-17T01:00:00") == found
    assert gridded.localizations.efficiency(number, **{**asked, "distance": 4000.0})["n_detected"] == 0
    assert gridded.localizations.efficiency(number, **asked, detections=3)["n_detected"] == 0
    assert gridded.localizations.efficiency(number, **asked, start=T0, end=T0 + timedelta(days=1)) == found
    kilonova = {"mass": 0.03, "velocity": 0.2, "opacity": 1.0, "floor": 2500.0}
    assert (
        gridded.localizations.efficiency(number, "kilonova", parameters=kilonova, distance=3.0, n=50, instrument="ZTF")[
            "n_detected"
        ]
        > 0
    )
    supernova: dict[str, Any] = {
        "absolute_magnitude": -19.3,
        "t0": "2020-03-05T00:00:00",
        "n": 200,
        "extinction": False,
    }
    near = gridded.localizations.efficiency(number, "salt3", distance=100.0, parameters={"x1": 1.0}, **supernova)
    assert near["of_covered"]["efficiency"] == 1.0  # twelve days after its first light it is of 16 mag
    assert gridded.localizations.efficiency(number, "salt3", distance=2000.0, **supernova)["n_detected"] == 0
    for model, wrong, message in (
        ("constant", {"distance": 40.0}, "needs its absolute_magnitude"),
        ("salt3", {"distance": 40.0}, "salt3 needs the absolute_magnitude"),
        ("salt3", {"distance": 40.0, "absolute_magnitude": -19, "parameters": {"mass": 1}}, "no parameter mass"),
        ("kilonova", {"distance": 40.0}, "needs the parameters"),
        ("nova", {"distance": 40.0}, "there is no model"),
        ("constant", {"absolute_magnitude": -16.0}, "no distances"),
        ("constant", {"absolute_magnitude": -16.0, "start": "soon"}, "start 'soon' is no time"),
    ):
        with pytest.raises(InvalidInput, match=message):
            gridded.localizations.efficiency(number, model, **wrong)
