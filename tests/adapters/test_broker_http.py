"""Whatever a broker does is an error that says so, in time; what passes is tried again; secrets are never shown."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from skyhub.adapters.brokers import _http as http_module
from skyhub.adapters.brokers._http import BrokerHttp
from skyhub.config import FinkBroker
from skyhub.errors import InvalidInput, NotFound, Unavailable
from skyhub.ports import free_port
from support.brokers import BrokerServer, Reply, broker_server, json_reply

HTML = Reply(b"<html><body>Service busy</body></html>", headers={"Content-Type": "text/html"})


@pytest.fixture
def server() -> Iterator[BrokerServer]:
    with broker_server() as broker:
        broker.answers["/rows"] = lambda asked: [{"candid": 3072410265715010069}]
        yield broker


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "_FIRST_WAIT", 0.0)


def _http(url: str, retries: int = 0, seconds: float = 5.0) -> BrokerHttp:
    settings = FinkBroker(kind="fink", url=url, retries=retries, timeout_seconds=seconds)
    return BrokerHttp("fink", url, settings, lambda again: {"Authorization": "Token s3cret"}, ("s3cret",))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Reply(b"", 500), r"failed at this \(500\)"),
        (Reply(b"", 502), r"failed at this \(502\)"),
        (Reply(b"", 429, {"Retry-After": "120"}), "fewer requests"),
        (HTML, "text/html in place of JSON"),
        (Reply(b""), "nothing in place of JSON"),
        (
            Reply(b'[{"candid": 307241', headers={"Content-Type": "application/json"}),
            "application/json in place of JSON",
        ),
        (Reply(b'[{"candid": 3072410265715010069}]', cut=12), "does not answer"),
        (Reply(b"[1]", after=0.6), "did not answer within 0.3 s"),
        (Reply(b"", 302, {"Location": "http://elsewhere.example"}), "status 302"),
        (Reply(b"[" * 50_000), "in place of JSON"),
    ],
    ids=["500", "502", "429", "HTML", "empty", "half a document", "half a body", "slow", "redirect", "deep"],
)
def test_what_goes_wrong_is_said(server: BrokerServer, fault: Reply, words: str) -> None:
    server.faults = [fault]
    http = _http(server.url, seconds=0.3)
    with pytest.raises(Unavailable, match=words):
        http.json("GET", "rows")
    assert http.health.state.state == "down"
    if fault.status != 429:
        assert http.json("GET", "rows") == [{"candid": 3072410265715010069}]
        assert http.health.state.state == "ok"


def test_a_broker_that_is_not_there_is_said() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        _http(f"http://127.0.0.1:{free_port()}").json("GET", "rows")


def test_what_passes_is_tried_again(server: BrokerServer) -> None:
    server.faults = [Reply(b"", 503), HTML]
    assert _http(server.url, retries=2).json("GET", "rows") == [{"candid": 3072410265715010069}]
    assert len(server.asked) == 3


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_broker_says_when_to_come_again(server: BrokerServer, form: str) -> None:
    when = "90" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.faults = [Reply(b"", 429, {"Retry-After": when})]
    http = _http(server.url, retries=2)
    for _ in range(2):  # the second time it is not even asked
        with pytest.raises(Unavailable) as refused:
            http.json("GET", "rows")
        assert 80 < (refused.value.retry_after or 0) <= 90
    assert len(server.asked) == 1
    http.health.reopen()
    http.json("GET", "rows")


def test_a_short_wait_is_waited_for(server: BrokerServer) -> None:
    server.faults = [Reply(b"", 429, {"Retry-After": "0"})]
    assert _http(server.url, retries=1).json("GET", "rows")


def test_a_refused_question_is_no_failure_of_the_broker(server: BrokerServer) -> None:
    server.faults = [Reply(b"radius too large for Token s3cret", 400), Reply(b"", 404)]
    http = _http(server.url)
    with pytest.raises(InvalidInput, match="radius too large") as refused:
        http.json("GET", "rows")
    assert "s3cret" not in refused.value.message
    with pytest.raises(NotFound):
        http.json("GET", "rows")
    assert http.health.state.state == "ok"


def test_an_account_that_is_not_accepted_is_tried_anew_once(server: BrokerServer) -> None:
    server.faults = [Reply(b"", 401)]
    http = _http(server.url)
    assert http.json("GET", "rows")
    server.faults = [Reply(b"no Token s3cret here", 401)] * 2
    with pytest.raises(Unavailable, match="account") as refused:
        http.json("GET", "rows")
    assert "s3cret" not in refused.value.message
    assert [asked.headers.get("Authorization") for asked in server.asked] == ["Token s3cret"] * 4


def test_nan_is_no_value_and_integers_stay_integers(server: BrokerServer) -> None:
    server.answers["/rows"] = lambda asked: Reply(b'[{"a": NaN, "b": Infinity, "candid": 9007199254740993}]')
    assert _http(server.url).json("GET", "rows") == [{"a": None, "b": None, "candid": 9007199254740993}]


def test_compressed_answers_are_read(server: BrokerServer) -> None:
    body = gzip.compress(json.dumps([1]).encode())
    server.answers["/rows"] = lambda asked: Reply(body, headers={"Content-Encoding": "gzip"})
    assert _http(server.url).json("GET", "rows") == [1]


def test_a_page_in_place_of_an_image_is_nonsense(server: BrokerServer) -> None:
    server.answers["/image"] = lambda asked: HTML
    with pytest.raises(Unavailable, match="Service busy"):
        _http(server.url).content("GET", "image")
    server.answers["/image"] = lambda asked: json_reply({"error": "x"})
    with pytest.raises(Unavailable, match="in place of an image"):
        _http(server.url).content("GET", "image")
