"""What a light curve is plotted against: refusals, what every axis keeps, bins, dust, models, files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.table import QTable, Table
from hypothesis import given
from hypothesis import strategies as st
from ipywidgets import jslink
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.science.bandpasses import bandpass
from skyhub_widgets import LightCurve

MJD = [60000.25, 60000.75, 60003.0, 60010.0]
POINTS: dict[str, Any] = {
    "mjd": MJD,
    "filter": ["ztfr", "ztfr", "ztfr", "ztfg"],
    "flux": [90.0, 110.0, 20.0, 50.0],
    "fluxerr": [10.0, 10.0, 10.0, 5.0],
    "origin": ["alert", "alert", "forced", "alert"],
    "photometry_id": [1, 2, 3, 4],
}


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("x_axis", "phase", "period"),
        ("x_axis", "rest_days", "redshift"),
        ("y_axis", "absmag", "distance_modulus"),
        ("period", 0.0, "above 0"),
        ("period", float("nan"), "above 0"),
        ("bin_days", -1.0, "0 or more"),
        ("ebv", -0.1, "0 or more"),
        ("redshift", -1.0, "above -1"),
        ("t0", float("inf"), "finite"),
    ],
)
def test_what_an_axis_cannot_have_is_refused_and_nothing_changes(trait: str, value: Any, said: str) -> None:
    curve = LightCurve(POINTS)
    before = curve.get_state()
    with pytest.raises(InvalidInput, match=said):
        setattr(curve, trait, value)
    assert curve.get_state() == before
    with pytest.raises(InvalidInput, match=said):
        LightCurve(POINTS, **{trait: value})


@pytest.mark.parametrize(
    "bad",
    [
        {"label": "a", "filter": "g", "mjd": [1.0]},
        {"label": "a", "filter": "g", "mjd": [1.0], "mag": [1.0], "flux": [1.0]},
        {"filter": "g", "mjd": [1.0], "mag": [1.0]},
        {"label": "a", "filter": "g", "mjd": [1.0, 2.0], "mag": [1.0]},
        {"label": "a", "filter": "g", "mjd": [np.nan], "mag": [1.0]},
        {"label": "a", "filter": "g", "mjd": [1.0], "mag": [1.0], "colour": "red"},
    ],
)
def test_a_model_that_cannot_be_drawn_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"needs label|one value per time"):
        LightCurve(POINTS, overlays=[bad])


@given(st.floats(0.05, 500), st.floats(59000, 61000), st.integers(-40, 40))
def test_whole_periods_do_not_change_the_phase(period: float, epoch: float, cycles: int) -> None:
    axes = LightCurve(POINTS, period=period, epoch=epoch, x_axis="phase").axes
    here, there = axes.times(np.array(MJD)), axes.times(np.array(MJD) + cycles * period)
    assert ((here >= 0) & (here < 1)).all()
    apart = np.abs(here - there)
    assert np.minimum(apart, 1 - apart).max() < 1e-6


@given(st.floats(0, 5), st.floats(59000, 61000))
def test_rest_frame_days_are_days_over_one_plus_z(redshift: float, t0: float) -> None:
    times = np.array(MJD)
    days = LightCurve(POINTS, t0=t0, x_axis="days").axes.times(times)
    rest = LightCurve(POINTS, t0=t0, redshift=redshift, x_axis="rest_days").axes.times(times)
    np.testing.assert_allclose(rest * (1 + redshift), days, atol=1e-8)


def test_days_begin_at_the_first_detection_that_is_not_forced_unless_said() -> None:
    assert LightCurve(POINTS, x_axis="days").axes.times(np.array(MJD)).tolist() == [0.0, 0.5, 2.75, 9.75]
    assert LightCurve({**POINTS, "validated": [False, None, None, None]}).axes.t0 == 60000.75


def test_the_calendar_is_that_of_the_time() -> None:
    assert LightCurve(POINTS, x_axis="utc").axes.times(np.array([60000.25])).astype(str).tolist() == [
        "2023-02-25T06:00:00.000"
    ]


def test_magnitudes_are_made_of_fluxes_and_what_is_below_three_sigma_is_a_limit_at_five() -> None:
    shown = LightCurve(POINTS).shown
    assert shown["mag"][:2] == pytest.approx(23.9 - 2.5 * np.log10([90, 110]))
    assert np.isnan(shown["mag"][2])
    assert shown["limiting_mag"][2] == pytest.approx(23.9 - 2.5 * np.log10(50))


def test_bins_are_weighted_mean_fluxes_of_each_filter_instrument_and_origin() -> None:
    curve = LightCurve(POINTS, bin_days=1.0, t0=60000.0)
    shown = curve.shown
    at = shown["filter"].tolist().index("ztfr")
    assert shown["count"].tolist().count(2) == 1
    assert [shown["flux"][at], shown["fluxerr"][at], shown["mjd"][at]] == pytest.approx([100, 10 / 2**0.5, 60000.5])
    curve.selected = [0, 1]
    assert curve.selection["flux"].tolist() == [90.0, 110.0]
    curve.bin_days = 0.0
    assert len(curve.shown["mjd"]) == 4


def test_bad_points_are_in_no_bin() -> None:
    curve = LightCurve({**POINTS, "validated": [False, True, None, None]}, bin_days=1.0)
    assert 110.0 in curve.shown["flux"]
    assert np.frombuffer(curve.data["bin"], "<i4")[0] == -1


def test_dust_is_taken_from_magnitudes_fluxes_and_models_alike() -> None:
    model = {"label": "flat", "filter": "ztfr", "mjd": [60000.0], "mag": [20.0]}
    curve = LightCurve(POINTS, ebv=0.1, overlays=[model])
    plain = curve.shown
    curve.extinction_corrected = True
    factor = bandpass("ztfr").extinction
    assert factor is not None
    assert plain["mag"][0] - curve.shown["mag"][0] == pytest.approx(0.1 * factor)
    assert curve.shown["flux"][0] / plain["flux"][0] == pytest.approx(10 ** (0.04 * factor))
    assert curve.shown["flux"][0] / curve.shown["fluxerr"][0] == pytest.approx(9.0)
    assert np.frombuffer(curve.lines[0]["mag"], "<f4")[0] == pytest.approx(20 - 0.1 * factor)


def test_what_is_switched_off_is_not_shown() -> None:
    curve = LightCurve(POINTS, hidden_filters=["ztfg"], hidden_origins=["forced"])
    assert curve.shown["photometry_id"].tolist() == ["1", "2"]
    assert curve.table().html.count("<tr>") == 3


@pytest.mark.parametrize("x_axis", ["mjd", "utc", "days_ago", "days", "rest_days", "phase"])
@pytest.mark.parametrize("y_axis", ["mag", "flux", "absmag"])
def test_the_figure_has_the_axes_of_the_widget(x_axis: str, y_axis: str) -> None:
    model = {"label": "flat", "filter": "ztfr", "mjd": MJD, "flux": [60.0] * 4}
    settings = {"redshift": 0.1, "period": 0.7, "distance_modulus": 38.0, "x_axis": x_axis, "y_axis": y_axis}
    curve = LightCurve(POINTS, overlays=[model], **settings)
    [plot] = curve.figure().axes
    assert plot.get_xlabel() == curve.axes.x_label
    assert plot.yaxis_inverted() == (y_axis != "flux")
    labels = [text.get_text() for text in plot.get_legend().get_texts()]
    assert labels == ["flat, ZTF r", "ZTF r", "ZTF g"] or set(labels) == {"ZTF r", "ZTF g", "flat, ZTF r"}
    if y_axis == "absmag":
        assert max(plot.get_ylim()) < 0
    if x_axis == "phase":
        assert max(plot.dataLim.intervalx) > 1


@pytest.mark.parametrize("form", ["csv", "ecsv", "parquet"])
def test_files_hold_what_is_shown_with_units(form: str) -> None:
    curve = LightCurve(POINTS, period=2.0, x_axis="phase")
    content = curve.to_file(form)
    if form == "parquet":
        read = pq.read_table(io.BytesIO(content))
        assert read.schema.field("flux").metadata == {b"unit": b"uJy"}
        assert json.loads(read.schema.metadata[b"skyhub"])["period"] == 2.0
        phases, ids = read["phase"].to_pylist(), read["photometry_id"].to_pylist()
    else:
        table = (QTable if form == "ecsv" else Table).read(content.decode(), format=f"ascii.{form}")
        if form == "ecsv":
            assert str(table["flux"].unit) == "uJy"
            assert table.meta["period"] == 2.0
        phases, ids = table["phase"].tolist(), [str(one) for one in table["photometry_id"]]
    assert phases == pytest.approx([0.0, 0.25, 0.375, 0.875])
    assert ids == ["1", "2", "3", "4"]


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match="csv, ecsv, parquet"):
        LightCurve(POINTS).to_file("xlsx")


class Desk:
    """A desk in memory that refuses what is not one's own."""

    may = ("flag", "remove", "history")

    def __init__(self) -> None:
        self.done: list[Any] = []

    def flag(self, ids: Any, validated: bool, explanation: str) -> None:
        self.done.append((list(ids), validated, explanation))

    def remove(self, ids: Any) -> None:
        if "4" in ids:
            raise PermissionRefused("olaf may not change 1 of 1 points.")
        self.done.append(list(ids))

    def history(self, one: str) -> list[dict[str, Any]]:
        if one != "1":
            raise NotFound("there is no such point.")
        return [{"version": 1}]


