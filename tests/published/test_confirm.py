"""Magnitudes of circulars as cited points: who may take them over, who sees them, and that they count in no statistics of ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from skyhub.candidates import Filter
from skyhub.candidates._known_points import points_known_to
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.photometry import Choice, photometry_table, remove_photometry, statistics
from skyhub.published import confirm_reading, reading_table, store_circulars
from skyhub.sources import object_record
from support.houses import SCANNER, VISITOR

BODY = """A. Author (Institute) reports:

At RA, Dec = 150.0, 2.0 (J2000) we measure r = 19.64 +/- 0.05 mag (AB).
We set an upper limit of z > 20.1 mag. A spectrum gives a redshift of 0.36. Later we see i ~ 20.5.
"""
ANN = Viewer("ann", frozenset({"transients"}), scopes=ROLES["scientist"])
CAT = Viewer("cat", frozenset({"transients"}), scopes=ROLES["scientist"])
BOB = Viewer("bob", frozenset({"bursts"}), scopes=ROLES["scientist"])
POINT = {"object_id": "ZTF26public", "mjd": 60168.25, "filter": "sdssr"}


@pytest.fixture
def told(house: Database) -> Database:
    content = json.dumps({"circularId": 34999, "subject": "GRB 230812B: seen", "body": BODY}).encode()
    store_circulars(house, ADMINISTRATOR, [("", content)])
    return house


def number_of(db: Database, kind: str = "magnitude", filter_name: str | None = "r") -> int:
    rows = reading_table(db, VISITOR, kinds=[kind]).to_pylist()
    return next(int(row["circular_reading_id"]) for row in rows if row["filter"] == filter_name)


def cited(db: Database, viewer: Viewer, as_of: Any = None, object_id: str = "ZTF26public") -> list[dict[str, Any]]:
    points = photometry_table(db, viewer, object_id, as_of).to_pylist()
    return [row for row in points if row["origin"] == "GCN Circ. 34999"]


def confirmed(db: Database, viewer: Viewer, as_of: Any = None) -> list[list[str]]:
    return [row["confirmed"] for row in reading_table(db, viewer, kinds=["magnitude"], as_of=as_of).to_pylist()]


@pytest.mark.parametrize(
    ("kind", "filter_name", "said", "error", "says"),
    [
        ("redshift", None, {}, InvalidInput, "is a redshift"),
        ("position", None, {}, InvalidInput, "is a position"),
        ("magnitude", "i", {}, InvalidInput, "no error"),
        ("magnitude", "r", {"filter": "Q"}, InvalidInput, "no bandpass"),
        ("magnitude", "r", {"mjd": 2460168.25}, InvalidInput, "mjd"),
        ("magnitude", "r", {"magerr": -1}, InvalidInput, "magerr"),
        ("magnitude", "r", {"object_id": "ZTF26caltech"}, NotFound, "ZTF26caltech"),
        ("magnitude", "r", {"object_id": "nowhere"}, NotFound, "nowhere"),
        ("magnitude", "r", {"magsys": "st"}, InvalidInput, "magsys"),
    ],
)
def test_what_cannot_be_taken_over_leaves_nothing(
    told: Database, kind: str, filter_name: str | None, said: dict[str, Any], error: type[Exception], says: str
) -> None:
    before = told.version()
    with pytest.raises(error, match=says):
        confirm_reading(told, ANN, number_of(told, kind, filter_name), {**POINT, **said})
    with pytest.raises(NotFound, match="no circular that is here has a reading"):
        confirm_reading(told, ANN, 10**9, POINT)
    assert told.version() == before


def test_who_may_not_upload_takes_nothing_over(told: Database) -> None:
    for viewer in (VISITOR, SCANNER):
        with pytest.raises(PermissionRefused, match="custom:skyhub:upload"):
            confirm_reading(told, viewer, number_of(told), POINT)
    with pytest.raises(PermissionRefused, match="bursts"):
        confirm_reading(told, ANN, number_of(told), POINT, ["bursts"])
    assert cited(told, ADMINISTRATOR) == []


def test_a_point_is_cited_and_counts_in_no_statistics(told: Database) -> None:
    before = statistics(told, ANN, ["ZTF26public"])
    card = object_record(told, ANN, "ZTF26public")["statistics"]
    point = confirm_reading(told, ANN, number_of(told), {**POINT, "telescope": "KAIT"})
    limit = confirm_reading(told, ANN, number_of(told, filter_name="z"), {**POINT, "filter": "sdssz", "nsigma": 3})
    assert (point["origin"], point["filter"], point["instrument"]) == ("GCN Circ. 34999", "sdssr", "KAIT")
    assert point["mag"] == pytest.approx(19.64, abs=1e-5)
    assert limit["instrument"] == "unknown"
    assert (limit["mag"], limit["limiting_mag"]) == (None, pytest.approx(20.1, abs=1e-5))
    assert len(cited(told, ANN)) == 2
    assert statistics(told, ANN, ["ZTF26public"]) == before
    assert object_record(told, ANN, "ZTF26public")["statistics"] == card


def test_filters_on_alerts_see_no_cited_point(told: Database) -> None:
    alerts = told.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts WHERE object_id = 'ZTF26public'")
    later = pa.array([datetime.now(UTC) + timedelta(hours=1)] * len(alerts), alerts.schema.field("known_at").type)
    alerts = alerts.set_column(alerts.column_names.index("known_at"), "known_at", later)
    [group] = {told.access.groups["transients"]}
    version = Filter(0, group, "any", None, "ZTF", "TRUE")
    before = points_known_to(told, version, alerts)
    early = {**POINT, "mjd": float(alerts["mjd"][0].as_py()) - 1}
    confirm_reading(told, ANN, number_of(told), early)
    assert len(cited(told, ANN)) == 1
    assert points_known_to(told, version, alerts).equals(before)


def test_groups_see_the_point_and_what_was_confirmed_others_neither(told: Database) -> None:
    then = told.writer.write(lambda transaction: transaction.now)
    confirm_reading(told, ANN, number_of(told), POINT, ["transients"])
    sees = {
        viewer.name: (len(cited(told, viewer)), confirmed(told, viewer)) for viewer in (ANN, CAT, SCANNER, BOB, VISITOR)
    }
    nothing, one = (0, [[], [], []]), (1, [["ZTF26public"], [], []])
    assert sees == {"ann": one, "cat": one, "scanner": one, "bob": nothing, "visitor": nothing}
    assert (cited(told, ANN, then), confirmed(told, ANN, then)) == ([], [[], [], []])


def test_again_changes_nothing_and_others_have_points_of_their_own(told: Database) -> None:
    first = confirm_reading(told, ANN, number_of(told), POINT, ["transients"])
    again = confirm_reading(told, CAT, number_of(told), POINT)
    assert again["photometry_id"] == first["photometry_id"]
    theirs = confirm_reading(told, BOB, number_of(told), POINT, ["bursts"])
    assert theirs["photometry_id"] != first["photometry_id"]
    assert [len(cited(told, viewer)) for viewer in (ANN, BOB, ADMINISTRATOR)] == [1, 1, 2]
    rows = told.reader.rows(ADMINISTRATOR, "SELECT user_name FROM @confirmed_readings ORDER BY ALL")
    assert [row["user_name"] for row in rows] == ["ann", "bob"]


def test_what_was_read_wrongly_is_corrected_by_the_person(told: Database) -> None:
    point = confirm_reading(told, ANN, number_of(told, filter_name="i"), {**POINT, "filter": "sdssi", "magerr": 0.2})
    assert (point["mag"], point["magerr"]) == (pytest.approx(20.5, abs=1e-5), pytest.approx(0.2, abs=1e-5))
    vega = {**POINT, "filter": "bessellr", "magsys": "vega", "mag": 19.0}
    vega_point = confirm_reading(told, ANN, number_of(told), vega)
    assert vega_point["mag"] == pytest.approx(19.0 + 0.2, abs=0.06)  # R(AB) - R(Vega) = 0.21, Blanton & Roweis 2007
    assert confirmed(told, ANN) == [["ZTF26public"], [], ["ZTF26public"]]


def test_a_point_that_was_removed_is_confirmed_no_longer(told: Database) -> None:
    point = confirm_reading(told, ANN, number_of(told), POINT)
    remove_photometry(told, ANN, Choice(photometry_ids=[int(point["photometry_id"])]))
    assert confirmed(told, ANN) == [[], [], []]
