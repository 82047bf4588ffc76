"""Maps that notices name by their address: fetched when they are there, kept like those that came with a notice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.client import Sky, Transport
from skyhub.config import load_settings
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, NotFound
from skyhub.events import again, claim_map, event_document, finish_map, ingest_notice, states_of_maps
from skyhub.localizations import map_of
from skyhub.scheduler import fetch_claimed
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import write_sky_map
from skyhub.service import serving
from skyhub.team import add_groups
from support.houses import GROUPS, VISITOR
from support.maps import Answer, MapServer, map_server
from support.notices import alert, burst

MAP = write_sky_map(skymap_of(Cone.from_90(150.0, 2.0, 15.0)))
VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
OTHER = Viewer("other", frozenset({"bursts"}), scopes=ROLES["scientist"])
NOW = datetime.now(UTC)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MapServer]:
    with map_server() as served:
        monkeypatch.setenv("SKYHUB_MAPS", json.dumps({"hosts": [served.host], "tries": 3, "first_wait_seconds": 60}))
        yield served


def _named(url: str, **event: Any) -> bytes:
    return alert(skymap=None, skymap_link=url, **event)


def _claimed(db: Database, minutes: float = 0) -> dict[str, Any]:
    claim = claim_map(db, datetime.now(UTC) + timedelta(minutes=minutes))
    assert claim is not None
    return {**claim, "event_notice_id": int(claim["event_notice_id"])}


def _states(db: Database, viewer: Viewer = ADMINISTRATOR) -> list[str]:
    return [one["state"] for one in states_of_maps(db, viewer)]


def test_nothing_is_fetched_unless_hosts_are_permitted(db: Database) -> None:
    ingest_notice(db, ADMINISTRATOR, _named("https://gracedb.ligo.org/x.multiorder.fits"))
    assert claim_map(db, NOW) is None
    [state] = states_of_maps(db, ADMINISTRATOR)
    assert (state["state"], state["detail"]) == ("not_permitted", "its host is none of maps.hosts.")


def test_what_was_not_claimed_cannot_be_handed_in(db: Database, server: MapServer) -> None:
    ingest_notice(db, ADMINISTRATOR, _named(server.url()))
    with pytest.raises(NotFound, match="was claimed"):
        finish_map(db, ADMINISTRATOR, 1, server.url(), MAP)
    claim = _claimed(db)
    assert claim_map(db, datetime.now(UTC)) is None  # the lease holds
    assert _claimed(db, 20) == claim  # and ends
    finish_map(db, ADMINISTRATOR, **claim, content=MAP)
    with pytest.raises(Conflict, match="the map is got"):
        finish_map(db, ADMINISTRATOR, **claim, content=MAP)
    assert len(db.reader.rows(ADMINISTRATOR, "SELECT * FROM @localizations")) == 1


def test_a_map_that_comes_later_is_the_events_like_one_that_came_with_it(
    db: Database, server: MapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYHUB_MAPS__FIRST_WAIT_SECONDS", "0")
    settings = load_settings().maps
    ingest_notice(db, ADMINISTRATOR, _named(server.url("bayestar.multiorder.fits,1")))
    server.answers = [Answer(404), Answer(content=MAP[:5000]), Answer(content=MAP)]
    with serving(db) as address:
        transport = Transport(*address)
        heard = [fetch_claimed(transport, settings) for _ in range(4)]
        then = datetime.now(UTC)
        [row] = Sky(transport).events.maps("S261122a")
        transport.close()
    assert [one and one["state"] for one in heard] == ["waiting", "waiting", "got", None]
    assert heard[0] is not None
    assert heard[0]["detail"] == "the server answered 404."
    assert heard[1] is not None
    assert heard[1]["detail"].startswith("what lies there is no sky map: ")
    assert (row["state"], row["attempts"], row["event"]) == ("got", 3, "2026-11-22T03:00:00")
    event = event_document(db, VISITOR, "S261122a", then)
    [localization], [notice] = event["localizations"], event["notices"]
    assert localization["name"] == "S261122a-PRELIMINARY-bayestar.multiorder.fits,1"
    assert localization["localization_id"] == row["localization_id"]
    assert localization["notice_type"] == "LVC_PRELIMINARY"
    assert notice["localizations"][0]["area_90"] == pytest.approx(localization["area_90"])
    assert map_of(db, VISITOR, int(row["localization_id"])).area_within(0.9) == pytest.approx(707, rel=0.02)


def test_before_it_came_it_was_not_known(db: Database, server: MapServer) -> None:
    ingest_notice(db, ADMINISTRATOR, _named(server.url()))
    then = datetime.now(UTC)
    finish_map(db, ADMINISTRATOR, **_claimed(db), content=MAP)
    before, now = (event_document(db, VISITOR, "S261122a", moment) for moment in (then, None))
    assert (before["localizations"], before["notices"][0]["maps"][0]["state"]) == ([], "waiting")
    assert (len(now["localizations"]), now["notices"][0]["maps"][0]["state"]) == (1, "got")


def test_it_is_given_up_after_many_tries_and_asked_for_again_on_demand(db: Database, server: MapServer) -> None:
    ingest_notice(db, ADMINISTRATOR, _named(server.url()))
    minutes = 0.0
    for expected in ("waiting", "waiting", "given_up"):
        done = finish_map(db, ADMINISTRATOR, **_claimed(db, minutes), detail="the server answered 404.")
        assert done["state"] == expected
        assert claim_map(db, datetime.now(UTC) + timedelta(seconds=50)) is None
        minutes += 20
    assert claim_map(db, NOW + timedelta(days=1)) is None
    [state] = states_of_maps(db, ADMINISTRATOR)
    assert (state["state"], state["attempts"], state["detail"]) == ("given_up", 3, "the server answered 404.")
    assert again(db, state["event_id"]) == 1
    finish_map(db, ADMINISTRATOR, **_claimed(db), detail="it is refused.", final=True)
    assert _states(db) == ["given_up"]


def test_who_sees_the_notice_sees_the_map_and_nobody_else(db: Database, server: MapServer) -> None:
    add_groups(db, GROUPS)
    ingest_notice(db, VERA, _named(server.url()), groups=["transients"])
    assert (_states(db, VERA), _states(db, OTHER)) == (["waiting"], [])
    done = finish_map(db, ADMINISTRATOR, **_claimed(db), content=MAP)
    assert (_states(db, VERA), _states(db, OTHER)) == (["got"], [])
    assert len(event_document(db, VERA, "S261122a")["localizations"]) == 1
    with pytest.raises(NotFound):
        map_of(db, OTHER, int(done["localization_id"]))


def test_the_newest_notice_comes_first_and_the_same_map_is_kept_once(db: Database, server: MapServer) -> None:
    for minute in range(2):
        ingest_notice(db, ADMINISTRATOR, _named(server.url("a.fits"), created=f"2026-11-22T03:0{minute}:00Z"))
    ingest_notice(
        db,
        ADMINISTRATOR,
        burst(time="2026-11-22T09:00:00", what=f'<Param name="HealPix_URL" value="{server.url("b.fits")}"/>'),
    )
    claims = [_claimed(db) for _ in range(3)]
    assert [claim["event_notice_id"] for claim in claims] == [3, 2, 1]
    for claim in claims:
        finish_map(db, ADMINISTRATOR, **claim, content=MAP)
    names = [one["name"] for one in event_document(db, VISITOR, "S261122a")["localizations"]]
    assert names == ["S261122a-PRELIMINARY-a.fits"]


def test_a_time_that_is_told_more_finely_later_takes_the_map_along(db: Database, server: MapServer) -> None:
    ingest_notice(db, ADMINISTRATOR, _named(server.url(), time="2026-11-22T03:00:00Z"))
    finish_map(db, ADMINISTRATOR, **_claimed(db), content=MAP)
    ingest_notice(db, ADMINISTRATOR, alert("INITIAL", created="2026-11-22T05:00:00Z", time="2026-11-22T03:00:00.7Z"))
    [localization] = event_document(db, VISITOR, "S261122a")["localizations"]
    assert localization["dateobs"] == "2026-11-22T03:00:01.000Z"
