"""Uploading light curves: what is new, what is there already, what supersedes; who may, and through which doors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.photometry import (
    UploadOptions,
    first_line_of,
    photometry_history,
    photometry_table,
    read_photometry_file,
    upload_photometry,
)
from support.commands import run_skyhub
from support.houses import SCANNER, VISITOR
from support.services import Served

ANN = Viewer("ann", frozenset({"transients"}), scopes=frozenset({"view", "upload"}))
BOB = Viewer("bob", frozenset({"bursts"}), scopes=frozenset({"view", "upload"}))
OPTIONS: dict[str, Any] = {"object_id": "ours", "ra": 10.0, "dec": 20.0}


def curve(*mags: float, start: float = 60000.0, **columns: Any) -> pa.Table:
    """A light curve of one magnitude a day."""
    days = [float(start + n) for n in range(len(mags))]
    return pa.table({"mjd": days, "filter": ["ztfr"] * len(mags), "mag": mags, "magerr": [0.1] * len(mags), **columns})


def upload(db: Database, table: pa.Table, viewer: Viewer = ANN, **options: Any) -> dict[str, int]:
    done = upload_photometry(db, viewer, table, UploadOptions(**{**OPTIONS, **options}))
    return {"stored": done.stored, "revised": done.revised, "duplicates": done.duplicates}


def count(db: Database) -> int:
    return len(db.reader.query(ADMINISTRATOR, "SELECT * FROM @photometry*"))


@pytest.mark.parametrize("viewer", [SCANNER, VISITOR])
def test_without_the_scope_nothing_is_uploaded(house: Database, viewer: Viewer) -> None:
    with pytest.raises(PermissionRefused, match="upload"):
        upload(house, curve(20.0), viewer)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"groups": ["bursts"]}, PermissionRefused), ({"groups": ["public"]}, PermissionRefused), ({"groups": []}, InvalidInput),
        ({"streams": ["ztf-caltech"]}, PermissionRefused), ({"streams": ["no such"]}, PermissionRefused),
        ({"ra": None}, NotFound), ({"object_id": "a\nb"}, InvalidInput), ({"object_id": None}, InvalidInput),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused_whole(house: Database, options: dict[str, Any], error: type[Exception]) -> None:
    before = count(house)
    with pytest.raises(error):
        upload(house, curve(20.0, 20.1), **options)
    assert count(house) == before
    assert len(house.reader.query(ADMINISTRATOR, "SELECT * FROM @objects WHERE object_id = 'ours'")) == 0


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("mjd,filter,mag,magerr\n{}", (3, 5, 6)),
        ("# of tonight\n\nmjd filter mag magerr\n{}", (5, 7, 8)),
        ("mjd,filter,mag,magerr\n60000,ztfg,19,0.1\n# from here on the other camera\n{}", None),
    ],
)
def test_bad_rows_of_a_file_are_named_with_their_lines(
    house: Database, tmp_path: Path, text: str, lines: tuple[int, int, int] | None
) -> None:
    rows = ["60000,ztfg,19.1,0.1", "60001,zzz,19,0.1", "60002,ztfg,19.1,0.1", "60003,ztfr,99.99,0.1", "60004,ztfr,19,0"]
    body = "\n".join([*rows, "60005,zzy,19,0.1"])
    path = tmp_path / "a.txt"
    path.write_text(text.format(body if "," in text else body.replace(",", " ")))
    table = read_photometry_file(path)
    with pytest.raises(InvalidInput, match=r"\(and 1 more rows cannot be used\)\. Nothing was stored\.$") as refused:
        upload_photometry(house, ANN, table, UploadOptions(**OPTIONS, first_line=first_line_of(table)))
    told = re.findall(r"row (\d+)(?: \(line (\d+)\))?: (filter|mag|magerr) ", refused.value.message)
    first = len(table) - len(rows) - 1
    assert [(int(row) - first, what) for row, _, what in told] == [(2, "filter"), (4, "mag"), (5, "magerr")]
    assert [line for _, line, _ in told] == (["", "", ""] if lines is None else [str(line) for line in lines])


def test_one_bad_row_refuses_the_table_unless_it_may_be_left_out(house: Database) -> None:
    bad = pa.concat_tables([curve(20.0, 20.1, start=59000), curve(float("nan"))])
    with pytest.raises(InvalidInput, match=r"row 3: .*Nothing was stored") as refused:
        upload(house, bad)
    assert refused.value.where == "row 3"
    done = upload_photometry(house, ANN, bad, UploadOptions(**OPTIONS, skip_invalid=True, file="a.csv"))
    assert (done.read, done.stored, [r["record"] for r in done.rejected]) == (3, 2, [3])
    assert done.rejected[0]["file"] == "a.csv"


def test_unknown_filters_are_left_out_only_if_that_is_said(house: Database) -> None:
    table = pa.concat_tables([curve(20.0), curve(20.0, start=60001).set_column(1, "filter", pa.array(["clear"]))])
    with pytest.raises(InvalidInput, match="'clear'"):
        upload(house, table)
    assert upload(house, table, skip_unknown_filters=True)["stored"] == 1


def test_an_object_is_made_once_with_its_position(house: Database) -> None:
    done = upload_photometry(
        house, ANN, curve(20.0, 21.0, ra=[30.0, 30.1], dec=[-5.0, -5.1]), UploadOptions(object_id="ours")
    )
    assert done.new_objects == ["ours"]
    assert upload_photometry(house, ANN, curve(20.0, start=59000), UploadOptions(object_id="ours")).new_objects == []
    [row] = house.reader.rows(ANN, "SELECT ra, dec FROM @objects WHERE object_id = 'ours'")
    assert (row["ra"], row["dec"]) == (30.0, -5.0)
    assert photometry_table(house, ANN, "ours")["ra"].to_pylist() == [None, 30.0, 30.1]


def test_the_same_again_is_a_duplicate_and_another_value_a_reduction(house: Database) -> None:
    assert upload(house, curve(20.0, 20.5, 21.0)) == {"stored": 3, "revised": 0, "duplicates": 0}
    assert upload(house, curve(20.0, 20.5, 21.0, 21.5)) == {"stored": 1, "revised": 0, "duplicates": 3}
    assert upload(house, curve(20.0, 20.4, 21.0)) == {"stored": 0, "revised": 1, "duplicates": 2}
    assert photometry_table(house, ANN, "ours")["mag"].to_pylist() == pytest.approx([20.0, 20.4, 21.0, 21.5])
    versions = photometry_history(house, ANN, "ours").select(["mjd", "version", "given_value", "known_until", "owner"])
    rows = [r for r in versions.to_pylist() if r["mjd"] == 60001.0]
    assert [(r["version"], r["given_value"], r["known_until"] is None) for r in rows] == [
        (1, 20.5, False),
        (2, 20.4, True),
    ]
    assert {r["owner"] for r in rows} == {"ann"}


def test_what_was_known_earlier_stays_readable(house: Database) -> None:
    upload(house, curve(20.0))
    [first] = house.reader.rows(ADMINISTRATOR, "SELECT max(known_at) AS at FROM @photometry")
    upload(house, curve(19.0))
    from datetime import UTC

    assert photometry_table(house, ANN, "ours", first["at"].replace(tzinfo=UTC))["mag"].to_pylist() == [20.0]
    assert photometry_table(house, ANN, "ours")["mag"].to_pylist() == [19.0]


def test_two_measurements_at_one_time_are_two_points(house: Database) -> None:
    twice = pa.concat_tables([curve(12.4), curve(12.8), curve(12.4)])
    assert upload(house, twice) == {"stored": 2, "revised": 0, "duplicates": 1}
    assert upload(house, twice) == {"stored": 0, "revised": 0, "duplicates": 3}
    rows = photometry_history(house, ANN, "ours").to_pylist()
    assert [(r["given_value"], r["repeat"]) for r in rows] == [(12.4, 0), (12.8, 1)]
    corrected = pa.concat_tables([curve(12.4), curve(12.9)])
    assert upload(house, corrected) == {"stored": 0, "revised": 1, "duplicates": 1}


@pytest.mark.parametrize("column", ["filter", "origin", "instrument"])
def test_other_filters_origins_and_instruments_are_other_points(house: Database, column: str) -> None:
    upload(house, curve(20.0))
    table = curve(20.0)
    other = {"filter": "ztfg", "origin": "forced", "instrument": "another"}[column]
    names = [n for n in table.column_names if n != column]
    assert upload(house, table.select(names).append_column(column, pa.array([other])))["stored"] == 1


def test_nobody_supersedes_or_learns_of_another_group_s_points(house: Database) -> None:
    upload(house, curve(20.0))
    assert upload(house, curve(20.0), BOB)["stored"] == 1
    assert upload(house, curve(19.0), BOB)["revised"] == 1
    assert photometry_table(house, ANN, "ours")["mag"].to_pylist() == [20.0]
    assert photometry_table(house, BOB, "ours")["mag"].to_pylist() == [19.0]
    assert len(photometry_table(house, ADMINISTRATOR, "ours")) == 2


@pytest.mark.parametrize("more", [0, 30])
def test_points_of_an_object_are_for_those_of_ones_groups_that_see_it(house: Database, more: int) -> None:
    both = Viewer("both", frozenset({"transients", "bursts"}), scopes=ANN.scopes)
    upload(house, curve(20.0))
    objects = ["ours", "ZTF26public", *(f"new{n}" for n in range(more))]
    days = [59000.0 + n for n in range(len(objects))]
    same = {"filter": "ztfr", "mag": 19.0, "magerr": 0.1}
    points = pa.table(
        {"object_id": objects, "mjd": days, **{name: [value] * len(days) for name, value in same.items()}}
    )
    before = house.version()
    upload(house, points, both, object_id=None)
    seen = {
        viewer.name: {name for name in objects if _count_of(house, viewer, name, 19.0)} for viewer in (ANN, BOB, both)
    }
    assert seen == {"ann": set(objects), "bob": set(objects) - {"ours"}, "both": set(objects)}
    changes = "SELECT payload FROM @changes WHERE kind = 'photometry' AND seq > ?"
    told = [row["payload"] for row in house.reader.rows(BOB, changes, [before])]
    assert not any('"ours"' in payload for payload in told)
    assert sum(json.loads(payload).get("objects", 1) for payload in told) == len(objects) - 1
    upload(house, curve(18.0), both, groups=["bursts"])
    assert _count_of(house, BOB, "ours", 18.0)


def _count_of(db: Database, viewer: Viewer, object_id: str, mag: float) -> int:
    """How many points of this magnitude a viewer sees."""
    return photometry_table(db, viewer, object_id)["mag"].to_pylist().count(mag)


def test_a_dry_run_stores_nothing_and_says_what_would_be(house: Database) -> None:
    before = count(house)
    dry = upload_photometry(house, ANN, curve(20.0, 21.0), UploadOptions(**OPTIONS, dry_run=True))
    assert (dry.stored, dry.new_objects, dry.upload_id, count(house)) == (2, ["ours"], None, before)
    done = upload_photometry(house, ANN, curve(20.0, 21.0), UploadOptions(**OPTIONS))
    assert (done.stored, done.new_objects) == (dry.stored, dry.new_objects)
    stored = {r["mjd"]: r for r in photometry_history(house, ANN, "ours").to_pylist()}
    for row in dry.rows:
        kept = stored[row["mjd"]]
        for name in (
            "flux",
            "fluxerr",
            "filter",
            "instrument",
            "origin",
            "given_value",
            "given_system",
            "repeat",
            "version",
        ):
            assert row[name] == kept[name]
        assert row["mag"] == pytest.approx(kept["mag"], rel=1e-6)


_mags = st.lists(st.sampled_from([19.0, 19.5, 20.0, 20.5]), min_size=1, max_size=5)


@given(st.lists(_mags, min_size=1, max_size=4))
def test_every_row_is_accounted_for_and_the_last_word_counts(
    shared_house: Database, uploads: list[list[float]]
) -> None:
    name = f"any{next(_numbers)}"
    for mags in uploads:
        done = upload(shared_house, curve(*mags), object_id=name)
        assert sum(done.values()) == len(mags)
    found = photometry_table(shared_house, ANN, name)["mag"].to_pylist()
    expected: dict[int, float] = {}
    for mags in uploads:
        expected |= dict(enumerate(mags))
    assert found == pytest.approx(list(expected.values()))


_numbers = iter(range(10**6))


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from skyhub.service import open_database
    from support.houses import add_house

    with open_database(tmp_path_factory.mktemp("uploads") / "data") as db:
        add_house(db)
        yield db


def _post(served: Served, viewer: Viewer, body: Any, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {served.token_of(viewer)}"}
    return httpx.post(f"{served.url}/api/photometry", headers=headers, trust_env=False, json=body, **options)


@pytest.mark.parametrize(
    "body",
    [
        [], "text", {"object_id": "x"}, {"rows": []}, {"rows": [1]}, {"columns": {"mjd": [1, 2], "mag": [1]}}, {"rows": 3},
        {"rows": [{"mjd": 6e4}], "no_such_option": 1}, {"rows": [{"mjd": 6e4, "mag": 1}], "nsigma": -1},
    ],
)  # fmt: skip
def test_a_body_that_is_no_upload_is_refused(served: Served, body: Any) -> None:
    answer = _post(served, ANN, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_input"


def test_json_through_the_api(served: Served) -> None:
    detection = {"mjd": 60000.0, "filter": "ztfg", "mag": 20.0, "magerr": 0.1}
    rows = [detection, {"mjd": 60001.0, "filter": "ztfg", "limiting_mag": 21.0}]
    done = _post(served, ANN, {"rows": rows, **OPTIONS}).json()
    assert (done["read"], done["stored"], done["objects"]) == (2, 2, 1)
    columns = {name: [row.get(name) for row in rows] for name in ("mjd", "filter", "mag", "magerr", "limiting_mag")}
    assert _post(served, ANN, {"columns": columns, **OPTIONS}).json()["duplicates"] == 2
    assert _post(served, VISITOR, {"rows": rows, **OPTIONS}).status_code == 403


def test_frames_of_every_library_through_the_client(served: Served) -> None:
    import pandas as pd
    import polars as pl
    from astropy.table import Table

    measured = {"mag": [20.0, np.nan], "magerr": [0.1, np.nan], "maglim": [21.0, 21.5]}
    columns = {"mjd": [60000.0, 60001.0], "filter": ["ztfg", "ztfr"], **measured}
    with served.sky(ANN) as sky:
        assert sky.upload_photometry(columns, "ours", ra=1, dec=2)["stored"] == 2
        for frame in (pd.DataFrame(columns), pl.DataFrame(columns), Table(columns), pa.table(columns)):
            assert sky.upload_photometry(frame, "ours")["duplicates"] == 2
        own = sky.photometry("ours")
        assert sky.upload_photometry(own, "ours")["duplicates"] == 2
        assert sky.statistics("ours")["n_detections"] == 1
        assert sky.upload_photometry({**columns, "mag": [19.9, np.nan]}, "ours")["revised"] == 1
        assert len(sky.photometry("ours", versions="all")) == 3
        with pytest.raises(InvalidInput, match="no table"):
            sky.upload_photometry(3, "ours")
        with pytest.raises(NotFound):
            sky.statistics("theirs")
    with served.sky(VISITOR) as sky, pytest.raises(NotFound):
        sky.photometry("ours", versions="all")


def test_what_one_says_of_a_point_has_versions(served: Served) -> None:
    with served.sky(ANN) as sky:
        sky.upload_photometry(curve(20.0), "ours", ra=1, dec=2)
        point = sky.photometry("ours", versions="all").to_rows()[0]["photometry_id"]
        added = sky.photometry_validations.add(photometry_id=point, validated=False, explanation="satellite")
        number = added["photometry_validation_id"]
        edited = sky.photometry_validations.edit(number, validated=True, explanation="no satellite")
        assert (edited["version"], edited["validated"]) == (2, True)
        assert [r["explanation"] for r in sky.photometry_validations.history(number)] == ["satellite", "no satellite"]
    with served.sky(BOB) as sky, pytest.raises(NotFound, match="no point"):
        sky.photometry_validations.add(photometry_id=point, validated=False)


def _command(data_dir: Path, *arguments: str) -> tuple[int, Any]:
    done = run_skyhub(*arguments, "--json", data_dir=data_dir)
    return done.status, json.loads(done.stdout)


def test_the_command_stores_once_and_says_so(tmp_path: Path, shared: Path) -> None:
    path = str(shared / "photometry" / "skyportal" / "ZTFrlh6cyjh_ATLAS.csv")
    status, done = _command(tmp_path / "data", "ingest", "photometry", path, "--object", "ZTFrlh6cyjh")
    assert (status, done["read"], done["stored"], done["duplicates"], done["objects"]) == (0, 384, 384, 0, 1)
    status, again = _command(tmp_path / "data", "ingest", "photometry", path, "--object", "ZTFrlh6cyjh")
    assert (status, again["stored"], again["duplicates"]) == (0, 0, 384)


def test_the_command_names_what_it_refuses(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("mjd,filter,mag,magerr\n60000,ztfg,20,0.1\n60001,clear,20,0.1\n")
    status, done = _command(
        tmp_path / "data", "ingest", "photometry", str(bad), "--object", "X", "--ra", "1", "--dec", "2"
    )
    assert (status, done["stored"]) == (2, 0)
    assert [(r["file"], r["record"]) for r in done["rejected"]] == [(str(bad), 2)]
    assert "clear" in done["rejected"][0]["reason"]
    options = ["--object", "X", "--ra", "1", "--dec", "2", "--band", "clear=ztfr"]
    assert _command(tmp_path / "data", "ingest", "photometry", str(bad), *options)[1]["stored"] == 2
    assert _command(tmp_path / "data", "ingest", "photometry", str(tmp_path / "no.csv"))[0] == 2


def test_the_command_shows_all_points_or_one_of_each_exposure(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("mjd,filter,mag,magerr\n59801.4,ztfg,12.4,0.3\n59801.4,ztfg,12.8,0.3\n")
    data = tmp_path / "data"
    _command(data, "ingest", "photometry", str(points), "--object", "twice", "--ra", "1", "--dec", "2")
    shown = {rule: _command(data, "photometry", "twice", "--duplicates", rule)[1]["rows"] for rule in ("all", "newest")}
    assert [round(row["mag"], 4) for row in shown["all"]] == [12.4, 12.8]
    assert [round(row["mag"], 4) for row in shown["newest"]] == [12.8]
    status, done = _command(data, "photometry", "twice", "--as-of", "2020-01-01")
    assert (status, done["error"]["code"]) == (2, "not_found")
