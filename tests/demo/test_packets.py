"""Packets: the schema, identifiers, times, histories and the conventions of the survey."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import fastavro
import numpy as np
from skyhub.demo.schema import alert_schema, field_names
from skyhub.science.coordinates import Position, galactic, separation
from skyhub.science.nights import dayobs_range_mjd

DAYOBS = date(2026, 11, 21)
_JD_TO_MJD = 2400000.5


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, float):
        yield value


def _fields(schema: Any) -> dict[str, Any]:
    """Names of all fields with their types; nested records by dotted names."""
    found: dict[str, Any] = {}
    for field in schema["fields"]:
        union = field["type"] if isinstance(field["type"], list) else [field["type"]]
        kinds = [kind["items"] if isinstance(kind, dict) and kind["type"] == "array" else kind for kind in union]
        inner = [kind for kind in kinds if isinstance(kind, dict) and "fields" in kind]
        found[field["name"]] = sorted(str(kind) for kind in kinds if not isinstance(kind, dict))
        for record in inner:
            found |= {f"{field['name']}.{name}": kind for name, kind in _fields(record).items()}
    return found


def test_schema_has_the_fields_and_types_of_a_real_packet(real_schema: Any) -> None:
    assert _fields(alert_schema()) == _fields(real_schema)


def test_a_reader_of_real_packets_reads_ours(night: Any, real_schema: Any) -> None:
    for path, packet in night.packets.items():
        with path.open("rb") as file:
            (read,) = fastavro.reader(file, reader_schema=real_schema)
        assert read == packet


def test_packets_hold_all_fields(night: Any) -> None:
    for packet in night.packets.values():
        assert list(packet["candidate"]) == field_names("candidate")
        for row in packet["prv_candidates"] or []:
            assert list(row) == field_names("prv_candidate")
        for row in packet["fp_hists"] or []:
            assert list(row) == field_names("fp_hist")


def test_no_number_is_nan_or_infinite(night: Any) -> None:
    assert all(math.isfinite(value) for packet in night.packets.values() for value in _numbers(packet))


def test_identifiers_have_the_form_of_the_survey(night: Any) -> None:
    for path, packet in night.packets.items():
        assert path.parent.name == packet["objectId"]
        assert re.fullmatch(r"ZTF26[a-z]{7}", packet["objectId"])
        assert path.stem == str(packet["candid"]) == str(packet["candidate"]["candid"])
        assert 2**53 < packet["candid"] < 2**63
        assert packet["candid"] // 10**6 == packet["candidate"]["pid"]
        assert packet["candidate"]["nid"] == int(packet["candidate"]["jd"] - 2457754.5)


def test_a_candid_stands_for_one_detection(night: Any) -> None:
    seen: dict[int, tuple[Any, ...]] = {}
    for packet in night.packets.values():
        for row in [packet["candidate"], *(packet["prv_candidates"] or [])]:
            if row["candid"] is not None:
                facts = (packet["objectId"], row["jd"], row["fid"], row["magpsf"], row["ra"], row["programid"])
                assert seen.setdefault(row["candid"], facts) == facts
    assert len(seen) > len(night.packets)


def test_alerts_fall_in_the_dark_hours_of_the_night(night: Any) -> None:
    begin, end = dayobs_range_mjd(DAYOBS)
    for packet in night.packets.values():
        mjd = packet["candidate"]["jd"] - _JD_TO_MJD
        assert begin + 14.5 / 24 <= mjd <= end


def test_history_lies_within_thirty_days_before_in_order(night: Any) -> None:
    for packet in night.packets.values():
        jd = packet["candidate"]["jd"]
        for rows in (packet["prv_candidates"] or [], packet["fp_hists"] or []):
            times = [row["jd"] for row in rows]
            assert times == sorted(set(times))
            assert all(jd - 30 <= time < jd for time in times)


def test_upper_limits_say_nothing_of_a_source(night: Any) -> None:
    limits = [r for p in night.packets.values() for r in p["prv_candidates"] or [] if r["candid"] is None]
    assert len(limits) > 500
    for row in limits:
        assert 17 < row["diffmaglim"] < 22
        assert [row[key] for key in ("magpsf", "sigmapsf", "ra", "isdiffpos", "rb")] == [None] * 5


def test_detections_are_five_sigma(night: Any) -> None:
    for packet in night.packets.values():
        for row in [packet["candidate"], *(packet["prv_candidates"] or [])]:
            if row["candid"] is not None:
                assert 0.015 <= row["sigmapsf"] < np.hypot(1.0857 / 5, 0.015) + 1e-6
                assert row["magpsf"] < row["diffmaglim"] + 0.3
                assert row["isdiffpos"] in ("t", "f")


def test_public_packets_carry_public_history_only(night: Any) -> None:
    mixed = 0
    for packet in night.packets.values():
        programid = packet["candidate"]["programid"]
        rows = [*(packet["prv_candidates"] or []), *(packet["fp_hists"] or [])]
        assert all(row["programid"] <= programid for row in rows)
        mixed += len({row["programid"] for row in rows}) > 1
    assert mixed > 10


def test_forced_photometry_agrees_with_detections(night: Any) -> None:
    compared = 0
    for packet in night.packets.values():
        forced = {row["jd"]: row for row in packet["fp_hists"] or [] if row["procstatus"] == "0"}
        for row in packet["prv_candidates"] or []:
            if row["candid"] and row["jd"] in forced:
                sign = 1 if row["isdiffpos"] == "t" else -1
                flux = sign * 10 ** (0.4 * (row["magzpsci"] - row["magpsf"]))
                np.testing.assert_allclose(forced[row["jd"]]["forcediffimflux"], flux, rtol=1e-3)
                compared += 1
    assert compared > 300


def test_objects_alert_once_or_twice_within_an_arcsecond_or_two(night: Any) -> None:
    alerts = Counter(packet["objectId"] for packet in night.packets.values())
    assert set(alerts.values()) == {1, 2}
    for packet in night.packets.values():
        truth = night.truth[packet["objectId"]]
        at = Position(float(truth["ra"]), float(truth["dec"]))
        away = separation(packet["candidate"]["ra"], packet["candidate"]["dec"], at)
        assert float(away) * 3600 < 3


def test_residuals_score_low_and_real_sources_high(night: Any) -> None:
    bogus = [p["candidate"]["drb"] for p in night.of("bogus")]
    assert max(bogus) < 0.5
    real = [p["candidate"]["drb"] for p in night.packets.values() if night.truth[p["objectId"]]["class"] != "bogus"]
    assert min(real) > 0.75


def test_asteroids_have_a_name_and_no_history_of_detections(night: Any) -> None:
    packets = night.of("asteroid")
    assert packets
    for packet in packets:
        assert packet["candidate"]["ssnamenr"].isdigit()
        assert 0 <= packet["candidate"]["ssdistnr"] < 3
        assert packet["candidate"]["ndethist"] == 1
        assert all(row["candid"] is None for row in packet["prv_candidates"] or [])
    assert max(Counter(packet["candidate"]["ssnamenr"] for packet in packets).values()) == 2
    others = [p for p in night.packets.values() if night.truth[p["objectId"]]["class"] != "asteroid"]
    assert {(p["candidate"]["ssnamenr"], p["candidate"]["ssdistnr"]) for p in others} == {("null", -999.0)}


def test_variable_stars_sit_on_stars_and_supernovae_on_galaxies(night: Any) -> None:
    for packet in [*night.of("RR Lyrae"), *night.of("eclipsing binary")]:
        assert packet["candidate"]["sgscore1"] > 0.6
        assert packet["candidate"]["distpsnr1"] < 1
        assert packet["candidate"]["distnr"] < 1
    hosts = [packet["candidate"]["sgscore1"] < 0.5 for packet in night.of("SN Ia")]
    assert np.mean(hosts) > 0.6


def test_classes_lie_where_they_belong_on_the_sky(night: Any) -> None:
    for row in night.truth.values():
        latitude = abs(galactic(float(row["ra"]), float(row["dec"]))[1])
        if row["class"] == "nova":
            assert latitude < 18
        if row["class"] in ("SN Ia", "SN II", "TDE", "AGN", "kilonova", "GRB afterglow"):
            assert latitude > 15


def test_fast_transients_are_young(night: Any) -> None:
    for packet in [*night.of("kilonova"), *night.of("GRB afterglow"), *night.of("M-dwarf flare")]:
        found = [row for row in packet["prv_candidates"] or [] if row["candid"]]
        assert all(packet["candidate"]["jd"] - row["jd"] < 3 for row in found)
        assert packet["candidate"]["ndethist"] <= 3
