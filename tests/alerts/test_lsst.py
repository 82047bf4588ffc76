"""Rubin's alerts: what is no packet is refused, the rest is what the raw records say, in µJy and UTC."""

from __future__ import annotations

import gzip
import io
import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from skyhub.alerts import AlertReader, FileContent, Packet, SchemaStore, fits_image, surveys_of
from skyhub.errors import PacketRejected
from support.surveys import lsst, lsst_source, raw_records

_READERS = {survey.name: survey for survey in surveys_of()}


def _decoded(record: dict[str, Any]) -> Packet:
    return _READERS["LSST"].decode(record, "lsst.v10_0.alert")


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "no source": ({"diaSource": None}, "diaSource.diaSourceId is missing"),
    "a source that is a text": ({"diaSource": "text"}, "diaSource.diaSourceId is within a str"),
    "no number": ({"diaSource": lsst_source(0)}, "missing"),
    "a number that went through a float": ({"diaSource": lsst_source(1.7e17)}, "63 bits"),
    "a number beyond 63 bits": ({"diaSource": lsst_source(2**63)}, "63 bits"),
    "no time": ({"diaSource": lsst_source(7, midpointMjdTai=None)}, "no time"),
    "a time that is no MJD": ({"diaSource": lsst_source(7, midpointMjdTai=1480360995.0)}, "MJD 50000"),
    "an unknown band": ({"diaSource": lsst_source(7, band="w")}, "u, g, r, i, z, y"),
    "no flux": ({"diaSource": lsst_source(7, psfFlux=math.nan)}, "no flux"),
    "no error": ({"diaSource": lsst_source(7, psfFluxErr=0.0)}, "no flux"),
    "an error that is next to nothing": ({"diaSource": lsst_source(7, psfFluxErr=5e-324)}, "no flux"),
    "a flux that is next to nothing": ({"diaSource": lsst_source(7, psfFlux=5e-324)}, "no flux"),
    "a flux that is a text": ({"diaSource": lsst_source(7, psfFlux="12")}, "psfFlux is '12'"),
    "a flux beyond single precision": ({"diaSource": lsst_source(7, psfFlux=1e300)}, "psfFlux"),
    "no flux at all": ({"diaSource": lsst_source(7, psfFlux=0.0)}, "no flux"),
    "no position": ({"diaSource": lsst_source(7, ra=None)}, "no position"),
    "a position off the sphere": ({"diaSource": lsst_source(7, dec=-91.0)}, "dec ≤ 90"),
    "no object": ({"diaSource": lsst_source(7, diaObjectId=0), "diaObject": None}, "no object"),
    "a history that is a text": ({"prvDiaSources": "text"}, "list of points"),
    "a history of numbers": ({"prvDiaSources": [1]}, r"prvDiaSources\[0\]"),
    "a bad point in the history": ({"prvDiaForcedSources": [{**lsst_source(1), "band": "q"}]}, r"Sources\[0\]"),
    "a cutout that is a text": ({"cutoutScience": "text"}, "bytes are needed"),
    "a score that is a text": ({"diaSource": lsst_source(7, reliability="high")}, "reliability"),
}


@pytest.mark.parametrize(("changes", "reason"), SPOILT.values(), ids=SPOILT.keys())
def test_spoilt_records_are_refused_with_a_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(PacketRejected, match=reason):
        _decoded(lsst(**changes))


def test_values_that_say_nothing_become_null() -> None:
    packet = _decoded(lsst(diaSource=lsst_source(7, reliability=math.nan), ssSource={"designation": "null"}))
    assert (packet.rb, packet.drb, packet.sso_name, packet.sso_distance, packet.star_score) == (None,) * 5


def test_names_come_from_the_object_else_the_minor_planet() -> None:
    """An alert of the solar system has no DIA object: 0 or null."""
    fixed = lsst(diaSource=lsst_source(7, diaObjectId=2**60 + 1, ssObjectId=0))
    assert _decoded(fixed).object_id == f"LSST-{2**60 + 1}"
    for nothing in (0, None):
        moving = lsst(
            diaSource=lsst_source(7, diaObjectId=nothing, ssObjectId=5),
            diaObject=None,
            mpc_orbits={"designation": "2002 JP146"},
        )
        assert (_decoded(moving).object_id, _decoded(moving).sso_name) == ("LSST-SSO-5", "2002 JP146")


def test_points_without_a_flux_are_left_out_and_negative_ones_stay() -> None:
    history = [lsst_source(1, psfFlux=math.nan), lsst_source(2, psfFlux=-5000.0), lsst_source(3, psfFluxErr=None)]
    forced = [{**lsst_source(0), "diaForcedSourceId": 8, "psfFlux": 0.0}]
    packet = _decoded(lsst(prvDiaSources=history, prvDiaForcedSources=forced))
    assert [(p.point_id, p.origin, p.flux) for p in packet.photometry[1:]] == [
        (2, "alert", pytest.approx(-5.0)),
        (8, "forced", 0.0),
    ]
    assert packet.photometry[1].mag == pytest.approx(23.9 - 2.5 * math.log10(5.0))
    assert packet.photometry[2].mag is None


def test_limits_of_early_schemas_are_upper_limits() -> None:
    limit = {"ccdVisitId": 3, "midpointMjdTai": 60900.0, "band": "g", "diaNoise": 200.0}
    point = _decoded(lsst(prvDiaNondetectionLimits=[limit])).photometry[1]
    assert (point.flux, point.filter, point.point_id < 0) == (None, "lsstg", True)
    assert point.fluxerr == pytest.approx(0.2)
    assert point.limiting_mag == pytest.approx(31.4 - 2.5 * math.log10(5 * 200.0))


