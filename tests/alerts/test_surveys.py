"""Surveys by mapping files: bad files are refused with the place, samples are read with their own values."""

from __future__ import annotations

import gzip
import io
import math
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest
import yaml
from astropy.io import fits
from astropy.time import Time
from skyhub.alerts import AlertReader, FileContent, Packet, fits_image, png_of_cutout, read_mapping, surveys_of
from skyhub.errors import InvalidInput, PacketRejected
from skyhub.science.bandpasses import bandpass

MAPPING: dict[str, Any] = {
    "survey": "Mine",
    "recognise": {"fields": ["source.flux"]},
    "candid": "source.number",
    "object": {"path": "name", "prefix": "MINE-"},
    "stream": "mine",
    "flux_unit": "mJy",
    "filters": {"green": "sdssg", 3: "sdssr"},
    "detection": "source",
    "point": {"time": "when", "filter": "band", "ra": "ra", "dec": "dec", "flux": "flux", "fluxerr": "error"},
    "history": [{"path": "earlier", "point": {"ra": [], "dec": []}}],
}
RECORD: dict[str, Any] = {
    "name": "one",
    "source": {"number": 12, "when": 60000.25, "band": "green", "ra": 10.0, "dec": 20.0, "flux": 1.0, "error": 0.1},
    "earlier": [{"when": 59999.25, "band": 3, "flux": -0.5, "error": 0.1}],
}


def _write(directory: Path, **changes: Any) -> Path:
    path = directory / "mine.yaml"
    path.write_text(yaml.safe_dump({key: v for key, v in {**MAPPING, **changes}.items() if v is not ...}))
    return path


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"survey": ...}, "survey"),
    "a name with blanks": ({"survey": "my survey"}, "survey"),
    "nothing to recognise it by": ({"recognise": {}}, "schemas, fields"),
    "a pattern that is none": ({"recognise": {"schemas": ["("]}}, "regular expression"),
    "an unknown key": ({"colour": "green"}, "colour"),
    "a path with blanks": ({"candid": "a b"}, "is no path"),
    "an unknown bandpass": ({"filters": {"g": "greenish"}}, "no bandpass 'greenish'"),
    "no object": ({"object": ...}, "object"),
    "no stream": ({"stream": ...}, "stream"),
    "a stream by half": ({"stream": {"path": "programid"}}, "path and names together"),
    "no time": (
        {"point": {"filter": "band", "ra": "ra", "dec": "dec", "flux": "f", "fluxerr": "e"}},
        "point lacks time",
    ),
    "no measurement": ({"point": {"time": "t", "filter": "b", "ra": "r", "dec": "d"}}, "flux and fluxerr"),
    "fluxes without a unit": ({"flux_unit": ...}, "flux_unit, flux_zero_point or point.zero_point"),
    "an unknown unit": ({"flux_unit": "erg"}, "flux_unit"),
    "an unknown scale": ({"time": {"scale": "lmst"}}, "time.scale"),
    "a Vega band it does not have": ({"vega": ["2massj"]}, "none of the filters"),
    "a Vega band without Vega": ({"filters": "radio-3GHz", "vega": ["radio-3GHz"]}, "no Vega magnitudes"),
}


