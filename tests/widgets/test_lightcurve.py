"""Light curve: input from every table, packing, selection, static renderings."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import astropy.units as u
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from astropy.table import QTable, Table
from astropy.time import Time
from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass, bandpass_names
from skyhub_widgets import LightCurve, filter_style, photometry_from
from skyhub_widgets._styles import MARKERS
from widget_support import photometry

ROWS = {"mjd": [60000.0, 60001.5], "filter": ["ztfg", "ztfr"], "mag": [19.5, None], "limiting_mag": [20.5, 20.6]}


@pytest.mark.parametrize("bad", [{"mjd": [1.0]}, {"mjd": [1.0], "filter": ["g"]}, {"filter": ["g"], "mag": [1.0]}])
def test_missing_columns_are_named_with_what_is_accepted(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="magpsf") as caught:
        photometry_from(bad)
    assert ", ".join(bad) in str(caught.value)


@pytest.mark.parametrize("bad", ["mjd", 3, [1, 2]])
def test_what_is_no_table_is_refused(bad: object) -> None:
    with pytest.raises(InvalidInput):
        photometry_from(bad)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InvalidInput, match="mag has 1"):
        photometry_from({"mjd": [1.0, 2.0], "filter": ["g", "g"], "mag": [19.0]})


@pytest.mark.parametrize(
    "make",
    [
        dict,
        pd.DataFrame,
        pl.DataFrame,
        pa.table,
        lambda rows: pd.DataFrame(rows).convert_dtypes(),
        lambda rows: [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)],
        lambda rows: Table({**rows, "mag": np.ma.masked_invalid([19.5, np.nan])}),
        lambda rows: QTable({**rows, "mag": [19.5, np.nan], "mjd": Time(rows["mjd"], format="mjd")}),
    ],
    ids=["dict", "pandas", "polars", "arrow", "nullable", "records", "astropy", "qtable"],
)
def test_every_table_gives_the_same_points(make: Callable[[Any], object]) -> None:
    points = photometry_from(make(ROWS))
    np.testing.assert_array_equal(points["mjd"], [60000.0, 60001.5])
    np.testing.assert_array_equal(points["mag"], [19.5, np.nan])
    np.testing.assert_array_equal(points["limiting_mag"], [20.5, 20.6])
    assert points["filter"].tolist() == ["ztfg", "ztfr"]
    assert points["origin"].tolist() == ["alert", "alert"]
    assert np.isnan(points["flux"]).all()


def test_julian_dates_and_aliases_are_taken() -> None:
    points = photometry_from({"jd": [2460000.5], "band": ["r"], "magpsf": [18.0], "sigmapsf": [0.1]})
    assert points["mjd"].tolist() == [60000.0]
    assert points["magerr"].tolist() == [0.1]


def test_fluxes_with_units_come_in_microjansky() -> None:
    points = photometry_from(QTable({"mjd": [60000.0], "filter": ["g"], "flux": [2.0] * u.mJy}))
    assert points["flux"].tolist() == [2000.0]


def test_points_travel_as_binary_buffers() -> None:
    curve = LightCurve(ROWS)
    data = curve.get_state(["data"])["data"]
    assert np.frombuffer(data["mjd"], "<f8").tolist() == ROWS["mjd"]
    assert np.frombuffer(data["mag"], "<f4")[0] == pytest.approx(19.5)
    assert np.isnan(np.frombuffer(data["mag"], "<f4")[1])
    assert [data["filters"][code] for code in np.frombuffer(data["filter"], "<u2")] == ROWS["filter"]


def test_a_selection_outside_the_points_is_refused() -> None:
    with pytest.raises(InvalidInput, match="of 2 points"):
        LightCurve(ROWS).selected = [0, 2]


def test_a_selection_arrives_as_indices() -> None:
    curve = LightCurve(ROWS)
    curve.set_state({"selected": memoryview(np.array([1], dtype="<i4").tobytes())})
    assert curve.selected == [1]
    assert curve.selection["filter"].tolist() == ["ztfr"]
    assert curve.get_state(["selected"])["selected"] == np.array([1], dtype="<i4").tobytes()


def test_new_points_clear_the_selection() -> None:
    curve = LightCurve(ROWS)
    curve.selected = [1]
    curve.photometry = {"mjd": [1.0], "filter": ["g"], "mag": [19.0]}
    assert curve.selected == []
    assert len(curve.photometry["mjd"]) == 1


@pytest.mark.parametrize("y_axis", ["mag", "flux"])
def test_the_static_figure_is_svg(y_axis: str) -> None:
    html = LightCurve(photometry(1), y_axis=y_axis).static().html
    tree = ElementTree.fromstring(html)
    assert tree[0].tag == "{http://www.w3.org/2000/svg}svg"
    assert "12 points" in tree[0].attrib["aria-label"]


def test_the_magnitude_axis_of_the_figure_is_inverted() -> None:
    low, high = LightCurve(photometry(1)).figure().axes[0].get_ylim()
    assert low > high


def test_a_figure_without_points_says_so() -> None:
    assert "no photometry" in [text.get_text() for text in LightCurve().figure().axes[0].texts]


def test_png_and_unknown_formats() -> None:
    curve = LightCurve(ROWS)
    assert curve.static("png").html.startswith(
        '<img class="skyhub-static" alt="Light curve of 2 points" src="data:image/png'
    )
    with pytest.raises(InvalidInput, match="'svg' and 'png'"):
        curve.static("gif")


def test_the_table_lists_points_in_time_order() -> None:
    html = (
        LightCurve({"mjd": [2.0, 1.0], "filter": ["b", "a"], "mag": [19.0, None], "limiting_mag": [20.0, 20.5]})
        .table()
        .html
    )
    assert html.index("<td>a</td>") < html.index("<td>b</td>")
    assert "<td>19.000</td>" in html
    assert "<td>—</td>" in html


def test_filters_of_a_survey_differ_in_colour_and_marker() -> None:
    styles = [filter_style(name) for name in ("ztfg", "ztfr", "ztfi")]
    assert len({style["colour"] for style in styles}) == len({style["marker"] for style in styles}) == 3
    assert filter_style("swiftuvw2")["label"] == "swiftuvw2"


SURVEYS = ("ztf", "sdss", "des", "lsst", "ps1::", "skymapper")


@pytest.mark.parametrize("letter", ["g", "r", "i"])
def test_a_band_has_one_hue_in_all_surveys_and_a_marker_of_its_own_in_each(letter: str) -> None:
    styles = [filter_style(f"{survey}{letter}") for survey in SURVEYS]
    assert len({style["marker"] for style in styles}) == len({style["label"] for style in styles}) == len(SURVEYS)
    for theme in ("colour", "dark"):
        hues = [hue(style[theme]) for style in styles]  # type: ignore[literal-required]
        assert max(hues) - min(hues) < 0.03


def hue(colour: str) -> float:
    return colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0]


@pytest.mark.parametrize(("theme", "ground"), [("colour", "#ffffff"), ("dark", "#161b22")])
def test_filters_stand_out_and_are_told_apart_by_more_than_colour(theme: str, ground: str) -> None:
    bands = [bandpass(name) for name in bandpass_names()]
    styles: dict[str, Any] = {band.name: filter_style(band.name) for band in bands}
    for style in styles.values():
        light, dark = sorted((luminance(style[theme]), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3
    for family in {band.family for band in bands}:
        drawn = {styles[b.name]["label"]: styles[b.name]["marker"] for b in bands if b.family == family}
        assert len(set(drawn.values())) == min(len(drawn), len(MARKERS))
    for letter in "ugrizy":
        alike = [(styles[b.name]["marker"], styles[b.name][theme]) for b in bands if b.letter == letter]
        labels = {styles[b.name]["label"] for b in bands if b.letter == letter}
        assert len(set(alike)) == len(labels)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
