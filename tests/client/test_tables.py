"""Tables of the client: exact integers, units, nulls, in every library."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st
from skyhub.client import UNITS, PhotometryTable, SkyTable
from skyhub.errors import InvalidInput, NotFound

BIG = 1427174604415015001

_rows = st.lists(
    st.fixed_dictionaries(
        {
            "candid": st.integers(-(2**63), 2**63 - 1) | st.none(),
            "name": st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5) | st.none(),
            "flag": st.booleans() | st.none(),
            "rb": st.floats(0, 1) | st.none(),
            "flux": st.floats(-1e6, 1e6) | st.none(),
            "filters": st.lists(st.sampled_from("abc"), max_size=3) | st.none(),
        }
    ),
    max_size=6,
)
_SCHEMA = pa.schema(
    {
        "candid": pa.int64(),
        "name": pa.string(),
        "flag": pa.bool_(),
        "rb": pa.float32(),
        "flux": pa.float64(),
        "filters": pa.list_(pa.string()),
    }
)


@given(_rows)
def test_every_library_gets_the_same_values(rows: list[dict[str, Any]]) -> None:
    table = SkyTable(pa.Table.from_pylist(rows, schema=_SCHEMA))
    expected = table.to_rows()
    assert len(table) == len(rows)
    assert [r["candid"] for r in table.to_polars().to_dicts()] == [r["candid"] for r in rows]
    frame = table.to_pandas()
    assert [None if pd.isna(v) else int(v) for v in frame["candid"]] == [r["candid"] for r in rows]
    astropy = table.to_astropy()
    assert astropy.colnames == table.columns
    for name in ("candid", "name", "flag", "rb", "filters"):
        column = astropy[name]
        masked = getattr(column, "mask", np.zeros(len(rows), bool))
        values = [None if gap else v for gap, v in zip(masked, column.tolist() if len(rows) else [], strict=True)]
        assert values == [r[name] for r in expected]
    assert astropy["flux"].unit == u.uJy
    flux = [None if np.isnan(v) else v for v in astropy["flux"].value.tolist()]
    assert flux == [r["flux"] for r in rows]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.int64(), BIG), (pa.int32(), 5), (pa.float64(), 0.5), (pa.float32(), 0.5), (pa.bool_(), True), (pa.string(), "x"),
        (pa.timestamp("us"), datetime(2026, 11, 21)), (pa.timestamp("us", "UTC"), datetime(2026, 11, 21, tzinfo=UTC)),
        (pa.date32(), datetime(2026, 11, 21).date()), (pa.list_(pa.int32()), [1, 2]),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("pattern", ["v", "n", "vn", "nvv", ""])
def test_nulls_are_masked_and_change_no_type(kind: pa.DataType, value: Any, pattern: str) -> None:
    values = [value if c == "v" else None for c in pattern]
    column = SkyTable(pa.table({"x": pa.array(values, kind)})).to_astropy()["x"] if pattern else None
    if column is None:
        assert len(SkyTable(pa.table({"x": pa.array([], kind)})).to_astropy()) == 0
        return
    masked = getattr(column, "mask", [False] * len(values))
    assert [bool(m) for m in masked] == [c == "n" for c in pattern]
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        assert column.dtype == kind.to_pandas_dtype()
    assert [v for v, m in zip(column.tolist(), masked, strict=True) if not m] == [v for v in values if v is not None]


def test_units_are_known_to_astropy() -> None:
    for unit in UNITS.values():
        u.Unit(unit)


def test_rows_without_values_have_columns_of_text() -> None:
    table = SkyTable.from_rows([{"mine": None, "id": "1"}, {"mine": None, "id": "2"}])
    assert table.columns == ["mine", "id"]
    assert table.arrow.schema.field("mine").type == pa.string()
    assert SkyTable.from_rows([]).to_rows() == []


def test_structures_are_text_in_all_rows_of_their_column() -> None:
    rows = [
        {"windows": [[1.0, 2.0]], "tags": ["a"]},
        {"windows": [], "tags": []},
        {"windows": None, "tags": ["b", "c"]},
    ]
    found = SkyTable.from_rows(rows).to_rows()
    assert [row["windows"] for row in found] == ["[[1.0, 2.0]]", "[]", None]
    assert [row["tags"] for row in found] == [["a"], [], ["b", "c"]]


def test_a_table_shown_in_a_notebook_is_safe() -> None:
    html = SkyTable(
        pa.table({"<b>": ["<script>alert(1)</script>", None], "ra": [1.23456789, float("nan")]})
    )._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert "ra (deg)" in html
    assert "–" in html
    assert "21 rows, 20 shown" in SkyTable(pa.table({"x": range(21)}))._repr_html_()


def _points() -> PhotometryTable:
    rows = [
        {"mjd": 1.0, "filter": "ztfg", "mag": None, "magerr": None, "limiting_mag": 20.5, "flux": None},
        {"mjd": 2.0, "filter": "ztfg", "mag": 19.0, "magerr": 0.1, "limiting_mag": 20.5, "flux": 90.0},
        {"mjd": 3.0, "filter": "ztfr", "mag": 18.5, "magerr": 0.1, "limiting_mag": None, "flux": 145.0},
    ]
    return PhotometryTable(pa.Table.from_pylist(rows))


def test_a_light_curve_is_drawn() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    axes = _points().plot()
    axes.figure.canvas.draw()
    assert axes.yaxis_inverted()
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"ztfg", "ztfr"}
    limits = [line for line in axes.lines if line.get_marker() == "v" and len(line.get_xdata())]
    assert [list(line.get_ydata()) for line in limits] == [[20.5]]
    own = plt.subplots()[1]
    assert _points().plot(own) is own
    plt.close("all")


@pytest.mark.filterwarnings("ignore:No artists with labels")
def test_an_empty_light_curve_is_drawn() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    PhotometryTable(_points().arrow.slice(0, 0)).plot().figure.canvas.draw()
    plt.close("all")


def test_polars_and_pandas_keep_integers() -> None:
    table = SkyTable(pa.table({"candid": [BIG, None]}))
    assert table.to_polars()["candid"].dtype == pl.Int64
    assert str(table.to_pandas()["candid"].dtype) == "Int64"


def test_sncosmo_gets_fluxes_without_limits_in_the_order_of_time() -> None:
    columns = {"mjd": [3.0, 1.0, 2.0], "filter": ["ztfr", "ztfg", "ztfg"], "flux": [5.0, -1.0, None]}
    table = PhotometryTable(pa.table({**columns, "fluxerr": [1.0, 2.0, None], "limiting_mag": [None, None, 20.0]}))
    found = table.to_sncosmo()
    assert set(found.colnames) == {"time", "band", "flux", "zp", "zpsys", "fluxerr"}
    assert list(found["time"]) == [1.0, 3.0]
    assert list(found["band"]) == ["ztfg", "ztfr"]
    assert list(found["flux"]) == [-1.0, 5.0]
    assert set(found["zp"]) == {23.9}


def test_a_filter_without_a_curve_is_refused_by_name() -> None:
    columns = {"mjd": [1.0], "filter": ["radio-3GHz"], "flux": [5.0], "fluxerr": [1.0]}
    with pytest.raises(NotFound, match="radio-3GHz"):
        PhotometryTable(pa.table(columns)).to_sncosmo()


def test_a_paper_gets_no_empty_table_and_no_column_that_is_none() -> None:
    with pytest.raises(InvalidInput, match="no rows"):
        SkyTable(pa.table({"a": pa.array([], pa.int64())})).to_aastex()
    with pytest.raises(InvalidInput, match="'b' is no column: a are"):
        SkyTable(pa.table({"a": [1]})).to_aastex(["b"])


def test_a_table_for_a_paper_is_escaped_and_says_units_and_what_is_missing() -> None:
    table = SkyTable(pa.table({"mjd": [60000.123456, 60001.0], "mag": [18.456, None], "note": ["50% & a_b\\", "<1"]}))
    lines = table.to_aastex(["note", "mjd", "mag"], caption="Of AT_2023", digits={"mjd": 3, "mag": 2}).splitlines()
    assert lines == [
        r"\begin{deluxetable}{ccc}",
        r"\tablecaption{Of AT\_2023}",
        r"\tablehead{\colhead{note} & \colhead{mjd} & \colhead{mag}\\ \colhead{ } & \colhead{d} & \colhead{mag}}",
        r"\startdata",
        r"50\% \& a\_b\textbackslash{} & 60000.123 & 18.46 \\",
        r"\textless{}1 & 60001.000 & \nodata",
        r"\enddata",
        r"\end{deluxetable}",
    ]
