"""A record and its schema become a container that any reader of Avro understands."""

from __future__ import annotations

import io
import json

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.adapters._container import container, is_schema

SCHEMA = {
    "type": "record",
    "name": "alert",
    "fields": [{"name": "candid", "type": "long"}, {"name": "stamp", "type": "bytes"}],
}


@pytest.mark.parametrize("key", [None, b"", b"ZTF26aaaaaaa", b"170455132746547257", b'{"objectId": "a"}', b'"record"'])
def test_other_keys_are_no_schema(key: bytes | None) -> None:
    assert not is_schema(key)


@given(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=40_000))
def test_the_record_comes_back(candid: int, stamp: bytes) -> None:
    schema, written = json.dumps(SCHEMA).encode(), io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(SCHEMA), {"candid": candid, "stamp": stamp})
    assert is_schema(schema)
    whole = container(schema, written.getvalue())
    assert list(fastavro.reader(io.BytesIO(whole))) == [{"candid": candid, "stamp": stamp}]
