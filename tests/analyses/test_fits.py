"""Fits of real supernovae: refused, computed, kept, gone on with, and made by the notebook."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sncosmo
from astropy.coordinates import SkyCoord
from skyhub.client import Sky, Transport
from skyhub.db import ROLES, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.scheduler import run_claimed
from skyhub.science.models import MODELS
from skyhub.science.photometry import flux_from_mag
from skyhub.science.sncosmo_files import salt_source
from skyhub.service import open_database, serving
from skyhub.web import TokenSigner
from support.services import Served

NAME = "ZTF20aakyoez"
FILTERS = {"g": "ztfg", "R": "ztfr"}
FITTER = Viewer("fitter", frozenset({"transients"}), scopes=ROLES["scientist"])
COLLEAGUE = Viewer("colleague", frozenset({"transients"}), scopes=ROLES["scientist"])
OUTSIDER = Viewer("outsider", frozenset({"bursts"}), scopes=ROLES["scientist"])


@pytest.fixture(scope="module")
def house(built_house: Path, tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Served]:
    """A house with a type Ia supernova of the Bright Transient Survey, seen by one group."""
    data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp("fits") / "house"))
    with open_database(data_dir) as db, serving(db) as address:
        served = Served(address.url, address.token, db, TokenSigner(data_dir))
        sky = served.sky(FITTER)
        points, redshift = _published(shared)
        sky.upload_photometry(points, instrument="ZTF", zp=23.9, groups=["transients"])
        sky.redshifts.add(object_id=NAME, redshift=redshift, type="host")
        yield served


def _published(shared: Path) -> tuple[dict[str, Any], float]:
    folder = shared / "photometry"
    with (folder / "index.csv").open() as lines:
        [entry] = [row for row in csv.DictReader(lines) if row["file"] == f"ztf_bts_snia/{NAME}.csv"]
    with (folder / entry["file"]).open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["band"] in FILTERS]
    mag, magerr = (np.array([float(row[name]) for row in rows]) for name in ("mag", "magerr"))
    flux = flux_from_mag(mag)
    place = SkyCoord(entry["ra"], entry["dec"], unit=("hourangle", "deg"))
    points = {
        "object_id": [NAME] * len(rows),
        "mjd": [float(row["time"]) for row in rows],
        "filter": [FILTERS[row["band"]] for row in rows],
        "flux": flux.tolist(),
        "fluxerr": (flux * magerr * np.log(10) / 2.5).tolist(),
        "ra": [float(place.ra.deg)] * len(rows),
        "dec": [float(place.dec.deg)] * len(rows),
    }
    return points, float(entry["z"])


@pytest.fixture(scope="module")
def sky(house: Served) -> Sky:
    return house.sky(FITTER)


@pytest.fixture(scope="module")
def kept(house: Served, sky: Sky) -> dict[str, Any]:
    """The fit that the notebook made."""
    report_id = sky.fits.request(NAME, "salt3", annotate=True)
    claimed = run_claimed(Transport(house.url, house.token), report_id)
    assert claimed == {"report_id": report_id, "state": "done"}, sky.reports.run(report_id)["detail"]
    [record] = sky.fits.rows(report_id=report_id)
    return record


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"model": "salt9"}, InvalidInput, "salt9"),
        ({"mjd_min": 60000, "mjd_max": 50000}, InvalidInput, "mjd_min"),
        ({"redshift": "high"}, InvalidInput, "redshift"),
        ({"redshift_min": 0.3}, InvalidInput, "redshift_min"),
        ({"colour": 1}, InvalidInput, "colour"),
        ({"filters": ["ztfi"]}, InvalidInput, "0 fluxes are too few"),
        ({"mjd_min": 1.0, "mjd_max": 2.0}, InvalidInput, "0 fluxes are too few"),
        ({"model": "nickel", "redshift": "free"}, InvalidInput, "does not fit the redshift"),
    ],
)
def test_what_cannot_be_asked_for(sky: Sky, asked: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        sky.fits.request(NAME, **asked)
    assert sky.reports.runs(as_of=None) == [
        r for r in sky.reports.runs() if r["name"] == "fit" and r["state"] == "done"
    ]


def test_who_may_not_see_the_object_or_not_save_asks_in_vain(house: Served) -> None:
    with pytest.raises(NotFound):
        house.sky(OUTSIDER).fits.request(NAME, "bazin")
    with pytest.raises(PermissionRefused):
        house.sky(Viewer("reader", frozenset({"transients"}))).fits.request(NAME, "bazin")


def test_what_cannot_be_computed(sky: Sky) -> None:
    with pytest.raises(NotFound, match="no such point"):
        sky.fits.compute(NAME, "bazin", filters=["ztfi"])
    with pytest.raises(InvalidInput, match="nothing"):
        sky.fits.compute(NAME, "nothing")
    with pytest.raises(InvalidInput, match="does not fit the redshift"):
        sky.fits.compute(NAME, "nickel", redshift="free")


@pytest.mark.slow
def test_the_notebook_keeps_sncosmo_s_own_fit(sky: Sky, kept: dict[str, Any]) -> None:
    table = sky.photometry(NAME).to_sncosmo()
    model = sncosmo.Model(salt_source("salt3"), effects=[sncosmo.F99Dust()], effect_names=["mw"], effect_frames=["obs"])
    model.set(z=kept["redshift"], mwebv=sky.source(NAME)["dust"]["ebv"])
    bounds = {"x1": (-5, 5), "c": (-1, 2)}
    result, _ = sncosmo.fit_lc(table, model, ["t0", "x0", "x1", "c"], bounds=bounds, modelcov=True)
    found = {p["name"]: p for p in kept["parameters"]}
    for name in ("t0", "x0", "x1", "c"):
        own = result.parameters[result.param_names.index(name)]
        assert found[name]["value"] == pytest.approx(own, abs=0.02 * found[name]["error"])
        assert found[name]["error"] == pytest.approx(result.errors[name], rel=0.35)
    assert kept["chi2"] == pytest.approx(result.chisq, rel=1e-3)
    assert kept["dof"] == result.ndof
    assert kept["effective"] > 1000
    assert kept["redshift"] == sky.source(NAME)["redshift"]["redshift"]


@pytest.mark.slow
def test_a_verification_keeps_no_second_fit(house: Served, sky: Sky, kept: dict[str, Any]) -> None:
    report_id = sky.reports.request_verification(kept["report_id"])
    assert run_claimed(Transport(house.url, house.token), report_id)["state"] == "done"
    assert [record["analysis_id"] for record in sky.fits.rows(model="salt3")] == [kept["analysis_id"]]
    assert sky.reports.differences(report_id)["same"]


@pytest.mark.slow
def test_the_parts_of_a_fit(sky: Sky, kept: dict[str, Any]) -> None:
    number = kept["analysis_id"]
    assert {line["filter"] for line in sky.fits.overlays(number)} == {"ztfg", "ztfr"}
    assert sky.fits.corner(number).startswith(b"\x89PNG")
    notebook = json.loads(sky.fits.notebook(number))
    assert notebook["metadata"]["skyhub"]["parameters"]["object_id"] == NAME
    assert "rights" not in notebook["metadata"]["skyhub"]
    [noted] = sky.annotations.rows(about_table="analyses", about_id=number)
    assert noted["origin"] == "fit/salt3"
    assert noted["data"]["x1"] == {p["name"]: p["value"] for p in kept["parameters"]}["x1"]


@pytest.mark.slow
def test_a_colleague_sees_the_fit_with_its_notebook_and_others_nothing(house: Served, kept: dict[str, Any]) -> None:
    number = kept["analysis_id"]
    assert kept["groups"] == ["transients"]
    colleague = house.sky(COLLEAGUE)
    assert colleague.fits.get(number)["model"] == "salt3"
    assert b"cells" in colleague.fits.notebook(number)
    with pytest.raises(NotFound):
        colleague.reports.run(kept["report_id"])
    outsider = house.sky(OUTSIDER)
    for ask in (outsider.fits.get, outsider.fits.overlays, outsider.fits.corner, outsider.fits.notebook):
        with pytest.raises(NotFound):
            ask(number)


def test_a_fit_that_is_handed_in_is_for_those_who_see_its_points(house: Served, sky: Sky) -> None:
    record = sky.fits.store(sky.fits.compute(NAME, "bazin", filters=["ztfr"], effective=50))
    number, colleague, outsider = record["analysis_id"], house.sky(COLLEAGUE), house.sky(OUTSIDER)
    assert record["groups"] == ["transients"]
    assert colleague.fits.get(number)["chi2"] == record["chi2"]
    assert [line["filter"] for line in colleague.fits.overlays(number)] == ["ztfr"]
    assert colleague.fits.corner(number).startswith(b"\x89PNG")
    with pytest.raises(NotFound, match="not made by a notebook"):
        colleague.fits.notebook(number)
    for ask in (outsider.fits.get, outsider.fits.overlays, outsider.fits.corner, outsider.fits.notebook):
        with pytest.raises(NotFound):
            ask(number)


def test_fits_of_many_go_on_where_they_were(sky: Sky) -> None:
    options = {"filters": ["ztfg"], "effective": 0}
    first = list(sky.fits.run([NAME, "nowhere"], "bazin", **options))
    assert [(one["object_id"], one["made"]) for one in first] == [(NAME, True), ("nowhere", False)]
    assert "nowhere" in first[1]["message"]
    again = list(sky.fits.run([NAME], "bazin", **options))
    assert again == [{**first[0], "made": False}]
    [other] = sky.fits.run([NAME], "bazin", filters=["ztfg"], mjd_min=1.0, effective=0)
    assert other["made"]
    [row] = sky.fits.results([NAME, "nowhere"], "bazin").to_rows()
    assert row["analysis_id"] == other["analysis_id"]
    assert row["amplitude_ztfg"] > 0
    sky.fits.remove(other["analysis_id"])
    assert sky.fits.results([NAME], "bazin").to_rows()[0]["analysis_id"] == first[0]["analysis_id"]
    assert sky.fits.history(other["analysis_id"])


def test_a_fit_of_what_was_known_earlier(sky: Sky) -> None:
    before, late = datetime.now(UTC), float(sky.photometry(NAME).arrow["mjd"].to_numpy().max()) + 1
    point = {"mjd": [late], "filter": ["ztfr"], "flux": [50.0], "fluxerr": [10.0]}
    sky.upload_photometry(point, NAME, instrument="ZTF", zp=23.9, groups=["transients"])
    now, then = (sky.fits.compute(NAME, "bazin", effective=0, as_of=moment) for moment in (None, before))
    assert now.fit.n_points == then.fit.n_points + 1
    with pytest.raises(NotFound, match=NAME):
        sky.fits.compute(NAME, "bazin", as_of="2020-01-01")


def test_points_that_others_published_are_fitted_if_asked_for_and_ringed(sky: Sky) -> None:
    before = sky.fits.compute(NAME, "bazin", effective=0)
    late = float(sky.photometry(NAME).arrow["mjd"].to_numpy().max()) + 2
    point = {"mjd": [late], "filter": ["ztfr"], "flux": [45.0], "fluxerr": [9.0]}
    sky.upload_photometry(point, NAME, instrument="KAIT", zp=23.9, origin="GCN Circ. 34999", groups=["transients"])
    without = sky.fits.compute(NAME, "bazin", effective=0)
    cited = sky.fits.compute(NAME, "bazin", effective=0, cited=True)
    assert without.given["inputs"] == before.given["inputs"]
    assert (without.fit.n_points, without.cited) == (before.fit.n_points, frozenset())
    assert (cited.fit.n_points, cited.cited) == (before.fit.n_points + 1, {late})
    ringed = [line for line in cited.plot().get_lines() if line.get_label() == "cited"]
    assert [line.get_xdata().tolist() for line in ringed] == [[late]]


def test_a_fit_is_drawn(sky: Sky) -> None:
    fit = sky.fits.compute(NAME, "bazin", effective=0)
    axes = fit.plot()
    assert axes.get_ylabel() == "flux (µJy)"
    assert len(axes.get_lines()) >= 2
    assert fit.corner() is None


def test_a_corner_plot_tells_values_with_their_errors(sky: Sky) -> None:
    figure = sky.fits.compute(NAME, "bazin", filters=["ztfg"], effective=50).corner()
    assert figure is not None
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert [title.split("\n")[0] for title in titles] == [f"{name}_ztfg" for name in MODELS["bazin"].names]
    assert all("±" in title for title in titles)
