"""Packets as an Arrow table, and the fields that are kept of them."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from skyhub.alerts import PACKET_SCHEMA, AlertReader, Packet, packet_table
from skyhub.alerts._fields import kept_fields


@pytest.fixture(scope="module")
def packets(shared: Path, ztf_files: list[Path]) -> list[Packet]:
    reader, others = AlertReader(), sorted((shared / "alerts" / "other").rglob("*.avro"))
    return [packet for path in [*ztf_files[::4], *others] for packet in reader.read(path).packets]


def test_a_table_says_what_the_packets_say(packets: list[Packet]) -> None:
    some = [*packets, _bare(packets[0])]
    assert sum(len(packet.photometry) for packet in some) > len(some)
    table = packet_table(some)
    table.validate(full=True)
    assert table.schema == PACKET_SCHEMA
    assert table.to_pylist() == [asdict(packet) for packet in some]
    assert packet_table([]).to_pylist() == []


def _bare(packet: Packet) -> Packet:
    return Packet(
        **{**{name: getattr(packet, name) for name in PACKET_SCHEMA.names}, "photometry": [], "annotations": []}
    )


def test_a_value_of_another_type_is_refused(packets: list[Packet]) -> None:
    bare = _bare(packets[0])
    bare.candid = 2**63
    with pytest.raises(OverflowError):
        packet_table([bare])


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), None),
        ([1.5, float("-inf")], [1.5, None]),
        (b"\x00\xff", "AP8="),
        ({3: (1, 2**80)}, {"3": [1, 2**80]}),
        ({date(2026, 1, 2): date(2026, 1, 3)}, {"2026-01-02": "2026-01-03"}),
        (MappingProxyType({"a": MappingProxyType({"b": True})}), {"a": {"b": True}}),
        ("é🔭", "é🔭"),
    ],
)
def test_fields_are_kept_as_gzipped_json(value: Any, kept: Any) -> None:
    blob = kept_fields({"value": value, "cutout": b"not kept"}, {"cutout"})
    assert json.loads(gzip.decompress(blob), parse_constant=pytest.fail) == {"value": kept}
    assert kept_fields({"value": value}, ()) == blob