@pytest.mark.parametrize(("changes", "reason"), BAD.values(), ids=BAD.keys())
def test_bad_mapping_files_are_refused_with_the_place(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    path = _write(tmp_path, **changes)
    with pytest.raises(InvalidInput) as caught:
        surveys_of(tmp_path)
    assert str(path) in caught.value.message
    assert reason in caught.value.message


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "text"])
def test_files_that_are_no_mappings_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=r"mine\.yaml"):
        surveys_of(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_mapping(tmp_path / "missing.yaml")


def _read(directory: Path, record: dict[str, Any] = RECORD, **changes: Any) -> Packet:
    _write(directory, **changes)
    [survey] = [s for s in surveys_of(directory) if s.name == "Mine"]
    assert survey.has_form(record)
    return survey.decode(record, "")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    packet = _read(tmp_path)
    assert (packet.candid, packet.object_id, packet.survey, packet.stream) == (12, "MINE-one", "Mine", "mine")
    assert packet.mag == pytest.approx(16.4)
    assert packet.magerr == pytest.approx(0.1 * 2.5 / math.log(10))
    own, earlier = packet.photometry
    assert (own.flux, own.fluxerr, own.filter, own.point_id) == (1000.0, 100.0, "sdssg", 12)
    assert (earlier.flux, earlier.filter, earlier.ra, earlier.mjd) == (-500.0, "sdssr", None, 59999.25)
    assert earlier.point_id < 0
    assert packet.first_mjd == 59999.25


def test_an_own_file_replaces_a_shipped_one(tmp_path: Path) -> None:
    _write(tmp_path, survey="LSST", stream="rubin-data-rights")
    [lsst] = [s for s in surveys_of(tmp_path) if s.name == "LSST"]
    assert lsst.streams == {"rubin-data-rights"}
    assert next(s for s in surveys_of() if s.name == "LSST").streams == frozenset()


@pytest.mark.parametrize(
    ("time", "given"),
    [
        ({"form": "jd"}, 2460000.75),
        ({"form": "mjd"}, 60000.25),
        ({"form": "iso"}, "2023-02-25T06:00:00"),
        ({"form": "iso"}, "2023-02-25T08:00:00+02:00"),
        ({"form": "mjd", "scale": "tai"}, 60000.25 + 37 / 86400),
        ({"form": "jd", "scale": "tt"}, 2460000.75 + 69.184 / 86400),
    ],
)
def test_times_of_all_forms_and_scales(tmp_path: Path, time: dict[str, str], given: Any) -> None:
    record = {**RECORD, "source": {**RECORD["source"], "when": given}, "earlier": None}
    assert _read(tmp_path, record, time=time).mjd == pytest.approx(60000.25, abs=1e-8)


def test_fluxes_of_a_zero_point_and_magnitudes_of_vega(tmp_path: Path) -> None:
    point = {**MAPPING["point"], "zero_point": "zp"}
    record = {**RECORD, "source": {**RECORD["source"], "zp": 25.0, "flux": 100.0, "error": 1.0}, "earlier": []}
    assert _read(tmp_path, record, point=point, flux_unit=...).mag == pytest.approx(20.0)
    point = {**MAPPING["point"], "flux": [], "fluxerr": [], "mag": "flux", "magerr": "error", "limit": "limit"}
    record = {**RECORD, "source": {**RECORD["source"], "flux": 15.0, "limit": 17.0}, "earlier": []}
    packet = _read(tmp_path, record, point=point, vega=["2massj"], filters={"green": "2massj"})
    offset = bandpass("2massj").vega_offset or 0.0
    assert (packet.mag, packet.limiting_mag) == (pytest.approx(15.0 + offset), pytest.approx(17.0 + offset))


@pytest.mark.parametrize(("value", "stream"), [(1, None), (2, "mine-private")])
def test_a_field_says_the_stream(tmp_path: Path, value: int, stream: str | None) -> None:
    rule = {"path": "programid", "names": {1: "public", 2: "mine-private"}}
    record = {**RECORD, "source": {**RECORD["source"], "programid": value}}
    packet = _read(tmp_path, record, stream=rule)
    assert [packet.stream, *(p.stream for p in packet.photometry)] == [stream] * 3


@pytest.mark.parametrize("value", [None, 3, "1", True, []])
def test_an_alert_that_does_not_say_whose_it_is_is_refused(tmp_path: Path, value: Any) -> None:
    record = {**RECORD, "source": {**RECORD["source"], "programid": value}}
    with pytest.raises(PacketRejected, match="programid"):
        _read(tmp_path, record, stream={"path": "programid", "names": {1: "public"}})


def test_measurements_of_one_moment_stay_apart_and_repeated_ones_do_not(tmp_path: Path) -> None:
    first = RECORD["earlier"][0]
    packet = _read(tmp_path, {**RECORD, "earlier": [first, {**first, "flux": -0.6}, first]})
    _, one, other, again = packet.photometry
    assert one.point_id == again.point_id != other.point_id


def test_an_unknown_survey_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"'sdss' is not known.*LSST"):
        AlertReader().survey("sdss")
    assert AlertReader().survey("auto") is None
    assert AlertReader().survey("winter").name == "WINTER"  # type: ignore[union-attr]


