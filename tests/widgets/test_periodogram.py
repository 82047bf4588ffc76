"""The periodogram widget: what it takes, what it tells, and the light curve that a period folds."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import holoviews as hv
import numpy as np
import pytest
from periodogram_support import PERIOD, document, light_curve
from skyhub.client import ObjectPeriodogram
from skyhub.errors import InvalidInput
from skyhub_widgets import LightCurve, Periodogram
from skyhub_widgets._periodogram_texts import relation_of
from traitlets import TraitError


@pytest.mark.parametrize("name", ["spectrum", "peaks", "window", "bands", "period", "oversampling"])
def test_a_document_without_its_parts_is_refused_and_the_old_one_stays(name: str) -> None:
    widget = Periodogram(document())
    before = widget.data
    with pytest.raises(InvalidInput, match=rf"no {name}\. Give what sky.periodogram"):
        widget.found = {key: value for key, value in document().items() if key != name}
    assert widget.data == before
    assert widget.found == document()


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_period_that_is_none_is_refused(bad: float) -> None:
    widget = Periodogram(document())
    with pytest.raises(InvalidInput, match="above 0"):
        widget.period = bad
    assert widget.period == document()["period"]


def test_an_axis_that_is_not_known_is_refused() -> None:
    with pytest.raises(TraitError, match="x_axis"):
        Periodogram(x_axis="phase")


def test_the_period_is_found_and_the_rest_of_the_document_is_told() -> None:
    widget = Periodogram(ObjectPeriodogram(document()))
    assert widget.period == pytest.approx(PERIOD, abs=1e-4)
    frequency = np.frombuffer(widget.data["frequency"], "<f8")
    power = np.frombuffer(widget.data["power"], "<f4")
    assert frequency.tolist() == document()["spectrum"]["frequency"]
    assert 1 / frequency[power.argmax()] == pytest.approx(widget.period, rel=1e-3)
    assert widget.data["span"] == pytest.approx(np.ptp(light_curve()["mjd"]))
    assert [row[:2] for row in widget.data["bands"]] == [["ztfg · ZTF · upload", "90"], ["ztfr · ZTF · upload", "90"]]
    amplitudes = [float(row[2]) for row in widget.data["bands"]]
    assert amplitudes == pytest.approx([10, 15], abs=0.6)


def test_the_observed_day_explains_peaks() -> None:
    told = [relation_of(peak) for peak in document()["peaks"]]
    assert told[0] == ""
    assert any(text.startswith("alias by ") and "day" in text for text in told)
    assert relation_of({"relation": "harmonic", "factor": 0.5}) == "0.5 × the best frequency"
    assert relation_of({"relation": "alias", "cycle": None, "window_frequency": 0.25}) == "alias by 0.25 1/d"


@pytest.mark.parametrize(
    ("bands", "search", "says"),
    [
        (1, {}, "(Baluev 2008)."),
        (2, {}, "the smallest of 2 bands times 2"),
        (2, {"harmonics": 3}, "none is known with several harmonics"),
        (2, {"bootstrap": 20}, "(bootstrap)."),
    ],
)
def test_the_false_alarm_says_how_it_was_found(bands: int, search: dict[str, Any], says: str) -> None:
    assert says in Periodogram(document(bands, **search)).false_alarm


def test_levels_are_those_of_a_single_band() -> None:
    levels = Periodogram(document(1)).data["levels"]
    assert {level["probability"]: level["power"] for level in levels} == {
        float(name): power for name, power in document(1)["bands"][0]["levels"].items()
    }
    assert Periodogram(document(2)).data["levels"] == []


def test_a_chosen_period_folds_the_light_curve_and_one_that_is_chosen_there_comes_back() -> None:
    curve = LightCurve(light_curve())
    widget = Periodogram(light_curve=curve)
    widget.found = document()
    assert (curve.x_axis, curve.period) == ("mjd", None)
    alias = document()["peaks"][1]["period"]
    widget.period = alias
    assert (curve.x_axis, curve.period, curve.epoch) == ("phase", alias, document()["epoch"])
    curve.period = 2 * alias
    assert widget.period == 2 * alias
    widget.found = None
    assert (widget.period, curve.period) == (None, 2 * alias)
    widget.found = document()
    widget.unlink()
    widget.period = 0.7
    curve.period = 0.9
    assert (widget.period, curve.period) == (0.7, 0.9)


@pytest.mark.parametrize("axis", ["period", "frequency"])
@pytest.mark.parametrize("found", [None, document(1), document(2)], ids=["none", "one band", "two bands"])
def test_it_is_drawn_for_reports(found: dict[str, Any] | None, axis: str) -> None:
    widget = Periodogram(found, x_axis=axis)
    html = widget.static().html
    ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])
    assert "data:image/png" in widget.static("png").html
    assert widget.figure().axes[0].get_xlabel() == {"period": "period (d)", "frequency": "frequency (1/d)"}[axis]
    assert widget.table().html.count("<tr>") == (len(found["peaks"]) if found else 0) + 1
    with pytest.raises(InvalidInput, match="svg"):
        widget.static("gif")


def test_holoviews_has_the_power_the_peaks_and_the_period() -> None:
    whole = Periodogram(document(1), x_axis="frequency").as_holoviews()
    hv.render(whole, backend="bokeh")
    curve, peaks = (next(part for part in whole if isinstance(part, kind)) for kind in (hv.Curve, hv.Scatter))
    assert curve["y"].max() == pytest.approx(peaks["y"].max(), rel=0.01)
    assert sum(isinstance(part, hv.VLine) for part in whole) == 1
    assert sum(isinstance(part, hv.HLine) for part in whole) == len(document(1)["bands"][0]["levels"])
    hv.render(Periodogram().as_holoviews(), backend="bokeh")
    hv.render(Periodogram(document(2)).as_holoviews(), backend="bokeh")
