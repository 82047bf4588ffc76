"""Notices of all missions of the shared data: types, times, names, tags, numbers and radii that others have published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from skyhub.errors import InvalidInput
from skyhub.notices import MapFile, MapLink, Notice, read_notice
from skyhub.science.sky_shapes import Cone, Ellipse, Polygon

Reader = Callable[[str], Notice]


@pytest.fixture
def read(shared: Path) -> Reader:
    return lambda name: read_notice((shared / "gcn" / name).read_bytes())


CASES = [
    ("voevent/skyportal/GW190425_initial.xml", "LVC_INITIAL", "2019-04-25T08:18:05", ["LVC#S190425z"],
     ["LVC", "GW", "BNS", "AllSky", "L1", "V1", "MultiInstrument", "gstlal", "< 1 per year", "< 1 per 100 years"]),
    ("voevent/skyportal/GW190814.xml", "LVC_UPDATE", "2019-08-14T21:10:39", ["LVC#S190814bv"], ["NSBH", "H1", "L1", "V1"]),
    ("voevent/skyportal/GRB180116A_Fermi_GBM_Gnd_Pos.xml", "FERMI_GBM_GND_POS", "2018-01-16T00:36:53",
     ["FERMI#bn180116026", "FERMI#537755817"], ["Fermi", "GRB"]),
    ("voevent/skyportal/SWIFT_1125809-092.xml", "SWIFT_BAT_GRB_POS_ACK", "2022-09-30T11:11:52", ["SWIFT#1125809"],
     ["Swift", "GRB"]),
    ("voevent/skyportal/SWIFT_1125809-104.xml", "SWIFT_XRT_POSITION", "2022-09-30T11:14:42", ["SWIFT#1125809"], ["Swift", "GRB"]),
    ("voevent/skyportal/AMON.xml", "ICECUBE_ASTROTRACK_BRONZE", "2022-08-22T20:26:30", ["ICECUBE#136973_28816141"],
     ["AMON", "Neutrino", "IceCube", "Bronze"]),
    ("json/skyportal/EP240508.json", "einstein_probe.wxt.alert", "2024-05-08T07:38:01", [], ["Einstein Probe", "WXT"]),
    ("voevent/gtecs/SVOM/sb25031101-ECLAIRS_WAKEUP.xml", "SVOM_ECLAIRS_WAKEUP", "2025-03-11T07:08:05",
     ["SVOM#sb25031101"], ["SVOM", "ECLAIRs"]),
    ("voevent/fink_mm/integral/voevent_number_18791.xml", "INTEGRAL_REFINED", "2022-09-26T10:38:26", ["INTEGRAL#10042"], ["GRB"]),
    ("json/gtecs/GECAM/333-FLT-not_grb.json", "GECAM_FLT", "2024-04-23T03:41:58", ["GECAM#333"], ["GECAM", "Solar flare"]),
    ("json/gtecs/LVC/S240421ar-INITIAL-cbc_no_dist.json", "LVC_INITIAL", "2024-04-21T05:29:36", ["LVC#S240421ar"], ["GW"]),
    ("json/gcn-schema/notices/superk/sn_alert.real.example.json", "superk.sn_alert", "2023-08-01T00:00:01",
     ["SUPERK#10070"], ["Neutrino", "Supernova"]),
    ("json/gcn-schema/notices/fermi/gbm/trigger.final.example.json", "fermi.gbm.trigger", "2024-08-24T02:14:40",
     ["FERMI#745121685", "FERMI#bn240812094"], ["Fermi", "GRB", "long"]),
    ("text/fermi_gbm_alert_785074797.txt", "FERMI_GBM_ALERT", "2025-11-17T12:19:52",
     ["FERMI#785074797", "FERMI#bn251117514"], ["Fermi"]),
    ("text/amon_icecube_gold_138283_14780365.txt", "ICECUBE_ASTROTRACK_GOLD", "2023-08-23T08:26:15",
     ["ICECUBE#138283_14780365"], ["Neutrino", "Gold"]),
    ("text/lvc_preliminary_S200316bj.txt", "LVC_PRELIMINARY", "2020-03-16T21:57:56", ["LVC#S200316bj"],
     ["MassGap", "H1", "L1", "V1", "gstlal", "AllSky"]),
    ("text/lvc_counterpart_swift_xrt_S190426.txt", "LVC_COUNTERPART", "2019-04-26T15:21:55", [], ["Counterpart"]),
    ("lvk_json/S230518h_Preliminary.json", "LVC_PRELIMINARY", "2023-05-18T12:59:08", ["LVC#S230518h"], ["NSBH", "Significant"]),
    ("lvk_json/S240112y_Preliminary1.json", "LVC_PRELIMINARY", "2024-01-12T13:02:33", ["LVC#S240112y"],
     ["Burst", "CWB", "Subthreshold"]),
    ("lvk_json/S241125n_Update_RAVEN.json", "LVC_UPDATE", "2024-11-25T01:01:17", ["LVC#S241125n"], ["BBH", "RAVEN"]),
    ("lvk_avro/MS181101ab_1-UPDATE-early_warning.avro", "LVC_EARLY_WARNING", "2018-11-01T22:22:47", ["LVC#MS181101ab"],
     ["EarlyWarning", "MDC"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "notice_type", "dateobs", "aliases", "tags"), CASES, ids=[c[0] for c in CASES])
def test_type_time_names_and_tags(
    read: Reader, name: str, notice_type: str, dateobs: str, aliases: list[str], tags: list[str]
) -> None:
    notice = read(name)
    assert notice.notice_type == notice_type
    assert notice.dateobs == datetime.fromisoformat(dateobs).replace(tzinfo=UTC)
    assert set(aliases) <= set(notice.aliases)
    assert set(tags) <= set(notice.tags)
    assert not notice.retraction


def test_numbers_of_an_alert_of_gravitational_waves(read: Reader) -> None:
    found = read("voevent/skyportal/GW190425_initial.xml").properties
    published = {
        "BNS": 0.999402567114, "FAR": 4.53764787126e-13, "HasNS": 1, "HasRemnant": 1, "Terrestrial": 0.00059743288626,
        "MassGap": 0, "NSBH": 0, "BBH": 0, "num_instruments": 2,
    }  # fmt: skip
    assert {name: found[name] for name in published} == pytest.approx(published)
    second = read("voevent/skyportal/GW190814.xml").properties
    assert (second["NSBH"], second["MassGap"], second["FAR"]) == pytest.approx(
        (0.99789, 0.00211, 2.03262501422e-33), 1e-2
    )


def test_rates_are_in_hertz_and_their_tags_are_meant_literally(read: Reader) -> None:
    """2.0054 a year (IceCube) is no rare chance, nor is one in 447 years (LVC, in Hz) a common one."""
    neutrino = read("voevent/skyportal/AMON.xml")
    assert neutrino.properties["FAR"] == pytest.approx(2.0054 / (365.25 * 86400))
    assert not [tag for tag in neutrino.tags if tag.startswith("<")]
    assert "< 1 per 100 years" in read("text/lvc_preliminary_S200316bj.txt").tags
    rare = read("lvk_json/S230520ae_Initial.json")
    assert rare.properties["FAR"] == 3.060602e-09  # one in 10.4 years
    assert [tag for tag in rare.tags if tag.startswith("<")] == ["< 1 per year", "< 1 per 10 years"]


def test_other_numbers(read: Reader) -> None:
    bronze = read("voevent/skyportal/AMON.xml").properties
    assert (bronze["signalness"], bronze["energy"]) == (0.3834, 114.9212)
    burst = read("voevent/skyportal/GRB180116A_Fermi_GBM_Gnd_Pos.xml").properties
    assert (burst["Burst_Signif"], burst["Data_Integ"]) == (8.6, 16.384)
    raven = read("lvk_json/S241125n_Update_RAVEN.json").properties
    assert (raven["external_observatory"], raven["external_time_difference"]) == ("Swift", -0.25)


CONES = [
    ("voevent/skyportal/GRB180116A_Fermi_GBM_Gnd_Pos.xml", "214.74000_28.14000_11.19000", 0.6827),
    ("voevent/skyportal/SWIFT_1125809-092.xml", "64.73730_13.35170_0.05000", 0.9),
    ("voevent/skyportal/SWIFT_1125809-104.xml", "64.71490_13.35000_0.00130", 0.9),
    ("json/skyportal/EP240508.json", "229.83800_-29.74700_0.05090", 0.9),
    ("voevent/skyportal/AMON.xml", "273.48340_22.16480_1.27550", 0.9),
    ("voevent/archive_2023-05/AMON/NU_EM_Event2023-05-23T02:57:23.00_000000_000134980-663.xml", "143.40000_4.83000_0.25483", 0.9),
    ("text/amon_icecube_gold_138283_14780365.txt", "19.43300_11.49770_0.51333", 0.9),
    ("voevent/frb/FRB140514_detection.xml.txt", "19.11400_-39.37900_0.12500", 0.3935),
    ("json/gcn-schema/notices/superk/sn_alert.real.example.json", "270.82000_31.46000_0.91000", 0.68),
]  # fmt: skip


@pytest.mark.parametrize(("name", "numbers", "level"), CONES, ids=[c[1] for c in CONES])
def test_what_is_said_of_a_radius_is_kept(shared: Path, read: Reader, name: str, numbers: str, level: float) -> None:
    if not (shared / "gcn" / name).exists():
        pytest.skip(f"{name} is not among the shared data")
    cones = [one for one in read(name).localizations if isinstance(one.source, Cone)]
    assert [one.name for one in cones] == [numbers]
    assert cones[0].source.level == pytest.approx(level, abs=1e-4)


def test_ellipses_and_rectangles(read: Reader) -> None:
    ellipse = read("json/gcn-schema/notices/dsa110/frb.detection.example.json").localizations[0].source
    assert ellipse == Ellipse(346.77850859547, 12.632485229956252, 0.02, 0.016, 90.0, 0.9)
    rectangle = read("json/gcn-schema/notices/maxi/gsc.unknown.rectangle.example.json").localizations[0].source
    assert isinstance(rectangle, Polygon)
    assert rectangle.ra[:2] == (345.72, 345.464)


@pytest.mark.parametrize(
    "name",
    [
        "json/gcn-schema/notices/maxi/gsc.unknown.noerror.example.json",
        "voevent/gtecs/SVOM/sb25030804-GRM_TRIGGER.xml",
        "text/swift_pointdir_20240503.txt",
        "voevent/gwcelery/snews_gcn.xml",
    ],
)
def test_a_place_without_a_radius_or_with_the_whole_sky_is_no_localization(read: Reader, name: str) -> None:
    assert read(name).localizations == ()


def test_maps_come_with_alerts_or_lie_elsewhere(read: Reader) -> None:
    [inside] = read("lvk_json/S230518h_Preliminary.json").localizations
    assert inside.name == "S230518h-PRELIMINARY.multiorder.fits"
    assert isinstance(inside.source, MapFile)
    assert inside.source.content.startswith(b"SIMPLE")
    [elsewhere] = read("voevent/gtecs/LVC/S230527ch-PRELIMINARY.xml").localizations
    assert isinstance(elsewhere.source, MapLink)
    assert elsewhere.source.url.startswith("https://gracedb.ligo.org/")
    names = [one.name for one in read("lvk_json/S241125n_Update_RAVEN.json").localizations]
    assert names == ["S241125n-UPDATE.multiorder.fits", "S241125n-UPDATE-combined.multiorder.fits"]
    avro = read("lvk_avro/MS181101ab_3-INITIAL.avro").localizations[0].source
    assert isinstance(avro, MapFile)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("lvk_json/MS181101ab_3_initial.json", "mock"),
        ("voevent/skyportal/AMON.xml", "observation"),
        ("text/fermi_gbm_test_pos_99999.txt", "test"),
        ("text/swift_pointdir_20240503.txt", "utility"),
        ("json/gcn-schema/notices/superk/sn_alert.test.example.json", "test"),
        ("json/icecube/lvk_nu_track_search_example.json", "mock"),
    ],
)
def test_roles(read: Reader, name: str, role: str) -> None:
    assert read(name).role == role


@pytest.mark.parametrize(
    "name",
    [
        "lvk_json/MS181101ab_5_retraction.json",
        "lvk_avro/MS181101ab_5-RETRACTION.avro",
        "json/skyportal/igwn_gwalert_retraction.json",
        "voevent/gtecs/LVC/S190518bb_2-RETRACTION.xml",
        "json/gcn-schema/notices/swift/bat/Guano.Retraction.example.json",
    ],
)
def test_retractions(read: Reader, name: str) -> None:
    notice = read(name)
    assert notice.retraction
    assert notice.aliases
    assert not notice.localizations


def test_every_notice_of_the_month_is_read(shared: Path) -> None:
    for path in sorted((shared / "gcn" / "voevent").rglob("*.xml*")):
        if path.name == "quakeml.xml":
            with pytest.raises(InvalidInput, match="VOEvent is needed"):
                read_notice(path.read_bytes())
            continue
        notice = read_notice(path.read_bytes())
        assert notice.dateobs is not None
        assert notice.notice_type.isascii()
        assert all("#" in alias for alias in notice.aliases)


def test_documents_that_are_no_notices_are_refused_with_a_reason(shared: Path) -> None:
    for name in ("gcn-schema/circulars.example.json", "gcn-schema/notices/boom/alert.example.json",
                 "gcn-schema/notices/core/Statistics.example.json", "gwcelery_igwn_alert/igwn_alert_psd.json"):  # fmt: skip
        with pytest.raises(InvalidInput):
            read_notice((shared / "gcn" / "json" / name).read_bytes())