def _raw(shared: Path, name: str) -> dict[str, Any]:
    with (shared / "alerts" / name).open("rb") as file:
        [record] = list(fastavro.reader(file))
    return record  # type: ignore[return-value]


REFUSED = {
    "lsst/alert_packet/fakeAlert_v7_0.avro", "lsst/alert_packet/fakeAlert_v7_4.avro",
    *(f"lsst/confluent_wire/lsst.v7_{minor}.avro" for minor in range(5)),
    "broken/516401801315010009.avro", "broken/516442330015015017.avro", "broken/turbo_1_schema_default_invalid.avro",
    "fink_ztf/fink_online_sample_11.parquet", "fink_ztf/fink_slsn_2025.parquet", "fink_ztf/fink_yso.parquet",
}  # fmt: skip
"""Samples of which something is refused: times that are none, broken files, candids that went through a float."""


def test_every_sample_is_read_or_refused_with_a_reason(samples: dict[str, FileContent]) -> None:
    counts: dict[str, int] = {}
    for content in samples.values():
        assert content.n_records == len(content.packets) + sum(r.record is not None for r in content.rejected)
        for packet in content.packets:
            counts[packet.survey] = counts.get(packet.survey, 0) + 1
    assert {name for name, content in samples.items() if content.rejected} == REFUSED
    reasons = [r.reason for content in samples.values() for r in content.rejected]
    assert all("MJD 50000" in r or "no readable" in r or "64 bits is needed in prv_candidates" in r for r in reasons)
    assert counts == {
        "LSST": 79, "ELAsTiCC": 64, "ZTF": 49, "PGIR": 10, "WINTER": 8, "ATLAS": 8, "DECam": 2, "ASKAP": 1, "Roman": 1,
    }  # fmt: skip


def test_rights_are_those_of_the_survey(samples: dict[str, FileContent]) -> None:
    of_survey = {(p.survey, p.stream) for c in samples.values() for p in c.packets if p.survey != "ZTF"}
    assert of_survey == {
        ("LSST", None), ("ELAsTiCC", None), ("Roman", None), ("PGIR", "pgir"), ("WINTER", "winter"),
        ("ATLAS", "atlas"), ("DECam", "desirt"), ("ASKAP", "askap"),
    }  # fmt: skip


def test_winter(shared: Path, samples: dict[str, FileContent]) -> None:
    raw = _raw(shared, "other/winter/3608742.avro")["candidate"]
    [packet] = samples["other/winter/3608742.avro"].packets
    assert (packet.object_id, packet.candid, packet.filter) == ("WNTR24awauu", 3608742, "2massj")
    assert packet.mag == pytest.approx(raw["magpsf"])
    assert packet.limiting_mag == pytest.approx(raw["diffmaglim"])
    assert (packet.mjd, packet.first_mjd) == (raw["jd"] - 2400000.5, raw["jdstarthist"] - 2400000.5)
    assert [p.point_id for p in packet.photometry] == [3608742, 3563450]
    assert (packet.n_detections, packet.star_distance) == (1, pytest.approx(7.477651))


def test_gattini(samples: dict[str, FileContent]) -> None:
    [packet] = samples["other/gattini_pgir/114310898.avro"].packets
    assert (packet.object_id, packet.filter, packet.sso_name) == ("PGIR19aahuei", "2massj", "2008 HQ75")
    [other] = samples["other/gattini_pgir/114351418.avro"].packets
    assert (other.sso_name, other.sso_distance, other.drb) == (None, None, 1.0)
    assert len(other.photometry) == 69
    limits = [p for p in other.photometry if p.flux is None]
    assert len(limits) == 22
    assert all(p.limiting_mag is not None and p.mag is None for p in limits)


def test_atlas(shared: Path, samples: dict[str, FileContent]) -> None:
    """Magnitudes of the packets check the fluxes; the one with a negative flux has a negative magnitude there."""
    for name in (name for name in samples if name.startswith("other/atlas/")):
        raw = _raw(shared, name)
        [packet] = samples[name].packets
        given = raw["candidate"]
        assert packet.mag == pytest.approx(abs(given["Mag"]), abs=1e-3)
        assert packet.positive == (given["flux"] > 0) == (given["Det"] != 5)
        assert packet.photometry[0].flux == pytest.approx(given["flux"])
        assert packet.photometry[0].fluxerr == pytest.approx(abs(given["Dflux"]))
        assert packet.candid == given["pid"] * 10**6 + int(Path(name).stem[-6:])
        assert (packet.filter, packet.object_id) == ("atlaso", f"ATLAS-{raw['objectId']}")
        assert packet.cutout_template is None


