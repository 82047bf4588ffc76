"""Maps that lie elsewhere: fetched from permitted hosts alone, and never more, or longer, than permitted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from skyhub.adapters.maps import NotFetched, fetch_map
from skyhub.config import MapSettings
from skyhub.ports import free_port
from support.maps import Answer, MapServer, map_server


@pytest.fixture(scope="module")
def server() -> Iterator[MapServer]:
    with map_server() as served:
        yield served


@pytest.fixture
def settings(server: MapServer) -> MapSettings:
    server.answers.clear()
    server.asked.clear()
    return MapSettings(hosts=[server.host], timeout_seconds=5, largest_megabytes=1)


def _refused(url: str, settings: MapSettings) -> tuple[str, bool]:
    with pytest.raises(NotFetched) as caught:
        fetch_map(url, settings)
    return caught.value.message, caught.value.final


@pytest.mark.parametrize(
    "host", ["", "https://example.org", "example.org/", "a@b", "*", "a b", "example.org:x", "[::1"]
)
def test_only_hosts_are_taken_for_hosts(host: str) -> None:
    with pytest.raises(ValidationError):
        MapSettings(hosts=[host])


@pytest.mark.parametrize(
    ("url", "permitted"),
    [
        ("https://gracedb.ligo.org/api/x.fits", True),
        ("http://GraceDB.ligo.org/x.fits", True),
        ("https://gracedb.ligo.org:8443/x.fits", False),
        ("https://gracedb.ligo.org.example.org/x.fits", False),
        ("https://example.org/gracedb.ligo.org", False),
        ("https://gracedb.ligo.org@example.org/x.fits", False),
        ("https://user:word@gracedb.ligo.org/x.fits", False),
        ("https://example.org#@gracedb.ligo.org/", False),
        ("https://example.org\\@gracedb.ligo.org/", False),
        ("ftp://gracedb.ligo.org/x.fits", False),
        ("file:///etc/passwd", False),
        ("http://127.0.0.1:9000/x.fits", True),
        ("http://127.0.0.1/x.fits", False),
        ("http://[gracedb.ligo.org/", False),
        ("", False),
    ],
)
def test_an_address_is_permitted_by_its_host_alone(url: str, permitted: bool) -> None:
    assert MapSettings(hosts=["GraceDB.ligo.org", "127.0.0.1:9000"]).permits(url) is permitted
    assert not MapSettings().permits(url)


def test_another_host_is_not_asked(server: MapServer, settings: MapSettings) -> None:
    assert _refused(server.url(), MapSettings(hosts=["example.org"])) == (
        "it leads to a host that maps.hosts does not permit.",
        True,
    )
    assert server.asked == []


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/", "http://localhost:{port}/x", "file:///etc/passwd", "//example.org/x"]
)
def test_it_is_not_led_to_another_host(server: MapServer, settings: MapSettings, location: str) -> None:
    server.answers = [Answer(302, location=location.format(port=server.host.rpartition(":")[2]))]
    assert _refused(server.url(), settings)[1]
    assert len(server.asked) == 1


def test_it_is_led_on_within_the_host_but_not_for_ever(server: MapServer, settings: MapSettings) -> None:
    server.answers = [Answer(301, location="/other/map.fits"), Answer(content=b"SIMPLE")]
    assert fetch_map(server.url("skymap.fits,1"), settings) == b"SIMPLE"
    assert server.asked == ["/skymap.fits,1", "/other/map.fits"]
    server.answers = [Answer(302, location="/again")] * 20
    assert _refused(server.url(), settings) == ("it leads on more than 5 times.", True)


@pytest.mark.parametrize(("status", "final"), [(404, False), (503, False), (429, False), (403, True), (410, True)])
def test_what_is_not_there_may_come_and_what_is_refused_does_not(
    server: MapServer, settings: MapSettings, status: int, final: bool
) -> None:
    server.answers = [Answer(status, b"<html>")]
    assert _refused(server.url(), settings) == (f"the server answered {status}.", final)


def test_no_more_is_read_than_permitted(server: MapServer, settings: MapSettings) -> None:
    server.answers = [Answer(content=b"x" * 1_000_001)]
    assert _refused(server.url(), settings) == ("it has more than the 1 MB that are permitted.", True)
    server.answers = [Answer(content=b"x" * 1_000_000)]
    assert len(fetch_map(server.url(), settings)) == 1_000_000


def test_a_file_that_is_cut_off_or_drips_is_not_taken(server: MapServer, settings: MapSettings) -> None:
    server.answers = [Answer(content=b"SIMPLE", promised=5000)]
    assert _refused(server.url(), settings) == ("the server does not answer as it should: RemoteProtocolError.", False)
    server.answers = [Answer(content=b"x" * 10_000, pause=0.05)]
    hurried = settings.model_copy(update={"timeout_seconds": 0.2})
    assert _refused(server.url(), hurried) == ("it was not there within 0.2 s.", False)


def test_a_server_that_is_away_may_come_back() -> None:
    host = f"127.0.0.1:{free_port()}"
    assert _refused(f"http://{host}/x", MapSettings(hosts=[host])) == (
        "the server does not answer as it should: ConnectError.",
        False,
    )
