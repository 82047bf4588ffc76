"""Exports of plans, read back: tables, the queue of ZTF, the text of a circular."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from planning_support import OBSERVATION, PLAN
from regions import Regions
from skyhub.adapters.telescopes import Program
from skyhub.circulars import lint, read_circular
from skyhub.client import Sky
from skyhub.client._plans import Plan
from skyhub.db import ADMINISTRATOR
from skyhub.errors import InvalidInput, NotFound, Unavailable
from skyhub.facilities import read_grid
from skyhub.pictures import picture_of
from skyhub.planning import EXPORT_FORMATS, circular_of_plan, export_plan
from support.houses import OTHER
from support.services import Served

ROWS = [
    {**OBSERVATION, "filter": "g", "bandpass": "ztfg"},
    {**OBSERVATION, "field_id": 8, "ra": 161.8, "dec": -3.25, "start": "2020-03-17T03:01:00.000"},
    {**OBSERVATION, "start": "2020-03-17T03:40:00.000", "exposure_s": 60.0},
]
SHOWN = {**PLAN, "name": "S200316bj", "n_fields": 2, "n_observations": 3, "observations": ROWS}


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_nothing_is_no_export(form: str) -> None:
    with pytest.raises(InvalidInput, match="nothing to export"):
        export_plan({**SHOWN, "observations": []}, form)


def test_unknown_formats_and_filters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="csv, json, ecsv, ztf, rubin, gcn, ds9 are permitted"):
        export_plan(SHOWN, "pdf")
    with pytest.raises(InvalidInput, match="sdssu is none of ZTF's: ztfg, ztfr, ztfi"):
        export_plan({**SHOWN, "observations": [{**OBSERVATION, "bandpass": "sdssu"}]}, "ztf")
    with pytest.raises(InvalidInput, match="pi is no part of a program"):
        Plan(SHOWN).export("ztf", tmp_path / "queue.json", pi="A. Person")
    assert not list(tmp_path.iterdir())


def test_tables_hold_every_observation() -> None:
    rows = list(csv.DictReader(io.StringIO(export_plan(SHOWN, "csv").decode())))
    assert [
        {**r, **{k: float(r[k]) for k in ("ra", "dec", "exposure_s")}, "field_id": int(r["field_id"])} for r in rows
    ] == ROWS
    assert json.loads(export_plan(SHOWN, "json")) == SHOWN
    table = Table.read(export_plan(SHOWN, "ecsv").decode(), format="ascii.ecsv")
    assert [str(table[name].unit) for name in ("ra", "dec", "exposure_s")] == ["deg", "deg", "s"]
    assert table["start"].isot.tolist() == [row["start"] for row in ROWS]
    assert np.array_equal(table["field_id"], [7, 8, 7])
    assert (table.meta["probability"], table.meta["telescope"]) == (0.5, "P48")


def test_the_queue_is_as_ztf_takes_it() -> None:
    queue = json.loads(Plan(SHOWN).export("ztf", program_id=3, program_pi="Person", subprogram_name="ToO_EMGW"))
    begin, end = queue["validity_window_mjd"]
    assert (queue["queue_name"], queue["queue_type"]) == ("ToO_20200317T030000", "list")
    assert begin == pytest.approx(58_925.125, abs=1e-9)
    assert (end - begin) * 1440 == pytest.approx(41, abs=1e-5)
    assert [t["filter_id"] for t in queue["targets"]] == [1, 2, 2]
    assert queue["targets"][2] == {
        "request_id": 3, "program_id": 3, "program_pi": "Person", "field_id": 7, "ra": 160.0, "dec": 10.0, "filter_id": 2,
        "exposure_time": 60.0, "subprogram_name": "ToO_EMGW",
    }  # fmt: skip


def test_a_circular_tells_fields_bands_seconds_area_and_probability() -> None:
    text = export_plan(SHOWN, "gcn").decode("ascii")
    flat = " ".join(text.split())
    assert "two fields of S200316bj with ZTF at P48, from 2020-03-17 03:00:00 to 2020-03-17 03:41:00 UTC" in flat
    assert "4.0 square degrees" in flat
    assert "enclose 50.0% of the probability" in flat
    assert "Exposures last 30 and 60 s in g and r; there are 3." in flat
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.count("|") == 5]
    assert lines[1:] == [
        ["7", "160.0000", "+10.0000", "g,r", "90", "2020-03-17 03:00:00"],
        ["8", "161.8000", "-3.2500", "r", "30", "2020-03-17 03:01:00"],
    ]
    assert [f for f in lint(read_circular(text.encode())) if f.severity == "error"] == []


@given(st.text(min_size=1, max_size=100), st.integers(1, 300))
def test_circulars_are_narrow_ascii(name: str, count: int) -> None:
    rows = [{**OBSERVATION, "field_id": 10**6 + n, "ra": 359.9, "dec": -89.9} for n in range(count)]
    draft = circular_of_plan({**SHOWN, "name": name, "observations": rows})
    assert draft.text().isascii()
    assert all(len(line) <= 80 for line in draft.body.splitlines() if " " in line.strip())


def test_kept_plans_are_served_as_files(sky: Sky) -> None:
    number = sky.plans.add(name="S200316bj", **{**PLAN, "observations": ROWS})["plan_id"]
    path = f"/api/plans/{number}/export"
    loaded = sky.plans.load(number)
    for form in EXPORT_FORMATS:
        given: dict[str, Any] = {"program_id": 1} if form == "ztf" else {}
        served = sky.transport.get_bytes(path, format=form, **given)
        assert served == loaded.export(form, **given) or form == "ds9"
        assert served.count(b"text={") == (2 if form == "ds9" else 0)
    with pytest.raises(InvalidInput):
        sky.transport.get_bytes(path, format="pdf")
    with pytest.raises(InvalidInput):
        sky.transport.get_bytes(path, format="ztf", program_id=9)


def test_regions_are_read_back_as_outlines_or_points() -> None:
    square = [[160.0, 10.0], [161.0, 10.0], [161.0, 11.0], [160.0, 11.0]]
    text = export_plan(SHOWN, "ds9", fields=[{"field_id": 7, "outline": square}]).decode("ascii")
    first, second = Regions.parse(text, format="ds9")
    assert np.column_stack([first.vertices.ra.deg, first.vertices.dec.deg]) == pytest.approx(np.array(square))
    assert (first.meta["text"], first.meta["tag"]) == (7, ["g,r"])
    assert (second.center.ra.deg, second.center.dec.deg) == pytest.approx((161.8, -3.25))
    assert second.meta["text"] == 8


def test_the_list_for_rubin_is_what_its_queue_is_told() -> None:
    found = json.loads(export_plan(SHOWN, "rubin", Program(subprogram_name="ToO_BNS")))
    assert (found["name"], found["program"]) == ("S200316bj", "ToO_BNS")
    assert [(row["field_id"], row["filter"]) for row in found["targets"]] == [
        (r["field_id"], r["filter"]) for r in ROWS
    ]
    assert found["end_mjd"] - found["targets"][-1]["start_mjd"] == pytest.approx(60 / 86_400, abs=1e-8)


@pytest.fixture(scope="module")
def drawn(still: Served, shared: Path) -> Iterator[tuple[Sky, str]]:
    """A short plan of S190425z with ZTF that is kept."""
    with still.sky(ADMINISTRATOR) as sky:
        survey = shared / "survey/skyportal"
        fields = read_grid(survey / "ZTF_Fields.csv").fields[300:800]
        grid = [{"field_id": field.field_id, "ra": field.ra, "dec": field.dec} for field in fields]
        sky.instruments.set_fields("ZTF", grid, (survey / "ZTF_Square_Region.reg").read_text())
        content = (shared / "skymaps/S190425z_GW190425_bayestar.fits.gz").read_bytes()
        number = sky.localizations.add(content, name="bayestar", groups=["transients"])["localization_id"]
        wishes = {"hours": 24, "method": "preview", "max_fields": 6}
        plan = sky.plans.draft(number, "ZTF", "2019-04-25T08:18:05", ["g", "r"], **wishes)
        yield sky, str(sky.plans.save(plan, "S190425z, first night", groups=["transients"])["plan_id"])


def test_a_kept_plan_is_drawn_as_pages(drawn: tuple[Sky, str], tmp_path: Path) -> None:
    sky, number = drawn
    content = sky.plans.export(number, "pdf", tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").read_bytes() == content
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", content)) == 2
    assert len(content) < 1_000_000


def test_a_kept_plan_is_drawn_as_an_animation(drawn: tuple[Sky, str]) -> None:
    sky, number = drawn
    content = sky.plans.export(number, "gif")
    assert len(content) < 1_000_000
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.n_frames) == ("GIF", 12)
        first = np.asarray(picture.convert("RGB")).astype(int)
        picture.seek(picture.n_frames - 1)
        last = np.asarray(picture.convert("RGB")).astype(int)
    assert (np.abs(last - first).sum(axis=2) > 30).sum() > 200


def test_pictures_are_for_who_may_see_the_plan(drawn: tuple[Sky, str], still: Served) -> None:
    sky, number = drawn
    with still.sky(OTHER) as his:
        for form in ("pdf", "gif"):
            with pytest.raises(NotFound):
                his.plans.export(number, form)
    with pytest.raises(InvalidInput, match="format"):
        sky.plans.export(number, "doc")
    alone = sky.plans.add(name="of a file", groups=["transients"], **PLAN)["plan_id"]
    with pytest.raises(InvalidInput, match="made from a file"):
        sky.plans.export(alone, "pdf")


def test_what_takes_too_long_or_fails_is_told() -> None:
    with pytest.raises(Unavailable, match="could not be drawn"):
        picture_of("pdf", {})
    with pytest.raises(Unavailable, match="took more than"):
        picture_of("gif", {}, seconds=0.01)
