"""Plans through the service, the client and the command: what is refused, who may use which map, telescopes of all kinds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from planning_support import BOX, GRID, MAP, START
from skyhub.client import Sky, Transport
from skyhub.client._plans import WISHES
from skyhub.db import ADMINISTRATOR
from skyhub.errors import InvalidInput, NotFound
from skyhub.facilities import bandpasses
from skyhub.planning import PlanAsked
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import write_sky_map
from support.commands import skyhub
from support.houses import OTHER, SCANNER
from support.services import Served

KEYS = {"field_id", "ra", "dec", "filter", "bandpass", "start", "exposure_s"}


@pytest.fixture
def content() -> bytes:
    return write_sky_map(MAP)


@pytest.fixture
def gridded(sky: Sky) -> Sky:
    """A house in which ZTF has a small grid and a square camera."""
    sky.instruments.set_fields("ZTF", GRID, BOX)
    return sky


@pytest.mark.parametrize(
    ("instrument", "start", "filters", "wishes", "message"),
    [
        ("ZTF", "yesterday", "r", {"hours": 9}, "start: Input should be a valid datetime"),
        ("ZTF", START, "r", {}, "either the hours that the plan may last or its end"),
        ("ZTF", START, "r", {"hours": 9, "end": "2020-03-18"}, "either the hours"),
        ("ZTF", START, "r", {"end": "2020-03-17T01:00:00"}, "end of the plan is not after its begin"),
        ("ZTF", START, "r", {"hours": -1}, "hours: Input should be greater than 0"),
        ("ZTF", START, "x", {"hours": 9}, "ZTF has no filter 'x': it has ztfg, ztfr, ztfi"),
        ("ZTF", START, "r,ztfr", {"hours": 9}, "name one twice"),
        ("ZTF", START, "r", {"hours": 9, "airmass": 0.5}, "airmass: Input should be greater than or equal to 1"),
        ("ZTF", START, "r", {"hours": 9, "exposure": 0}, "exposure"),
        ("ZTF", START, "g,r", {"hours": 9, "exposure": {"g": 30}}, "no exposure time for the filter r"),
        ("ZTF", "2020-03-17T18:00:00", "r", {"hours": 2}, "the Sun is never below -12 deg"),
        ("ZTF", START, "r", {"hours": 9, "field_ids": [1]}, "ZTF has no field 1"),
        ("ZTF", START, "r", {"hours": 9, "excluded_fields": [1]}, "ZTF has no field 1"),
        ("ZTF", START, "r", {"hours": 9, "pinned_fields": [100], "excluded_fields": [100]}, "pinned and left out"),
        ("ZTF", START, "r", {"hours": 9, "ra_range": (10, 20)}, "no field is left"),
        ("ZTF", START, "r", {"hours": 9, "seeing": 1}, "seeing is no wish: hours, end"),
        ("DBSP", START, "r", {"hours": 9}, "the footprint of DBSP is not known"),
        ("UVOT", START, "uvot::u", {"hours": 9}, "no fixed place on the ground"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    gridded: Sky, content: bytes, instrument: str, start: str, filters: str, wishes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        gridded.plans.draft(content, instrument, start, filters, **wishes)


def test_maps_that_hold_nothing_are_refused(gridded: Sky, content: bytes) -> None:
    zeros = write_sky_map(replace(MAP, density=np.zeros_like(MAP.density)))
    for wrong in (zeros, b"no map"):
        with pytest.raises(InvalidInput, match=r"map|FITS"):
            gridded.plans.draft(wrong, "ZTF", START, "r", hours=9)
    with pytest.raises(InvalidInput, match="either a stored localization or the content"):
        gridded.transport.post("/api/plans/draft", {"instrument": "ZTF", "start": START, "hours": 9, "filters": ["r"]})
    with pytest.raises(NotFound, match="no instrument 'NOPE'"):
        gridded.plans.draft(content, "NOPE", START, "r", hours=9)


def test_wishes_of_the_client_are_those_of_the_service() -> None:
    asked = {"localization_id", "content", "instrument", "start", "filters", "as_of"}
    assert set(WISHES) == PlanAsked.model_fields.keys() - asked


def test_only_who_may_see_a_localization_may_plan_with_it(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        sky.instruments.set_fields("ZTF", GRID, BOX)
    with served.sky(replace(SCANNER, scopes=SCANNER.scopes | {"upload"})) as sky:
        number = sky.localizations.add(write_sky_map(MAP), name="hers")["localization_id"]
        before = datetime.now(UTC)
        mine = sky.plans.draft(number, "ZTF", START, "r", hours=9, method="preview")
        assert mine["probability"] > 0.9
    with served.sky(OTHER) as sky, pytest.raises(NotFound, match=f"no localization {number} among those"):
        sky.plans.draft(number, "ZTF", START, "r", hours=9)
    with served.sky(ADMINISTRATOR) as sky:
        sky.instruments.set_fields("ZTF", GRID[:50], BOX)
        then = sky.plans.draft(number, "ZTF", START, "r", hours=9, method="preview", as_of=before)
        now = sky.plans.draft(number, "ZTF", START, "r", hours=9, method="preview")
    with Sky(Transport(served.url, served.token, before.isoformat())) as sky:
        within_a_report = sky.plans.draft(number, "ZTF", START, "r", hours=9, method="preview")
    assert then["observations"] == within_a_report["observations"] == mine["observations"]
    assert {o["field_id"] for o in now["observations"]} <= {f["field_id"] for f in GRID[:50]}


def test_a_plan_says_what_it_reaches_and_when(gridded: Sky, content: bytes) -> None:
    plan = gridded.plans.draft(content, "ZTF", START, ["g", "r"], hours=9, exposure={"g": 60, "r": 90})
    assert 0.9 < plan["probability"] <= plan["upper_bound"] <= 1
    assert plan["n_observations"] == 2 * plan["n_fields"] == len(plan["observations"])
    assert plan["notes"] == []
    assert all(observation.keys() == KEYS for observation in plan["observations"])
    assert {(o["filter"], o["bandpass"], o["exposure_s"]) for o in plan["observations"]} == {
        ("g", "ztfg", 60.0),
        ("r", "ztfr", 90.0),
    }
    starts = [o["start"] for o in plan["observations"]]
    assert starts == sorted(starts)
    assert starts[0] >= START
    assert len(plan.observations) == plan["n_observations"]
    assert "of at most" in plan.plot().get_title()
    few = gridded.plans.draft(content, "ZTF", START, "r", hours=9, max_fields=2)
    assert few["n_fields"] == 2
    assert repr(few).startswith("<Plan with ZTF: 2 observations of 2 fields")


def test_fields_are_left_out_and_pinned(gridded: Sky, content: bytes) -> None:
    free = gridded.plans.draft(content, "ZTF", START, "r", hours=9, method="preview", max_fields=4)
    seen = {each["field_id"] for each in free["observations"]}
    other = min({each["field_id"] for each in GRID} - seen)
    named = {"excluded_fields": [min(seen)], "pinned_fields": [other]}
    plan = gridded.plans.draft(content, "ZTF", START, "r", hours=9, method="preview", max_fields=4, **named)
    now = {each["field_id"] for each in plan["observations"]}
    assert min(seen) not in now
    assert (other in now) != (f"field {other} is pinned, but cannot get its visits" in plan["notes"])
    assert gridded.plans.explain(plan, content, fields=[min(seen)])["verdict"].to_pylist() == ["excluded"]


def test_a_telescope_without_fields_tiles_by_itself(sky: Sky, content: bytes) -> None:
    sky.instruments.add(
        name="Finder", telescope="P60", type="imager", filters=["sdssr"], footprint="box(0, 0, 1.5, 1.5, 0)"
    )
    plan = sky.plans.draft(content, "Finder", START, "r", hours=9, exposure=60)
    assert plan["probability"] > 0.9
    assert any("tiles the localization by itself" in note for note in plan["notes"])
    assert any("slew_rate is not known" in note for note in plan["notes"])
    point = write_sky_map(skymap_of(Cone(160.0, 10.0, 0.2, 0.9)))
    assert sky.plans.draft(point, "Finder", START, "r", hours=9, credible_level=0.9)["n_fields"] == 1


@pytest.mark.parametrize(
    ("known", "asked", "message"),
    [(["sdssg", "desg"], ["g"], "more than one filter 'g'"), (["ztfg"], ["h"], "no filter 'h'")],
)
def test_filters_that_are_not_one_are_refused(known: list[str], asked: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        bandpasses("X", known, asked)


@pytest.mark.slow
def test_the_command_plans_and_refuses(tmp_path: Path, content: bytes) -> None:
    house, grid, region, sky_map = (tmp_path / name for name in ("house", "grid.csv", "camera.reg", "map.fits"))
    grid.write_text("id,ra,dec\n" + "\n".join(f"{f['field_id']},{f['ra']},{f['dec']}" for f in GRID))
    region.write_text(f"icrs\n{BOX}\n")
    sky_map.write_bytes(content)
    skyhub("ingest", "fields", grid, "--instrument", "ZTF", "--footprint", region, data_dir=house)
    words = ["plan", "--localization", sky_map, "--instrument", "ZTF", "--start", START, "--hours", 9]
    plan = skyhub(*words, "--filters", "g,r", "--exposure", "30", "--visits", 2, "--gap", 30, data_dir=house)
    assert plan["probability"] > 0.9
    assert plan["n_observations"] == len(plan["observations"])
    queue, lines = tmp_path / "queue.json", tmp_path / "plan.csv"
    written = skyhub(*words, "--filters", "g", "--export", "csv", "--out", lines, data_dir=house)
    assert len(lines.read_text().splitlines()) == written["n_observations"] + 1
    for wrong in (["--export", "csv"], ["--export", "doc", "--out", queue], ["--export", "ztf", "--out", queue / "x"]):
        refused = skyhub(*words, "--filters", "g", *wrong, data_dir=house, status=2)
        assert refused["error"]["where"] in ("export", "out")
    assert not queue.exists()
    refused = skyhub(*words, "--filters", "g", "--exposure", "long", data_dir=house, status=2)
    assert refused["error"]["where"] == "exposure"
    refused = skyhub(*words, "--filters", "g", "--pinned-fields", "all", data_dir=house, status=2)
    assert refused["error"]["where"] == "pinned_fields"
    refused = skyhub(*words, "--filters", "u", data_dir=house, status=2)
    assert refused["error"]["where"] == "filters"
    refused = skyhub(*words[:3], data_dir=house, status=2)
    assert "--instrument --start --filters" in refused["error"]["message"]
    assert skyhub("plan", "list", data_dir=house) == {"rows": []}
    export = ("export", "--format", "pdf", "--out", tmp_path / "plan.pdf")
    for command in (("show",), ("explain",), export):
        assert "no plan 7" in skyhub("plan", *command, 7, data_dir=house, status=2)["error"]["message"]
    assert skyhub("plan", *export[:-1], queue / "x", 7, data_dir=house, status=2)["error"]["where"] == "out"
    parts = skyhub(*words, "--filters", "g,r", "--no-balance-exposure", "--method", "preview", data_dir=house)
    assert parts["complete_probability"] <= parts["probability"] <= parts["seen_probability"]
    joint = skyhub(*words, "--instrument", "WIRC", "--filters", "r", "--method", "preview", data_dir=house, status=2)
    assert "WIRC has no filter 'r'" in joint["error"]["message"]
    both = [*words, "--instrument", "PGIR", "--filters", "r", "--method", "preview", "--max-fields", 3]
    found = skyhub(*both, "--own", "PGIR.filters=2massj", "--own", "PGIR.exposure=60", data_dir=house)
    assert [p["instrument"] for p in found["plans"]] + [*found["idle"]] == ["ZTF", "PGIR"]
    assert {o["exposure_s"] for p in found["plans"] if p["instrument"] == "PGIR" for o in p["observations"]} <= {60.0}
    for wrong in ("PGIR", "PGIR.filters", "=3"):
        assert skyhub(*both, "--own", wrong, data_dir=house, status=2)["error"]["where"] == "own"
    assert skyhub(*words, "--filters", "g", "--own", "ZTF.gap=3", data_dir=house, status=2)["error"]["where"] == "own"


def test_wishes_of_other_plan_forms_are_kept(gridded: Sky, content: bytes) -> None:
    sky = gridded
    sky.instruments.set_fields(
        "ZTF", [{**field, "reference_filters": ["ztfr"] if n % 2 else []} for n, field in enumerate(GRID)], BOX
    )
    [ztf] = [row for row in sky.instruments.rows() if row["name"] == "ZTF"]
    sets = {**ztf["configuration"], "field_sets": {"primary": [[100, 140]]}}
    sky.instruments.edit(ztf["instrument_id"], configuration=sets)
    quick = {"hours": 9, "method": "preview", "exposure": 60}
    primary = sky.plans.draft(content, "ZTF", START, "r", **quick, field_set="primary")
    assert all(each["field_id"] <= 140 for each in primary["observations"])
    known = sky.plans.draft(content, "ZTF", START, "r", **quick, references=True)
    assert all(each["field_id"] % 2 for each in known["observations"])
    for wrong, message in (
        ({"field_set": "tertiary"}, "no set 'tertiary' of fields: primary is known"),
        ({"pointings": "own", "references": True}, "without fields here"),
        ({"pointings": "galaxies"}, "no galaxy"),
        ({"total_hours": 0}, "total_hours"),
        ({"moon_illumination": 2}, "moon_illumination"),
    ):
        with pytest.raises(InvalidInput, match=message):
            sky.plans.draft(content, "ZTF", START, "r", **quick, **wrong)
    with pytest.raises(InvalidInput, match="no field has references in ztfg, ztfr"):
        sky.plans.draft(content, "ZTF", START, "g,r", **quick, references=True)
    both = sky.plans.draft(content, "ZTF", START, "g,r", **quick, filter_strategy="integrated", total_hours=0.2)
    assert (both["visits"], both["n_observations"]) == (1, 2 * both["n_fields"])
    assert both["n_fields"] == 3
    assert sky.plans.timeline(both, content)["observations"][-1]["probability"] == pytest.approx(both["probability"])
    free = sky.plans.draft(content, "ZTF", START, "r", **quick, pointings="own", order="airmass")
    assert "points freely" in " ".join(free["notes"])


def test_small_telescopes_point_at_galaxies(sky: Sky, content: bytes) -> None:
    sky.instruments.add(
        name="Finder", telescope="P60", type="imager", filters=["sdssr"], footprint="box(0, 0, 0.3, 0.3, 0)"
    )
    galaxies = [("pair 1", 160.0, 10.0, 10.5), ("pair 2", 160.2, 10.0, 10.5), ("alone", 161.0, 11.0, 10.0)]
    rows = [
        {"name": n, "ra": ra, "dec": dec, "log_mass": mass}
        for n, ra, dec, mass in [*galaxies, ("far", 10.0, 10.0, 12.0)]
    ]
    sky.galaxies.add(pa.Table.from_pylist(rows), catalog="CLU")
    asked = {"hours": 9, "exposure": 60, "pointings": "galaxies", "catalog": "CLU"}
    plan = sky.plans.draft(content, "Finder", START, "r", **asked)
    assert plan["n_fields"] == 2
    assert plan["probability"] == pytest.approx(1.0)
    assert plan["sky_probability"] < 0.02
    seen = {row["name"]: row["field_id"] for row in plan["galaxies"]}
    assert seen.keys() == {"pair 1", "pair 2", "alone"}
    assert seen["pair 1"] == seen["pair 2"]
    assert any("3 galaxies of CLU in the 95 % region" in note for note in plan["notes"])
    assert set(sky.plans.explain(plan, content)["verdict"].to_pylist()) == {"observed"}
    light = sky.plans.draft(content, "Finder", START, "r", **asked, weight="none", max_fields=1)
    assert light["probability"] == pytest.approx(sum(row["share"] for row in light["galaxies"]))
    assert 2 / 3 < light["probability"] < 0.8


def test_several_telescopes_share_a_localization(gridded: Sky, content: bytes) -> None:
    sky = gridded
    sky.instruments.add(
        name="Finder", telescope="P60", type="imager", filters=["sdssr"], footprint="box(0, 0, 1.5, 1.5, 0)"
    )
    few = {"hours": 9, "method": "preview", "max_fields": 4}
    found = sky.plans.together(content, ["ZTF", "Finder"], START, "r", **few, own={"Finder": {"exposure": 60}})
    alone = {name: sky.plans.draft(content, name, START, "r", **few)["probability"] for name in ("ZTF", "Finder")}
    assert max(alone.values()) < found["probability"] <= min(found["upper_bound"], sum(alone.values()) + 1e-9)
    assert [plan["instrument"] for plan in found["plans"]] == ["ZTF", "Finder"]
    assert found["plans"][1]["observations"][0]["exposure_s"] == 60
    assert sky.plans.save(found["plans"][1], "second")["instrument"] == "Finder"
    for wrong, message in (
        ({"instruments": ["ZTF"]}, "instruments"),
        ({"instruments": ["ZTF", "ZTF"]}, "name each instrument once"),
        ({"instruments": ["ZTF", "Finder"], "own": {"WIRC": {}}}, "WIRC is none of the instruments"),
        ({"instruments": ["ZTF", "Finder"], "own": {"ZTF": {"seeing": 1}}}, "own.ZTF"),
    ):
        with pytest.raises(InvalidInput, match=message):
            sky.plans.together(content, wrong.pop("instruments"), START, "r", **few, **wrong)