def test_every_sample_is_read_as_it_is(shared: Path, samples: dict[str, FileContent]) -> None:
    """Fluxes, errors, times and positions of alerts and of all their previous sources, from the raw records."""
    packets = {p.candid: p for content in samples.values() for p in content.packets if p.survey == "LSST"}
    n_points = 0
    root = shared / "alerts" / "lsst"
    files = [p for p in sorted(root.rglob("*")) if p.suffix in {".avro", ".parquet"}]
    for record in (record for path in files for _, record in raw_records(path, root / "alert_packet")):
        source = record["diaSource"]
        if "midpointMjdTai" not in source or source["midpointMjdTai"] > 1e6:
            continue
        packet = packets[source["diaSourceId"]]
        assert packet.mjd == pytest.approx(_utc(source["midpointMjdTai"]), abs=1e-9)
        assert (packet.ra, packet.dec, packet.filter) == (source["ra"], source["dec"], f"lsst{source['band']}")
        assert packet.positive == (source["psfFlux"] > 0)
        assert packet.mag == pytest.approx(31.4 - 2.5 * math.log10(abs(source["psfFlux"])))
        assert (packet.rb or None) == (source["reliability"] or None)
        assert packet.stream is None
        points = {(p.origin, p.point_id): p for p in packet.photometry}
        earlier = [("alert", p["diaSourceId"], p) for p in record["prvDiaSources"] or []]
        earlier += [("forced", p["diaForcedSourceId"], p) for p in record["prvDiaForcedSources"] or []]
        assert len(points) == 1 + len(earlier)
        for origin, number, given in earlier:
            point = points[origin, number]
            assert point.flux == pytest.approx(given["psfFlux"] / 1000)
            assert point.fluxerr == pytest.approx(given["psfFluxErr"] / 1000)
            assert point.filter == f"lsst{given['band']}"
        n_points += len(earlier)
    assert n_points > 15_000


def _utc(tai: float) -> float:
    return float(Time(tai, format="mjd", scale="tai").utc.mjd)


def test_real_alerts_of_the_solar_system(samples: dict[str, FileContent]) -> None:
    moving = [p for c in samples.values() for p in c.packets if p.object_id.startswith("LSST-SSO-")]
    assert len(moving) > 10
    assert all(p.sso_name for p in moving)


def test_numbers_never_pass_through_a_float(samples: dict[str, FileContent]) -> None:
    [content] = [c for name, c in samples.items() if "918301" in name]
    first = content.packets[0]
    assert first.candid == 170094456272322680 != int(float(first.candid))
    assert first.object_id == "LSST-170028485706776685"
    kept = json.loads(gzip.decompress(first.packet))
    assert kept["diaSource"]["diaSourceId"] == first.candid
    assert not {"prvDiaSources", "prvDiaForcedSources", "cutoutScience"} & kept.keys()


@pytest.mark.parametrize("kind", ["science", "template", "difference"])
def test_cutouts_are_the_first_image_of_several(samples: dict[str, FileContent], kind: str) -> None:
    for name in ("boom_7912941781254298", "boom_25409136044802067", "part-2-918301"):
        [content] = [c for path, c in samples.items() if name in path]
        data = getattr(content.packets[0], f"cutout_{kind}")
        with fits.open(io.BytesIO(data)) as opened:
            assert len(opened) == 3
            np.testing.assert_array_equal(fits_image(data), np.asarray(opened[0].data, dtype=float))


def test_versions_are_those_of_the_schemas(samples: dict[str, FileContent]) -> None:
    versions = {p.schema_version for c in samples.values() for p in c.packets if p.survey == "LSST"}
    assert versions == {"7.1", "8.0", "9.0", "10.0", "11.0", "11.1"}


def test_messages_need_the_schema_of_their_number(shared: Path, tmp_path: Path) -> None:
    message = (shared / "alerts/lsst/confluent_wire/lsst.v10_0.avro").read_bytes()
    away = tmp_path / "deep" / "er" / "x.avro"
    away.parent.mkdir(parents=True)
    away.write_bytes(message)
    [refusal] = AlertReader().read(away).rejected
    assert "no schema 1000" in refusal.reason
    assert "--schemas" in refusal.reason
    store = SchemaStore([shared / "alerts" / "lsst" / "alert_packet"])
    assert len(AlertReader(schemas=store).read(away).packets) == 1


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda m: m[:200], "no record of schema 1000"),
        (lambda m: m + b"\x00", "1 bytes are left"),
        (lambda m: m[:1] + struct.pack(">I", 1001) + m[5:], "no schema 1001"),
        (lambda m: m[:1] + struct.pack(">I", 2**32 - 1) + m[5:], "no schema 4294967295"),
        (lambda m: m[:5], "no readable"),
    ],
)
def test_broken_messages_are_refused(shared: Path, tmp_path: Path, spoilt: Any, reason: str) -> None:
    path = tmp_path / "x.avro"
    path.write_bytes(spoilt((shared / "alerts/lsst/confluent_wire/lsst.v10_0.avro").read_bytes()))
    store = SchemaStore([shared / "alerts" / "lsst" / "alert_packet"])
    [refusal] = AlertReader(schemas=store).read(path).rejected
    assert reason in refusal.reason


def test_a_damaged_schema_refuses_its_messages(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "1000.avsc").write_text("{")
    (tmp_path / "x.avro").write_bytes((shared / "alerts/lsst/confluent_wire/lsst.v10_0.avro").read_bytes())
    [refusal] = AlertReader().read(tmp_path / "x.avro").rejected
    assert "1000.avsc is no schema" in refusal.reason
