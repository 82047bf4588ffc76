"""The population: what is refused, what is plotted of a table, which rows conditions leave, and the static version."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import skyhub_widgets
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from skyhub.client import SkyTable
from skyhub.errors import InvalidInput
from skyhub_widgets import Population, PopulationPlot
from support.houses import OTHER, SCANNER
from support.services import Served

COLUMNS: dict[str, list[Any]] = {
    "object_id": ["a", "b", "c", "d"], "candid": [2**60 + 1, 2**60 + 2, 2**60 + 3, 2**60 + 4],
    "mjd": [61366.1, 61366.2, 61366.3, 61366.4],
    "rise_rate": [-0.5, -0.1, 0.2, None], "peak_mag": [18.0, 19.0, 20.0, 21.0], "filter": ["ztfg", "ztfr", "ztfg", None],
    "dayobs": [date(2026, 11, 21)] * 4,
}  # fmt: skip
SQUARE = {"x": "rise_rate", "y": "peak_mag", "outline": [[-0.6, 17], [0, 17], [0, 19.5], [-0.6, 19.5]]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": "nothing"}, {"colour": "object_id"}, {"y": "candid"}, {"histograms": ["rise_rate", "nothing"]},
        {"ranges": {"nothing": [0, 1]}}, {"ranges": {"rise_rate": [1, 0]}}, {"ranges": {"rise_rate": 3}},
        {"region": {"x": "rise_rate", "y": "nothing", "outline": SQUARE["outline"]}},
        {"region": {**SQUARE, "outline": [[0, 0], [1, 1]]}}, {"region": {**SQUARE, "outline": [[0, 0], [1, 1], [float("nan"), 0]]}},
    ],
)  # fmt: skip
def test_what_no_column_has_is_refused(wrong: dict[str, Any]) -> None:
    plot = PopulationPlot(COLUMNS)
    before = plot.get_state()
    [(name, value)] = wrong.items()
    with pytest.raises(InvalidInput):
        setattr(plot, name, value)
    assert plot.get_state() == before


@pytest.mark.parametrize("table", [7, "text", {"a": [1, 2], "b": [1]}, [1, 2]])
def test_what_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(InvalidInput):
        Population(table)


@pytest.mark.parametrize(
    "table",
    [
        COLUMNS, pa.table(COLUMNS), SkyTable(pa.table(COLUMNS)), pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS),
        [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)],
        Table({name: values for name, values in COLUMNS.items() if name != "dayobs"}),
    ],
    ids=["dict", "arrow", "client", "pandas", "polars", "records", "astropy"],
)  # fmt: skip
def test_any_table_is_taken(table: Any) -> None:
    box = Population(table, ranges={"rise_rate": [None, 0]})
    assert box.plot.options[:4] == ["mjd", "rise_rate", "peak_mag", "filter"]
    assert box.selected == ["a", "b"]
    assert [str(row["candid"]) for row in box.table.records] == [str(2**60 + 1), str(2**60 + 2)]


def test_nothing_at_all_is_an_empty_plot() -> None:
    box = Population([])
    assert (box.plot.options, box.selected, box.table.records) == ([], [], [])
    assert "<svg" in box.plot.static().html


def test_times_keep_their_digits() -> None:
    [column] = [c for c in PopulationPlot(COLUMNS).columns if c["name"] == "mjd"]
    values = np.frombuffer(column["values"], "<f4").astype(float) + column["offset"]
    np.testing.assert_allclose(values, COLUMNS["mjd"], atol=1e-7, rtol=0)


def test_conditions_hold_together_and_are_forgotten_with_the_table() -> None:
    box = Population(COLUMNS)
    told: list[list[str]] = []
    box.plot.observe(lambda change: told.append(change["new"]), "selected")
    assert (box.selected, len(box.table.records)) == ([], 4)
    box.plot.region = SQUARE
    assert box.selected == ["a", "b"]
    box.plot.ranges = {"filter": [0.5, 1.5]}
    assert box.selected == ["b"]
    assert [row["object_id"] for row in box.table.records] == ["b"]
    box.show({"object_id": ["e"], "peak_mag": [3.0]})
    assert (box.plot.ranges, box.plot.region, box.selected, box.plot.x) == ({}, None, [], "peak_mag")
    assert told == [["a", "b"], ["b"], []]


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=1, max_size=30), st.integers(3, 9))
def test_an_outline_chooses_as_matplotlib_does(points: list[tuple[float, float]], n: int) -> None:
    angle = 2 * np.pi * np.arange(n) / n + 0.1
    outline = np.column_stack([np.cos(angle), 0.7 * np.sin(angle)])
    x, y = np.float32(points).astype(float).T
    edge = np.abs(Outline(outline).contains_points(np.column_stack([x, y]), radius=1e-5).astype(int)
                  - Outline(outline).contains_points(np.column_stack([x, y]), radius=-1e-5)).astype(bool)  # fmt: skip
    plot = PopulationPlot({"u": x, "v": y}, region={"x": "u", "y": "v", "outline": outline.tolist()})
    expected = Outline(outline).contains_points(np.column_stack([x, y]))
    found = np.zeros(len(x), dtype=bool)
    found[plot.chosen] = True
    np.testing.assert_array_equal(found[~edge], expected[~edge])


def test_a_point_that_is_clicked_is_listed() -> None:
    box = Population(COLUMNS)
    box.plot._received(box.plot, {"type": "clicked", "label": "c"}, [])
    assert [row["object_id"] for row in box.table.records] == ["c"]


def test_the_static_version_has_plot_and_table() -> None:
    html = Population(COLUMNS, title='<script>"').static().html
    assert "<svg" in html
    assert "<script>" not in html
    assert html.count("<tr>") == 5


@pytest.mark.parametrize("n", [200, 20_000])
def test_holoviews_and_panel_show_the_rows_that_are_chosen(n: int) -> None:
    import holoviews as hv

    rng = np.random.default_rng(5)
    table = {"object_id": [f"o{k}" for k in range(n)], "g_r": rng.normal(size=n), "peak_mag": rng.normal(19, 1, n)}
    plot = PopulationPlot(table, x="g_r", y="peak_mag", histograms=["peak_mag"])
    workbench = plot.as_panel()
    linked = plot.as_holoviews()
    hv.render(linked.layout)
    linked.link.selection_expr = hv.dim("g_r") > 1
    assert linked.selected()["label"].tolist() == [f"o{k}" for k in np.flatnonzero(table["g_r"] > 1)]
    assert len(workbench[1].value) == n


def test_what_is_chosen_in_the_workbench_goes_on_a_list_of_ones_own(served: Served) -> None:
    import holoviews as hv
    from skyhub_widgets._population_holoviews import population_workbench

    with served.sky(SCANNER) as sky, served.sky(OTHER) as stranger:
        names = sorted(row["object_id"] for row in sky.find("ZTF26"))
        plot = PopulationPlot(
            {"object_id": names, "g_r": np.arange(len(names)) * 1.0, "peak_mag": np.full(len(names), 19.0)}
        )
        workbench, linked = plot.as_panel(sky), plot.as_holoviews()
        assert len(plot.as_panel()) == 2
        name, button, said = workbench[2]
        name.value = "young & blue"
        button.clicks += 1
        assert "Choose rows in the plots" in said.object
        assert sky.lists.rows() == []
        linked.link.selection_expr = hv.dim("g_r") < 1
        name, button, said = population_workbench(linked, sky)[2]
        name.value = "young & blue"
        for _ in range(2):
            button.clicks += 1
            assert said.object.startswith("1 objects are on the list.")
        assert "view=scan&amp;on_list=%5B%22young+%26+blue%22%5D&amp;" in said.object
        assert [(row["object_id"], row["list_name"]) for row in sky.lists.rows()] == [(names[0], "young & blue")]
        assert stranger.lists.rows() == []


def test_no_page_needs_the_libraries_of_exploration() -> None:
    code = "import sys, skyhub_widgets, skyhub_widgets.dashboard; print(sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"holoviews", "panel", "datashader", "numba", "xarray", "bokeh", "matplotlib"} & set(
        ast.literal_eval(loaded)
    )


def test_what_holoviews_and_panel_need_comes_with_the_notebook_and_from_no_network() -> None:
    sources = "".join(path.read_text() for path in Path(skyhub_widgets.__file__).parent.glob("*.py"))
    calls = re.findall(r"\b(?:hv|pn)\.extension\(([^)]*)\)", sources)
    assert len(calls) >= 3
    assert all("inline=True" in call for call in calls)
