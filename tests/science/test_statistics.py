"""Statistics of light curves against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.science.statistics import LightCurveStatistics, Point, light_curve_statistics

NAN = float("nan")
Row = tuple[float, str, float, float]

_rows = st.lists(
    st.tuples(
        st.integers(0, 40).map(lambda n: 59000 + n / 4),
        st.sampled_from(["ztfg", "ztfr"]),
        st.one_of(st.just(NAN), st.floats(15, 21).map(lambda m: round(m, 2))),
        st.one_of(st.just(NAN), st.floats(19, 21)),
    ),
    max_size=12,
)


def _statistics(rows: list[Row]) -> LightCurveStatistics:
    mjd, filters, mag, limit = zip(*rows, strict=True) if rows else ((), (), (), ())
    return light_curve_statistics(
        np.array(mjd, float), np.array(filters, dtype=str), np.array(mag, float), np.array(limit, float)
    )


def test_an_empty_light_curve_has_none() -> None:
    assert _statistics([]) == LightCurveStatistics(0, 0, None, None, None, None, None, None)


def test_limits_alone() -> None:
    found = _statistics([(59002.0, "ztfr", NAN, 20.5), (59001.0, "ztfg", NAN, 20.0), (59003.0, "ztfg", NAN, NAN)])
    assert (found.n_detections, found.n_limits) == (0, 2)
    assert found.last_limit == Point(59002.0, 20.5, "ztfr")
    assert found.first is found.last is found.peak is found.rise_mag_per_day is found.age_days is None


def test_a_rising_transient() -> None:
    rows = [
        (59004.0, "ztfr", 18.0, 20.5),
        (59000.0, "ztfg", NAN, 20.4),
        (59001.0, "ztfr", NAN, 20.6),
        (59002.0, "ztfr", 19.0, 20.5),
        (59003.0, "ztfg", 18.5, 20.5),
        (59005.0, "ztfg", NAN, 20.1),
        (59006.0, "ztfr", 18.2, 20.5),
    ]
    found = _statistics(rows)
    assert (found.n_detections, found.n_limits) == (4, 3)
    assert found.first == Point(59002.0, 19.0, "ztfr")
    assert found.last == Point(59006.0, 18.2, "ztfr")
    assert found.peak == Point(59004.0, 18.0, "ztfr")
    assert found.last_limit == Point(59001.0, 20.6, "ztfr")
    assert found.rise_mag_per_day == pytest.approx(-0.5)
    assert found.age_days == pytest.approx(4)


def test_a_single_detection_does_not_rise() -> None:
    found = _statistics([(59000.0, "ztfg", 18.0, 20.0)])
    assert found.rise_mag_per_day is None
    assert found.age_days == 0


@given(_rows)
def test_the_definitions_hold(rows: list[Row]) -> None:
    found = _statistics(rows)
    detections = [r for r in rows if r[2] == r[2]]
    limits = [r for r in rows if r[2] != r[2] and r[3] == r[3]]
    assert (found.n_detections, found.n_limits) == (len(detections), len(limits))
    if detections:
        assert found.first is not None
        assert found.last is not None
        assert found.peak is not None
        assert found.first.mjd == min(r[0] for r in detections)
        assert found.last.mjd == max(r[0] for r in detections)
        assert found.peak.mag == min(r[2] for r in detections)
        before = [r[0] for r in limits if r[0] < found.first.mjd]
        assert (found.last_limit.mjd if found.last_limit else None) == max(before, default=None)


@given(_rows, st.randoms())
def test_the_order_of_points_does_not_matter(rows: list[Row], random: object) -> None:
    unique = list({row[0]: row for row in rows}.values())
    shuffled = list(unique)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _statistics(shuffled) == _statistics(unique)
