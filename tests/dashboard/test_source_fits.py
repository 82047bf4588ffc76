"""Fits on an object's page: refused with a reason, followed while they run, drawn over the light curve."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets as widgets
import numpy as np
import pytest
from dashboard_support import PageOfTest, find
from skyhub.client import Sky
from skyhub.db import Viewer
from skyhub_widgets import LightCurve
from skyhub_widgets.dashboard._source_fits import FitSection
from support.services import Served

OBJECT = "ZTF26fits"
VERA = Viewer("vera", frozenset({"transients"}), scopes=frozenset({"view", "save", "upload", "report"}))


@pytest.fixture
def vera(served: Served) -> Iterator[Sky]:
    with served.sky(VERA) as sky:
        since = np.linspace(0, 60, 25)
        flux = 200 * np.exp(-since / 25) / (1 + np.exp(-(since - 10) / 4))
        rows = {"mjd": 60000 + since, "flux": flux, "fluxerr": np.full(25, 4.0), "filter": ["ztfr"] * 25}
        points = {name: list(values) for name, values in rows.items()}
        sky.upload_photometry(points, OBJECT, instrument="ZTF", zp=23.9, ra=10.0, dec=20.0, groups=["transients"])
        yield sky


@pytest.fixture
def section(vera: Sky) -> FitSection:
    made = FitSection(PageOfTest(vera), LightCurve(vera.source(OBJECT)["photometry"]))
    made.show(OBJECT, vera.fits.rows(object_id=OBJECT))
    made.unfold.click()
    return made


def test_who_may_not_save_is_offered_no_form(served: Served) -> None:
    with served.sky(Viewer("rita", frozenset({"transients"}))) as sky:
        assert FitSection(PageOfTest(sky), LightCurve()).unfold.layout.display == "none"


def test_a_model_is_chosen_when_the_form_is_shown(section: FitSection) -> None:
    assert section.model.value == "salt3"
    assert {"salt2", "bazin", "nickel"} <= {value for _, value in section.model.options}


def test_what_cannot_be_fitted_is_not_offered(section: FitSection) -> None:
    assert section.run.disabled
    assert "SALT needs a redshift" in section.refusal.value
    section.redshift.value = "0.05"
    assert not section.run.disabled
    assert section.refusal.value == ""
    section.redshift.value = "far"
    assert section.run.disabled
    assert "noted, free or a number" in section.refusal.value
    section.model.value, section.redshift.value = "nickel", "free"
    assert "does not fit the redshift" in section.refusal.value
    section.model.value, section.redshift.value, section.filters.value = "bazin", "noted", "ztfg"
    assert "0 fluxes in any filter are too few for the 5 free parameters" in section.refusal.value


def test_three_points_are_too_few(vera: Sky) -> None:
    light_curve = LightCurve(
        {"mjd": [60000.0, 60001, 60002], "filter": ["ztfr"] * 3, "flux": [5.0, 9, 12]}, redshift=0.1
    )
    section = FitSection(PageOfTest(vera), light_curve)
    section.show(OBJECT, vera.fits.rows(object_id=OBJECT))
    assert section.refusal.value == ""
    section.unfold.click()
    assert section.run.disabled
    assert "3 fluxes are too few for SALT: 5 are needed" in section.refusal.value


def test_what_became_of_the_run_is_told(section: FitSection, vera: Sky) -> None:
    section.model.value = "bazin"
    section.run.click()
    [run] = vera.reports.runs()
    assert run["parameters"]["model"] == "bazin"
    assert run["parameters"]["object_id"] == OBJECT
    section.hear({"kind": "report", "report_id": "another", "state": "running"})
    assert "asked for" in section.message.value
    section.hear({"kind": "report", "report_id": run["report_id"], "state": "running"})
    assert "running" in section.message.value


def test_a_fit_is_listed_drawn_and_removed(section: FitSection, vera: Sky) -> None:
    record = vera.fits.store(vera.fits.compute(OBJECT, "bazin", effective=0))
    assert section.table.layout.display == "none"
    section.show(OBJECT, vera.fits.rows(object_id=OBJECT))
    assert section.table.layout.display is None
    assert [r["analysis_id"] for r in section.table.records] == [record["analysis_id"]]
    section._choose(record["analysis_id"])
    [line] = section._light_curve.overlays
    assert line["filter"] == "ztfr"
    told = " ".join(part.value for part in section.shown.children[0].children)
    assert "χ²/dof" in told
    assert "No posterior was drawn" in told
    find(section.shown, widgets.Button, "Remove").click()
    assert section.table.records == []
    assert section._light_curve.overlays == []
