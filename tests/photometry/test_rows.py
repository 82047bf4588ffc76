"""Rows of uploaded tables: what is said of texts is said once for all rows that are alike."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.photometry._options import UploadOptions
from skyhub.photometry._rows import Rows, by_distinct

_TEXTS = st.sampled_from(["", "a", "b", "ab", "星"])


def test_of_no_rows_nothing_is_asked() -> None:
    assert by_distinct(pytest.fail, [], []).tolist() == []


@given(st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS)))
def test_each_distinct_row_is_asked_for_once(rows: list[tuple[str, str, str]]) -> None:
    asked = []

    def say(*texts: str) -> str:
        asked.append(texts)
        return "/".join(texts)

    columns = [[row[k] for row in rows] for k in range(3)]
    assert by_distinct(say, *columns).tolist() == ["/".join(row) for row in rows]
    assert sorted(asked) == sorted(set(rows))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_flags_are_texts_in_either_case(kind: pa.DataType) -> None:
    flags = pa.array(["T", " f ", None, "", "F", "nan"], kind)
    table = pa.table({"isdiffpos": flags, "mjd": [60000.0] * 6, "mag": [20.0] * 6, "filter": ["ztfr"] * 6})
    rows = Rows(table, UploadOptions())
    assert rows.flags("positive", ("f",)).tolist() == [False, True, False, False, True, False]
    assert rows.flags("is_limit", ("t",)).tolist() == [False] * 6