def test_decam(shared: Path, samples: dict[str, FileContent]) -> None:
    """Magnitudes and fluxes in nJy of the packets check the fluxes in µJy."""
    for name in ("other/decam/alert.avro", "other/decam/7a0f100_alert.avro"):
        raw = _raw(shared, name)
        [packet] = samples[name].packets
        assert packet.mag == pytest.approx(raw["candidate"]["forcediffimmag"], abs=1e-5)
        assert packet.magerr == pytest.approx(raw["candidate"]["forcediffimmagunc"], rel=2e-4)
        if "psfFlux" in raw["candidate"]:
            assert packet.photometry[0].flux == pytest.approx(raw["candidate"]["psfFlux"] / 1000)
        assert [p.origin for p in packet.photometry[1:]] == ["forced"] * len(raw["fp_hists"])
        assert len({p.point_id for p in packet.photometry}) == 1 + len(raw["fp_hists"])
    assert packet.filter == "desr"


def test_roman(shared: Path, samples: dict[str, FileContent]) -> None:
    raw = _raw(shared, "other/roman/alert.avro")
    [packet] = samples["other/roman/alert.avro"].packets
    assert (packet.object_id, packet.filter, packet.mjd) == ("ROMAN-49841446", "f146", 61679.30210648148)
    signs = [-1 if entry["isNegative"] else 1 for entry in raw["prvDiaSources"]]
    assert [np.sign(p.flux) for p in packet.photometry[1:]] == signs  # type: ignore[arg-type]
    assert -1 in signs
    assert packet.photometry[1].flux == pytest.approx(signs[0] * raw["prvDiaSources"][0]["psfFlux"] / 1000)
    assert packet.cutout_template == raw["cutoutReference"]


def test_askap(samples: dict[str, FileContent]) -> None:
    [packet] = samples["other/askap/alert.avro"].packets
    assert (packet.object_id, packet.candid, packet.filter) == ("ASKAP-101", 1002, "radio-0.8875GHz")
    assert packet.photometry[0].flux == pytest.approx(38295.845)
    assert packet.limiting_mag == pytest.approx(16.4 - 2.5 * math.log10(5 * 0.25))
    assert [(p.point_id, p.origin) for p in packet.photometry[1:]] == [
        (1001, "alert"),
        (1003, "forced"),
        (1004, "forced"),
    ]
    with pytest.raises(InvalidInput, match="cutout"):
        png_of_cutout(packet.cutout_science or b"")


def test_elasticc(shared: Path, samples: dict[str, FileContent]) -> None:
    name = "lsst/elasticc2_alerce/alert_mjd59583.0511_obj1134_src2268001.avro"
    raw = _raw(shared, name)["diaSource"]
    [packet] = samples[name].packets
    assert (packet.object_id, packet.candid, packet.survey) == ("ELASTICC-1134", 2268001, "ELAsTiCC")
    assert packet.mag == pytest.approx(27.5 - 2.5 * math.log10(raw["psFlux"]))
    assert packet.mjd == pytest.approx(Time(raw["midPointTai"], format="mjd", scale="tai").utc.mjd, abs=1e-9)


SIZES = {
    "other/winter/3608742.avro": (81, 81), "other/atlas/02a59543o0040o_006230.avro": (61, 61),
    "other/gattini_pgir/114351418.avro": (61, 61), "other/decam/alert.avro": (63, 63), "other/roman/alert.avro": (129, 129),
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_cutouts_of_any_size_gzipped_or_plain(samples: dict[str, FileContent], name: str) -> None:
    [packet] = samples[name].packets
    for data in (packet.cutout_science, packet.cutout_difference):
        assert data is not None
        image = fits_image(data)
        assert image.shape == SIZES[name]
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        with fits.open(io.BytesIO(plain)) as opened:
            np.testing.assert_array_equal(image, np.asarray(opened[0].data, dtype=float))
        assert png_of_cutout(data).startswith(b"\x89PNG")