def asked(curve: LightCurve, **content: Any) -> list[dict[str, Any]]:
    """What the widget answers to a message of its view."""
    sent: list[dict[str, Any]] = []
    curve._post = sent.append  # type: ignore[method-assign]
    curve._received(curve, content, [])
    return sent


def test_without_a_desk_nothing_can_be_changed() -> None:
    curve = LightCurve(POINTS)
    assert curve.may == []
    assert asked(curve, type="remove", indices=[0], explanation="") == []


def test_flags_go_to_the_desk_and_are_shown() -> None:
    desk = Desk()
    curve = LightCurve(POINTS, desk=desk)
    told: list[int] = []
    curve.on_change(lambda: told.append(1))
    curve.selected = [1]
    [answer] = asked(curve, type="flag", indices=[1], validated=False, explanation="satellite")
    assert desk.done == [(["2"], False, "satellite")]
    assert answer["message"] == "1 point: bad."
    assert (curve.photometry["validated"][1], curve.selected, told) == (0.0, [1], [1])


def test_what_the_desk_refuses_is_said_and_the_points_stay() -> None:
    curve = LightCurve(POINTS, desk=Desk())
    assert asked(curve, type="remove", indices=[3], explanation="")[0]["message"].startswith("olaf may not")
    assert len(curve.photometry["mjd"]) == 4
    asked(curve, type="remove", indices=[0], explanation="")
    assert curve.photometry["photometry_id"].tolist() == ["2", "3", "4"]


