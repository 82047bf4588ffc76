"""Tables and files of the field become points; what cannot be used is refused with its row and a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.photometry import UploadOptions, arrow_of_astropy, photometry_files, read_photometry_file
from skyhub.photometry._columns import NAMES, flux_unit_of, recognised
from skyhub.photometry._points import Points, points_of
from skyhub.science.bandpasses import bandpass
from skyhub.science.photometry import flux_from_mag

ROW: dict[str, Any] = {
    "mjd": 60000.0,
    "filter": "ztfg",
    "mag": 20.0,
    "magerr": 0.1,
    "limiting_mag": 21.0,
    "magsys": "ab",
}


def points(*rows: dict[str, Any], **options: Any) -> Points:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})
    return points_of(table, UploadOptions(**{"object_id": "X", **options}))


def reason(row: dict[str, Any], **options: Any) -> str:
    found = points(ROW, row, **options)
    assert [p.record for p in found.problems] == [2]
    assert len(found) == 1
    return found.problems[0].reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mjd": None}, "mjd is None"), ({"mjd": 815.6}, "mjd is 815.6"), ({"mjd": float("inf")}, "mjd"),
        ({"filter": None}, "no filter"), ({"filter": "g"}, "'g' is not known"), ({"filter": "clear"}, "'clear'"),
        ({"magerr": None}, "magerr is missing"), ({"magerr": 0.0}, "magerr is 0"), ({"magerr": -0.1}, "must be positive"),
        ({"mag": None}, "magerr is given and mag is not"),
        ({"mag": None, "magerr": None, "limiting_mag": None}, "nothing is measured"),
        ({"magsys": "stmag"}, "'stmag' is not known"), ({"filter": "radio-3GHz", "magsys": "vega"}, "no Vega magnitudes"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_says_why(change: dict[str, Any], said: str) -> None:
    assert said in reason({**ROW, **change})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fluxerr": None}, "fluxerr is nan"), ({"fluxerr": 0.0}, "fluxerr is 0"), ({"zp": None}, "zero point"),
        ({"flux": None, "fluxerr": None}, "nothing is measured"), ({"filter": "bessellb", "magsys": None}, "system is missing"),
    ],
)  # fmt: skip
def test_a_flux_that_cannot_be_used_says_why(change: dict[str, Any], said: str) -> None:
    good = {"mjd": 60000.0, "filter": "ztfg", "flux": 10.0, "fluxerr": 1.0, "zp": 25.0, "magsys": "ab"}
    found = points(good, {**good, **change})
    assert said in found.problems[0].reason


@pytest.mark.parametrize(("ra", "dec"), [(10.0, None), (None, 5.0), (400.0, 5.0), (10.0, -91.0)])
def test_half_a_position_is_none(ra: float | None, dec: float | None) -> None:
    assert "deg are permitted" in reason({**ROW, "ra": ra, "dec": dec})


def test_points_without_an_object_are_refused() -> None:
    found = points_of(pa.table({k: [v] for k, v in ROW.items()}), UploadOptions())
    assert "no object is named" in found.problems[0].reason


@pytest.mark.parametrize(
    "columns", [["a", "b"], ["mjd", "seeing"], ["Time(s)", "mag"], ["time since trigger", "mag"], []]
)
def test_a_table_without_time_or_measurement_is_refused(columns: list[str]) -> None:
    with pytest.raises(InvalidInput, match="no column is a"):
        recognised(columns)


@given(st.data())
def test_any_name_of_a_column_is_understood(data: st.DataObject) -> None:
    ours = data.draw(st.sampled_from(sorted(NAMES)))
    theirs = data.draw(st.sampled_from(NAMES[ours]))
    shape = data.draw(
        st.sampled_from([str.upper, str.title, str.lower, lambda n: f" {n} ", lambda n: f"{n[:2]}_{n[2:]}"])
    )
    columns = [
        shape(theirs),
        *(["mjd"] if ours not in ("mjd", "jd", "time") else []),
        *(["mag"] if ours != "mag" else []),
    ]
    assert recognised(columns)[ours] == shape(theirs)


@pytest.mark.parametrize(
    ("column", "unit"),
    [("flux", None), ("flux_uJy", "uJy"), ("flux_density(mjy)", "mJy"), ("Flux [Jy]", "Jy"), ("uJy", "uJy")],
)
def test_units_in_names_of_columns(column: str, unit: str | None) -> None:
    assert flux_unit_of(column) == unit


def test_values_are_kept_as_they_were_given() -> None:
    row = {"mjd": 60000.0, "filter": "ztfg", "mag": 21.0, "magerr": 0.2, "limiting_mag": 22.3, "magsys": "Vega"}
    found = points(row).columns
    offset = bandpass("ztfg").vega_offset
    assert offset is not None
    assert (found["given_value"][0], found["given_error"][0], found["given_limit"][0]) == (21.0, 0.2, 22.3)
    assert (found["given_unit"][0], found["given_system"][0]) == ("mag", "vega")
    assert found["mag"][0] == pytest.approx(21.0 + offset, abs=1e-12)
    assert found["flux"][0] == pytest.approx(flux_from_mag(21.0 + offset), rel=1e-12)
    assert found["limiting_nsigma"][0] == 3.0


def test_counts_keep_their_zero_point() -> None:
    found = points(
        {"mjd": 60000.0, "filter": "ztfg", "flux": 12.24, "fluxerr": 0.031, "zp": 25.0, "magsys": "ab"}
    ).columns
    assert found["flux"][0] == pytest.approx(12.24 * 10**-0.44, rel=1e-12)
    assert (found["given_value"][0], found["given_unit"][0], found["given_zp"][0]) == (12.24, "count", 25.0)


def test_scalars_hold_for_all_rows_that_say_nothing_else() -> None:
    rows = [{"mjd": 60000.0 + n, "mag": 20.0, "magerr": 0.1, "band": None if n else "sdssi"} for n in range(3)]
    found = points(*rows, filter="ztfr", magsys="vega", instrument="my camera", origin="mine", object_id="Y").columns
    assert found["filter"].tolist() == ["sdssi", "ztfr", "ztfr"]
    assert set(found["instrument"]) == {"my camera"}
    assert (set(found["origin"]), set(found["object_id"]), set(found["given_system"])) == ({"mine"}, {"Y"}, {"vega"})


@pytest.mark.parametrize("nsigma", [None, 3.0, 5.0, 2.0])
def test_limits_come_out_as_they_went_in(nsigma: float | None) -> None:
    row = {"mjd": 60000.0, "filter": "ztfg", "limiting_mag": 22.3, "limiting_mag_nsigma": nsigma}
    found = points(row).columns
    assert (found["limiting_mag"][0], found["limiting_nsigma"][0]) == (22.3, nsigma or 3.0)
    assert found["fluxerr"][0] == pytest.approx(10 ** (-0.4 * (22.3 - 23.9)) / (nsigma or 3.0))


def test_survey_depths_are_five_sigma() -> None:
    found = points({"mjd": 60000.0, "fid": 2, "diffmaglim": 20.5, "oid": "ZTF1"}).columns
    assert (found["limiting_nsigma"][0], found["filter"][0], found["object_id"][0]) == (5.0, "ztfr", "ZTF1")


def test_negative_differences_are_negative_fluxes() -> None:
    rows = [
        {"mjd": 6e4, "fid": 1, "magpsf": 20.0, "sigmapsf": 0.1, "isdiffpos": sign}
        for sign in ("t", "f", "1", "-1", "true")
    ]
    assert np.sign(points(*rows).columns["flux"]).tolist() == [1, -1, 1, -1, 1]


def test_an_infinite_error_or_a_flag_marks_a_limit() -> None:
    rows = [{**ROW, "magerr": float("inf"), "limiting_mag": None}, {**ROW, "upperlimit": True, "limiting_mag": None}]
    found = points(*rows).columns
    assert np.isnan(found["flux"]).all()
    assert found["limiting_mag"].tolist() == [20.0, 20.0]


def test_errors_can_be_supplied_and_are_not_said_to_be_given() -> None:
    found = points({**ROW, "magerr": None}, default_error=0.3).columns
    assert found["magerr"][0] == 0.3
    assert np.isnan(found["given_error"][0])


@pytest.mark.parametrize(
    "time", [60000.25, 2460000.75, "2023-02-25T06:00:00", "2023-02-25 06:00:00Z", "2023/02/25 06:00:00", "60000.25"]
)
def test_times_in_many_forms(time: Any) -> None:
    row = {k: v for k, v in ROW.items() if k != "mjd"}
    assert points({**row, "time": time}).columns["mjd"][0] == pytest.approx(60000.25, abs=1e-8)


def test_filters_can_be_said_to_stand_for_others() -> None:
    assert points({**ROW, "filter": "g"}, bands={"g": "sdssg"}).columns["filter"].tolist() == ["sdssg"]
    assert points({**ROW, "filter": "g"}, instrument="ZTF").columns["filter"].tolist() == ["ztfg"]


def test_nothing_at_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nothing at"):
        list(photometry_files([tmp_path / "nothing.csv"]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n",
        "1,2\n3,4\n",
        "mjd,mag\n1,2,3\n",
        '{"mjd": 1}',
        "PAR1 not parquet",
        "SIMPLE  = broken",
        "\x00\x01\x02",
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput):
        read_photometry_file(path)


def _written(tmp_path: Path, form: str) -> Path:
    from astropy import units as u
    from astropy.table import QTable

    table = QTable(
        {
            "mjd": [60000.0, 60001.5],
            "band": ["ztfg", "ztfr"],
            "flux": [12.0, 8.0] * u.mJy,
            "fluxerr": [1.0, 0.5] * u.mJy,
        }
    )
    path = tmp_path / f"table.{form}"
    names = {"ecsv": "ascii.ecsv", "vot": "votable", "fits": "fits"}
    if form in names:
        table.write(path, format=names[form])
    elif form == "parquet":
        pa.parquet.write_table(arrow_of_astropy(table), path)
    else:
        with (
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, (arrow := arrow_of_astropy(table)).schema) as writer,
        ):
            writer.write_table(arrow)
    return path


@pytest.mark.parametrize("form", ["ecsv", "vot", "fits", "parquet", "arrow"])
def test_every_format_gives_the_same_points(tmp_path: Path, form: str) -> None:
    found = points_of(read_photometry_file(_written(tmp_path, form)), UploadOptions(object_id="X"))
    assert found.problems == []
    assert found.columns["filter"].tolist() == ["ztfg", "ztfr"]
    assert found.columns["flux"] == pytest.approx([12000.0, 8000.0])
    assert set(found.columns["given_unit"]) == {"mJy"}


def test_atlas_forced_photometry(shared: Path) -> None:
    path = shared / "photometry" / "atlas_forced" / "job01088.txt"
    found = points_of(read_photometry_file(path), UploadOptions(object_id="A"))
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    good = [row for row in rows if row[6] == "0"]
    assert len(found) == len(good) > 100
    assert found.columns["flux"] == pytest.approx([float(row[3]) for row in good])
    assert set(found.columns["origin"]) == {"forced"}
    assert set(found.columns["filter"]) <= {"atlaso", "atlasc"}


def test_ztf_forced_photometry(shared: Path) -> None:
    path = shared / "photometry" / "ztf_forced" / "forcedphotometry_req00149191_lc.txt"
    found = points_of(read_photometry_file(path), UploadOptions(object_id="Z"))
    assert found.problems == []
    assert found.columns["mjd"][0] == pytest.approx(2458207.850081 - 2400000.5)
    assert found.columns["flux"][0] == pytest.approx(100.575168044371 * 10 ** (0.4 * (23.9 - 26.2024)))
    assert (found.columns["filter"][0], found.columns["origin"][0], found.columns["instrument"][0]) == (
        "ztfg",
        "forced",
        "ZTF",
    )
    assert found.columns["ra"][0] == pytest.approx(210.84826655555557)


def test_an_atlas_light_curve_of_magnitudes(shared: Path) -> None:
    table = read_photometry_file(shared / "photometry" / "skyportal" / "ZTFrlh6cyjh_ATLAS.csv")
    found = points_of(table, UploadOptions(object_id="X"))
    assert (len(found), found.problems) == (384, [])


WHOLE = {"skyportal": 13, "ztf_bts_snia": 48, "atlas_forced": 2, "ztf_forced": 2, "alerce": 7, "nmma": 6}
"""Files of the shared data of which every row can be used, by folder; sncosmo's example is another one."""


def test_real_files_are_read_whole_or_say_why_not(shared: Path) -> None:
    whole: dict[str, int] = {}
    refusals: list[str] = []
    for path in sorted(p for p in (shared / "photometry").rglob("*") if p.is_file()):
        folder = path.relative_to(shared / "photometry").parts[0]
        try:
            found = points_of(
                read_photometry_file(path),
                UploadOptions(object_id="X", instrument="ZTF" if folder == "ztf_bts_snia" else None),
            )
        except InvalidInput as error:
            refusals.append(error.message)
            continue
        assert len(found) + len(found.problems) == found.n_read
        assert all(problem.reason for problem in found.problems)
        whole[folder] = whole.get(folder, 0) + (not found.problems)
    assert {folder: whole.get(folder) for folder in WHOLE} == WHOLE
    assert min(map(len, refusals)) > 20
