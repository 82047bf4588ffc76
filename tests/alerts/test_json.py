"""Packets in JSON and in brokers' envelopes: bad ones are refused with the reason, good ones are read as their survey's own."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from skyhub.alerts import AlertReader, FileContent
from support.packets import record, stamp

SOURCE = {
    "diaSourceId": 170455132746547257,
    "midpointMjdTai": 61029.354114730224,
    "ra": 221.87,
    "dec": -38.16,
    "psfFlux": 13677.0,
    "psfFluxErr": 1538.75,
    "band": "z",
    "reliability": 0.486,
}
EARLIER = {**SOURCE, "diaSourceId": 170455132746547001, "midpointMjdTai": 61027.1}


def lasair(*sources: dict[str, Any], **inner: Any) -> dict[str, Any]:
    """A record as Lasair's streams of Rubin alerts have it."""
    alert = {"diaObject": {"diaObjectId": 169760235333878021}, "diaSourcesList": list(sources), **inner}
    return {"diaObjectId": 169760235333878021, "decl": -38.16, "UTC": "2026-01-29 11:40:14", "alert": alert}


def _read(document: Any) -> FileContent:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return AlertReader().read_bytes(data, "message")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b'{"objectId": "ZTF', "no readable JSON"),
        (b"[" * 100_000, "no readable JSON"),
        (b"<html><body>Bad gateway</body></html>", "no readable Avro"),
        ([1], "no named fields"),
        ({"objectId": "ZTF26a"}, "no alert of a known survey"),
        ({**record(), "candid": 1.427174604415015e18}, "a positive integer"),
        ({**record(), "cutoutScience": {"stampData": "no base64!"}}, "no base64"),
        (lasair(), "has no detection"),
        (lasair({**SOURCE, "midpointMjdTai": None}), "no midpointMjdTai"),
        (lasair({key: SOURCE[key] for key in ("psfFlux", "psfFluxErr", "midpointMjdTai", "band")}), "the full alert"),
    ],
)
def test_what_is_no_packet_is_refused_with_the_reason(document: Any, reason: str) -> None:
    content = _read(document)
    assert content.packets == []
    assert reason in content.rejected[0].reason


def test_integers_and_bytes_survive_and_nan_is_no_value() -> None:
    whole = record(candid=534377870115010099, rb=float("nan"), ssnamenr="null")
    whole["cutoutScience"] = {"stampData": base64.b64encode(stamp()).decode()}
    [packet] = _read(whole).packets
    assert (packet.candid, packet.rb, packet.sso_name) == (534377870115010099, None, None)
    assert packet.cutout_science == stamp()


def test_lasair_sends_all_detections_of_rubin_in_one_list() -> None:
    forced = {**EARLIER, "diaForcedSourceId": 5, "midpointMjdTai": 61028.0}
    [packet] = _read(lasair(EARLIER, SOURCE, diaForcedSourcesList=[forced])).packets
    assert (packet.survey, packet.object_id) == ("LSST", "LSST-169760235333878021")
    assert packet.candid == SOURCE["diaSourceId"]
    assert [(p.origin, p.point_id) for p in packet.photometry] == [
        ("alert", SOURCE["diaSourceId"]),
        ("alert", EARLIER["diaSourceId"]),
        ("forced", 5),
    ]
    [note] = packet.annotations
    assert (note.origin, json.loads(note.data)) == (
        "lasair",
        {"diaObjectId": "169760235333878021", "decl": -38.16, "UTC": "2026-01-29 11:40:14"},
    )


def test_ztf_packets_in_json_as_lasair_keeps_them(shared: Path) -> None:
    path = shared / "logs" / "broker_responses" / "lasair_sherlock_example_ingested.json"
    content = AlertReader().read(path)
    assert (content.n_records, len(content.packets), content.rejected) == (5, 5, [])
    given = json.loads(path.read_text())
    assert [p.candid for p in content.packets] == [g["candid"] for g in given]
    assert [p.mag for p in content.packets] == [g["candidate"]["magpsf"] for g in given]


def test_babamul_gives_the_whole_history_of_a_ztf_alert(shared: Path) -> None:
    content = AlertReader().read(shared / "logs" / "broker_responses" / "babamul_alert.avro")
    [packet] = content.packets
    assert (packet.survey, packet.object_id, packet.candid) == ("ZTF", "ZTF26aauybpk", 3458293962815015016)
    own, *history = packet.photometry
    assert own.flux == pytest.approx(45548978176.0 * 1e-9, rel=1e-5)  # its psfFlux in fJy, which we made of magpsf
    assert sum(p.origin == "forced" for p in history) == 114
    assert sum(p.origin == "alert" and p.flux is not None for p in history) == 65
    assert sum(p.flux is None for p in history) == 52
    assert min(p.mjd for p in history if p.flux and p.origin == "alert") == pytest.approx(packet.first_mjd, abs=1e-6)
    [note] = packet.annotations
    assert (note.origin, json.loads(note.data)["stationary"]) == ("boom", True)


@pytest.mark.parametrize(
    ("name", "n", "expected"),
    [
        (
            "fink_ztf/fink_ztf_2026_multi.avro",
            31,
            {"finkclass": "SN candidate", "snn_snia_vs_nonia": 0.5400142669677734},
        ),
        ("lsst/fink/fink_lsst_multi_part-2-918301.avro", 7, {"cats_class": 11, "parallax": 0.05999999865889549}),
    ],
)
def test_what_fink_says_is_taken_out_of_its_packets(shared: Path, name: str, n: int, expected: dict[str, Any]) -> None:
    packets = AlertReader().read(shared / "alerts" / name).packets
    assert len(packets) == n
    [note] = packets[0].annotations
    data = json.loads(note.data)
    assert note.origin == "fink"
    assert data.items() >= expected.items()
    assert not {"nan", "Unknown", "None", ""} & {str(value) for value in data.values()}
    assert "earlySNIa_score" not in data  # -1: not computed


def test_what_a_broker_says_has_bounds_and_no_empty_words() -> None:
    said = {
        "long": {"a": "x" * 200_000},
        "empty": {"a": None, "b": "Unknown", "c": []},
        "odd": 7,
        "good": {"a": {"b": 1}},
    }
    [packet] = _read({**record(), "broker_annotations": said}).packets
    assert [(note.origin, json.loads(note.data)) for note in packet.annotations] == [("good", {"a.b": 1})]
