"""Others' lists of telescopes and instruments, detectors' files, and the commands that bring them in."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.facilities import datetime_of_gps, ingest_facilities, merged, read_intervals, read_spectrum
from support.commands import skyhub

KNOWN = {"name", "nickname", "latitude", "longitude", "elevation", "fixed_location", "aliases", "telescope", "footprint",
         "type", "configuration"}  # fmt: skip


@pytest.mark.parametrize("text", ["", "a: b", "- 1\n- 2", "[", "\x00", "!!python/object/apply:os.system ['true']"])
def test_files_that_are_no_list(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(text)
    summary = ingest_facilities(path, "telescopes", KNOWN, lambda fields: "added")
    assert [r.record for r in summary.rejected] == [None]
    assert summary.stored == 0


def test_others_names_are_translated_and_the_rest_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(
        "- {name: A, =id: =X, telescope_id: =P48, type: imager, api_classname: API, field_fov_type: rectangle,"
        " field_fov_attributes: [3, 2], configuration_data: {filt_change_time: 60}}\n"
        "- {name: A}\n"
        "- {name: B, field_fov_type: circle, field_fov_attributes: 1.5}\n"
    )
    taken: list[dict[str, Any]] = []

    def add(fields: dict[str, Any]) -> str:
        taken.append(fields)
        return "added"

    summary = ingest_facilities(path, "instruments", KNOWN, add)
    assert summary.unknown_keys == ["api_classname"]
    assert (summary.read, summary.stored, [r.record for r in summary.rejected]) == (3, 2, [2])
    assert taken[0] == {
        "name": "A",
        "telescope": "P48",
        "type": "imager",
        "footprint": "icrs\nbox(0,0,3,2,0)",
        "configuration": {"filter_change": 60},
    }
    assert taken[1]["footprint"] == "icrs\ncircle(0,0,1.5)"


def test_what_a_list_does_not_say_stays() -> None:
    before = {"filters": ["a", "b"], "sensitivity": {"a": {}, "b": {}}, "footprint": "box"}
    record = merged(before, {"filters": ["b"]})
    assert record == {"filters": ["b"], "sensitivity": {"b": {}}, "footprint": "box"}


@given(st.datetimes(datetime(1981, 1, 1), datetime(2030, 1, 1)))
def test_gps_times_are_astropys(moment: datetime) -> None:
    seconds = float(Time(moment, scale="utc").gps)
    assert abs((datetime_of_gps(seconds) - moment.replace(tzinfo=UTC)).total_seconds()) < 1e-3


@pytest.mark.parametrize("text", ["1 2 3 x\n", "5\n", "1 20 10 -10\n", "1 -5 5 10\n"])
def test_intervals_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "intervals.txt"
    path.write_text(text)
    with pytest.raises(InvalidInput):
        list(read_intervals(path))


def test_real_series_of_detectors(shared: Path) -> None:
    survey = shared / "survey" / "skyportal"
    intervals = list(read_intervals(survey / "H1L1_O3_time_intervals.txt"))
    assert len(intervals) == 5
    assert intervals[0]["start_time"].startswith("2019-03-29T07:34:05")
    spectrum = read_spectrum(survey / "aligo_O4high_noise_spectrum.txt")
    assert len(spectrum["frequency"]) == len(spectrum["amplitude"]) > 2000
    with pytest.raises(InvalidInput):
        read_spectrum(survey / "ZTF_Region.reg")


@pytest.mark.slow
def test_the_commands(shared: Path, tmp_path: Path) -> None:
    survey, data = shared / "survey" / "skyportal", tmp_path / "data"
    told = partial(skyhub, data_dir=data)
    done = told("ingest", "telescopes", survey / "telescopes.yaml")
    assert (done["read"], len(done["rejected"])) == (79, 3)
    done = told("ingest", "instruments", survey / "instruments.yaml")
    assert (done["read"], done["rejected"], done["unknown_keys"]) == (87, [], ["api_classname"])
    again = told("ingest", "instruments", survey / "instruments.yaml")
    assert (again["stored"], again["duplicates"]) == (0, 87)
    grid = ("ingest", "fields", survey / "ZTF_Fields.csv", "--instrument")
    done = told(*grid, "ZTF", "--footprint", survey / "ZTF_Region.reg")
    assert {k: done[k] for k in ("read", "stored", "duplicates", "rejected")} == {
        "read": 1778, "stored": 1778, "duplicates": 0, "rejected": [],
    }  # fmt: skip
    assert told(*grid, "Nope", status=2)["error"]["code"] == "not_found"
    done = told(*grid, "OurCam", "--telescope", "Blanco", "--filters", "desg,desr")
    assert done["stored"] == 1778
    assert told("ingest", "fields", survey / "ZTF_Region.reg", "--instrument", "ZTF", status=2)["rejected"]
    done = told("ingest", "detector", survey / "H1L1_O3_time_intervals.txt", "--detector", "H1")
    assert (done["read"], done["stored"]) == (5, 5)