def test_points_without_a_number_cannot_be_changed() -> None:
    curve = LightCurve({**POINTS, "photometry_id": None}, desk=Desk())
    assert "no number" in asked(curve, type="flag", indices=[0], validated=True, explanation="")[0]["message"]


def test_the_history_of_a_point_is_shown() -> None:
    curve = LightCurve(POINTS, desk=Desk())
    assert asked(curve, type="history", indices=[0], explanation="") == [{"type": "told", "versions": [{"version": 1}]}]


def test_new_points_of_the_same_light_curve_keep_view_and_selection() -> None:
    curve = LightCurve(POINTS)
    curve.selected = [2]
    key = curve.data["key"]
    more = {name: [*values, values[-1]] for name, values in POINTS.items()}
    curve.refresh({**more, "mjd": [59990.0, *MJD], "photometry_id": [9, 1, 2, 3, 4]})
    assert (curve.data["key"], curve.selected) == (key, [3])
    curve.photometry = POINTS
    assert (curve.data["key"] == key, curve.selected) == (False, [])


def test_an_axis_is_left_with_what_it_needs() -> None:
    curve = LightCurve(POINTS, period=1.0, x_axis="phase", distance_modulus=35.0, y_axis="absmag")
    curve.period = curve.distance_modulus = None
    assert (curve.x_axis, curve.y_axis) == ("mjd", "mag")


def test_traits_can_be_observed_and_linked() -> None:
    one, other = LightCurve(POINTS), LightCurve(POINTS)
    seen: list[Any] = []
    one.observe(lambda change: seen.append(change["new"]), "period")
    link = jslink((one, "period"), (other, "period"))
    one.period = 2.0
    assert seen == [2.0]
    assert link.source[1] == "period"


@pytest.mark.parametrize("x_axis", ["mjd", "utc", "phase"])
def test_holoviews_has_the_same_points(x_axis: str) -> None:
    import holoviews as hv

    model = {"label": "flat", "filter": "ztfr", "mjd": MJD, "flux": [60.0] * 4}
    curve = LightCurve(POINTS, period=1.0, x_axis=x_axis, overlays=[model])
    elements = curve.as_holoviews()
    scatters = {element.label: element for element in elements if isinstance(element, hv.Scatter)}
    assert set(scatters) == {"ZTF r", "ZTF g", "ZTF r limits"}
    assert len(scatters["ZTF r"]) == 2 * (2 if x_axis == "phase" else 1)
    assert hv.render(elements, backend="bokeh").yaxis[0].axis_label == "AB magnitude"


def test_datashading_without_datashader_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skyhub_widgets._holoviews.find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match="pip install datashader"):
        LightCurve(POINTS).as_holoviews(datashade=True)


def test_published_periods_make_neighbours_in_phase_alike(shared: Path) -> None:
    folder = shared / "variables"
    with (folder / "index.csv").open() as lines:
        stars = [row for row in csv.DictReader(lines) if row["file"].startswith("rrlyrae_s82/") and row["period_d"]]
    assert len(stars) == 34
    for star in stars:
        table = pd.read_csv(folder / star["file"])
        curve = LightCurve(table[(table["band"] == "g") & (table["mag"] < 25)], period=float(star["period_d"]))
        mag, times = curve.shown["mag"], curve.shown["mjd"]
        curve.x_axis = "phase"
        folded = mag[np.argsort(curve.axes.times(times))]
        assert np.abs(np.diff(folded)).mean() < 0.6 * np.abs(np.diff(mag[np.argsort(times)])).mean()
