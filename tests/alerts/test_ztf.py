"""ZTF packets: spoilt ones are refused with a reason, real ones are stored as they are."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import fastavro
import pytest
from skyhub.alerts import STREAMS, AlertReader, Packet
from support.packets import detection, limit, record, stamp, write_packets

NAN = float("nan")
FILTERS = {1: "ztfg", 2: "ztfr", 3: "ztfi"}

SPOILT: dict[str, dict[str, Any]] = {
    "no jd": {"jd": None},
    "jd 0": {"jd": 0.0},
    "jd NaN": {"jd": NAN},
    "jd infinite": {"jd": math.inf},
    "jd as an MJD": {"jd": 59000.5},
    "jd as text": {"jd": "2459000.5"},
    "ra 400": {"ra": 400.0},
    "ra negative": {"ra": -0.1},
    "ra NaN": {"ra": NAN},
    "ra as text": {"ra": "10:00:00"},
    "ra true": {"ra": True},
    "no dec": {"dec": None},
    "dec 91": {"dec": 91.0},
    "dec -999": {"dec": -999.0},
    "fid 9": {"fid": 9},
    "fid 0": {"fid": 0},
    "fid true": {"fid": True},
    "fid as text": {"fid": "g"},
    "fid 1.0": {"fid": 1.0},
    "fid a list": {"fid": [1]},
    "programid 7": {"programid": 7},
    "programid 0": {"programid": 0},
    "no programid": {"programid": None},
    "programid true": {"programid": True},
    "programid 1.0": {"programid": 1.0},
    "magpsf -999": {"magpsf": -999.0},
    "magpsf NaN": {"magpsf": NAN},
    "magpsf 99": {"magpsf": 99.0},
    "no magpsf": {"magpsf": None},
    "magpsf true": {"magpsf": True},
    "sigmapsf 0": {"sigmapsf": 0.0},
    "sigmapsf negative": {"sigmapsf": -0.1},
    "sigmapsf as text": {"sigmapsf": "0.1"},
    "rb as text": {"rb": "high"},
    "drb true": {"drb": True},
    "ndethist as text": {"ndethist": "three"},
    "ndethist a fraction": {"ndethist": 3.5},
    "ndethist negative": {"ndethist": -1},
    "ndethist too large": {"ndethist": 2**40},
    "ndethist true": {"ndethist": True},
}


def _read(path: Path, *records: Any) -> tuple[list[Packet], list[str]]:
    content = AlertReader().read(write_packets(path / "packet.avro", *records))
    assert content.n_records == len(records)
    return content.packets, [r.reason for r in content.rejected]


@pytest.mark.parametrize("changes", SPOILT.values(), ids=SPOILT.keys())
def test_spoilt_candidates_are_refused_with_a_reason(tmp_path: Path, changes: dict[str, Any]) -> None:
    packets, reasons = _read(tmp_path, record(**changes))
    assert packets == []
    assert len(reasons) == 1
    assert "Error" not in reasons[0]
    assert next(iter(changes)) in reasons[0]


@pytest.mark.parametrize("field", ["jd", "fid", "programid", "ra", "dec", "magpsf", "sigmapsf"])
def test_missing_fields_are_refused(tmp_path: Path, field: str) -> None:
    whole = record()
    del whole["candidate"][field]
    packets, reasons = _read(tmp_path, whole)
    assert packets == []
    assert len(reasons) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("objectId", None), ("objectId", ""), ("objectId", " "), ("objectId", 7), ("objectId", True),
        ("candid", None), ("candid", 0), ("candid", -5), ("candid", True), ("candid", 1.5e18), ("candid", "1427174604415015001"),
        ("candidate", None), ("candidate", []), ("candidate", "text"), ("candidate", {}),
        ("prv_candidates", "text"), ("prv_candidates", {"jd": 1.0}), ("prv_candidates", [1, 2]), ("prv_candidates", ["x"]),
        ("fp_hists", 5), ("fp_hists", [None]),
        ("cutoutScience", 5), ("cutoutScience", {"stampData": 10**9}), ("cutoutScience", {"stampData": "text"}),
        ("cutoutScience", True),
    ],
)  # fmt: skip
def test_records_of_another_shape_are_refused(tmp_path: Path, key: str, value: Any) -> None:
    packets, reasons = _read(tmp_path, {**record(), key: value})
    assert packets == []
    assert len(reasons) == 1


@pytest.mark.parametrize(
    "entry",
    [
        detection(5, magpsf=99.0), detection(5, fid=9), detection(5, jd=0.0), detection(5, ra=400.0), detection(-5),
        detection(5, programid=7), detection(5, sigmapsf=0.0), {**detection(5), "candid": 1.5e18}, limit(5, fid=9),
        limit(5, jd=1.0),
        limit(True), limit(-3), {**limit(5), "pid": 2.5}, {**limit(5), "pid": "x"}, limit(5, programid=None),
    ],
)  # fmt: skip
def test_a_bad_point_in_the_history_refuses_the_packet(tmp_path: Path, entry: dict[str, Any]) -> None:
    packets, reasons = _read(tmp_path, record(history=[limit(3), entry]))
    assert packets == []
    assert "prv_candidates[1]" in reasons[0]


def test_two_candids_in_one_record_are_refused(tmp_path: Path) -> None:
    whole = record(11)
    whole["candidate"]["candid"] = 12
    packets, reasons = _read(tmp_path, whole)
    assert packets == []
    assert "differs" in reasons[0]


def test_one_bad_record_of_a_file_leaves_the_others(tmp_path: Path) -> None:
    packets, reasons = _read(tmp_path, record(11), record(12, jd=0.0), {"another": "thing"}, record(14))
    assert [p.candid for p in packets] == [11, 14]
    assert len(reasons) == 2


def test_values_that_say_nothing_become_null(tmp_path: Path) -> None:
    [packet], reasons = _read(
        tmp_path, record(rb=NAN, drb=-999.0, ssdistnr=-999.0, sgscore1=None, diffmaglim=-1006.9, ndethist=None)
    )
    assert reasons == []
    values = (packet.rb, packet.drb, packet.sso_distance, packet.star_score, packet.limiting_mag, packet.n_detections)
    assert values == (None,) * 6
    assert json.loads(gzip.decompress(packet.packet))["candidate"]["rb"] is None


def test_points_of_the_history(tmp_path: Path) -> None:
    history = [limit(7), detection(5, isdiffpos="f", programid=2), limit(8, diffmaglim=-999.0), limit(9, programid=3)]
    [packet], _ = _read(tmp_path, record(history=history))
    by_id = {p.point_id: p for p in packet.photometry}
    assert by_id.keys() == {packet.candid, -7, 5, -9}
    assert by_id[5].flux == pytest.approx(-(10 ** ((23.9 - 19.25) / 2.5)))
    assert by_id[-7].flux is None
    assert by_id[-7].fluxerr == pytest.approx(10 ** ((23.9 - 20.1) / 2.5) / 5)
    assert [by_id[i].stream for i in (-7, 5, -9)] == [None, "ztf-partnership", "ztf-caltech"]


def test_unusual_fields_are_kept_in_the_packet(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    schema = {"type": "record", "name": "r", "fields": [
        {"name": "objectId", "type": "string"}, {"name": "candid", "type": "long"},
        {"name": "when", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "blob", "type": "bytes"},
        {"name": "candidate", "type": {"type": "map", "values": ["null", "long", "double", "string"]}},
    ]}  # fmt: skip
    whole = {**record(), "when": datetime(2026, 11, 22, tzinfo=UTC), "blob": b"\xff\x00"}
    path = tmp_path / "x.avro"
    with path.open("wb") as f:
        fastavro.writer(
            f,
            fastavro.parse_schema(schema),
            [{k: whole[k] for k in ("objectId", "candid", "when", "blob", "candidate")}],
        )
    [packet] = AlertReader().read(path).packets
    kept = json.loads(gzip.decompress(packet.packet))
    assert kept["when"].startswith("2026-11-22")
    assert kept["blob"] == "/wA="


def test_spoilt_cutouts_are_kept_as_they_came(tmp_path: Path) -> None:
    data = stamp()[:-50]
    [packet], _ = _read(
        tmp_path, {**record(), "cutoutScience": {"stampData": data}, "cutoutTemplate": {"stampData": b"no FITS"}}
    )
    assert packet.cutout_science == data
    assert packet.cutout_template == b"no FITS"
    assert packet.cutout_difference is None


def test_broken_files_are_refused_whole(shared: Path) -> None:
    files = sorted((shared / "alerts" / "broken").glob("*.avro"))
    assert len(files) == 3
    for path in files:
        content = AlertReader().read(path)
        assert content.packets == []
        assert len(content.rejected) == 1
        assert content.rejected[0].record is None
        assert "no readable Avro container" in content.rejected[0].reason


def test_packets_of_another_survey_than_said_are_refused(shared: Path) -> None:
    reader = AlertReader()
    for path in sorted((shared / "alerts" / "other").rglob("*.avro")):
        content = reader.read(path, reader.survey("ZTF"))
        assert content.packets == []
        assert len(content.rejected) == content.n_records == 1


@pytest.mark.parametrize("path", ["nothing.avro", "."])
def test_files_that_cannot_be_read_are_refused(tmp_path: Path, path: str) -> None:
    assert "no readable" in AlertReader().read(tmp_path / path).rejected[0].reason


def _given(fields: dict[str, Any], key: str) -> float | None:
    value = fields.get(key)
    return None if value is None or value != value or value == -999.0 else value


def test_every_real_packet_is_read_as_it_is(ztf_files: list[Path]) -> None:
    """All schema versions there are, without cutouts too, each value compared to the raw field."""
    versions, without_cutouts = set(), 0
    for path in ztf_files:
        with path.open("rb") as f:
            (raw,) = list(fastavro.reader(f))
        content = AlertReader().read(path)
        assert content.rejected == []
        [packet] = content.packets
        fields = raw["candidate"]
        assert (packet.candid, packet.object_id, packet.schema_version) == (
            raw["candid"],
            raw["objectId"],
            raw["schemavsn"],
        )
        assert packet.mjd == pytest.approx(fields["jd"] - 2400000.5, abs=1e-9)
        assert (packet.ra, packet.dec, packet.filter) == (fields["ra"], fields["dec"], FILTERS[fields["fid"]])
        assert (packet.mag, packet.magerr) == (fields["magpsf"], fields["sigmapsf"])
        assert packet.positive == (fields["isdiffpos"] in ("t", "1"))
        for ours, theirs in {
            "rb": "rb",
            "drb": "drb",
            "star_score": "sgscore1",
            "star_distance": "distpsnr1",
            "sso_distance": "ssdistnr",
            "sso_mag": "ssmagnr",
        }.items():
            assert getattr(packet, ours) == _given(fields, theirs)
        assert packet.n_detections == fields["ndethist"]
        assert packet.sso_name == (None if fields["ssnamenr"] in (None, "null") else fields["ssnamenr"].strip())
        assert packet.stream == STREAMS[fields["programid"]]
        for kind in ("science", "template", "difference"):
            stamp_of = raw.get(f"cutout{kind.capitalize()}")
            assert getattr(packet, f"cutout_{kind}") == (stamp_of["stampData"] if stamp_of else None)
        kept = json.loads(gzip.decompress(packet.packet))
        assert kept["candid"] == raw["candid"]
        assert kept["candidate"].keys() == fields.keys()
        versions.add(packet.schema_version)
        without_cutouts += packet.cutout_science is None
    assert {"2.0", "3.0", "3.1", "3.2", "3.3", "3.5", "4.01", "4.02"} == versions
    assert without_cutouts > 0


def test_every_real_history_is_read_point_by_point(ztf_files: list[Path]) -> None:
    n_limits = n_forced = 0
    for path in ztf_files:
        with path.open("rb") as f:
            (raw,) = list(fastavro.reader(f))
        [packet] = AlertReader().read(path).packets
        points = {(p.origin, p.point_id): p for p in packet.photometry}
        for entry in raw.get("prv_candidates") or []:
            if entry.get("candid") is not None and _given(entry, "magpsf") is not None:
                point = points["alert", entry["candid"]]
                sign = 1 if entry["isdiffpos"] in ("t", "1") else -1
                assert point.flux == pytest.approx(sign * 10 ** (-0.4 * (entry["magpsf"] - 23.9)), rel=1e-9)
                assert point.mag == entry["magpsf"]
            elif entry["diffmaglim"] and 0 < entry["diffmaglim"] < 30:
                point = points["alert", -entry["pid"]]
                assert (point.mag, point.limiting_mag) == (None, entry["diffmaglim"])
                n_limits += 1
            else:
                continue
            assert point.filter == FILTERS[entry["fid"]]
            assert point.mjd == pytest.approx(entry["jd"] - 2400000.5, abs=1e-9)
            assert point.stream == STREAMS[entry["programid"]]
        for entry in raw.get("fp_hists") or []:
            point = points.get(("forced", -entry["pid"]))
            flux, error = entry["forcediffimflux"], entry["forcediffimfluxunc"]
            if flux in (None, -99999.0) or error is None or error <= 0:
                assert point is None
            else:
                assert point is not None
                assert point.flux == pytest.approx(flux * 10 ** (-0.4 * (entry["magzpsci"] - 23.9)), rel=1e-9)
                n_forced += 1
    assert n_limits > 100
    assert n_forced > 100
