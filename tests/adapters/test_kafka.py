"""The Kafka feed against librdkafka's mock cluster: nothing is passed over, nothing acknowledged comes again."""

from __future__ import annotations

import io
import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import fastavro
import pytest
from pydantic import ValidationError
from skyhub.adapters import Feed, Message, open_feed
from skyhub.adapters._kafka import _options
from skyhub.alerts import AlertReader
from skyhub.errors import InvalidInput, Unavailable
from support.services import wait_until
from support.streams import Cluster


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster()


def _all(feed: Feed, count: int, seconds: float = 20) -> list[Message]:
    found: list[Message] = []
    end = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        found += feed.take()
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"brokers": []},
        {"topics": []},
        {"security": "none"},
        {"security": "sasl_ssl"},
        {"security": "sasl_plaintext", "username": "hub"},
        {"security": "sasl_ssl", "username": "hub", "password": ""},
        {"start": "middle"},
        {"batch_packets": 0},
        {"options": {"sasl.password": "x"}},
        {"options": {"enable.auto.commit": "true"}},
        {"options": {"group.id": "mine"}},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be_used_are_refused(cluster: Cluster, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        cluster.stream("x", **changes)


@pytest.mark.parametrize("holds", ["alerts", "notices"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_alerts_and_notices_sign_in_alike(cluster: Cluster, holds: str, mechanism: str, tmp_path: Path) -> None:
    given = {"security": "sasl_ssl", "mechanism": mechanism, "username": "hub", "password": "secret"}
    settings = cluster.stream("x", holds=holds, **given, ca_file=tmp_path / "authorities.pem")
    options = _options(settings)
    assert {name: value for name, value in options.items() if name.startswith(("sasl", "ssl", "security"))} == {
        "security.protocol": "sasl_ssl", "sasl.mechanism": mechanism, "sasl.username": "hub", "sasl.password": "secret",
        "ssl.ca.location": str(tmp_path / "authorities.pem"),
    }  # fmt: skip
    assert "secret" not in repr(settings)


def test_an_unknown_option_is_named(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no\.such\.option"):
        open_feed("x", cluster.stream("x", options={"no.such.option": "1"}), tmp_path)


def test_a_broker_that_is_away_is_said(cluster: Cluster, tmp_path: Path) -> None:
    with (
        closing(open_feed("x", cluster.stream("x", brokers=["127.0.0.1:9"]), tmp_path)) as feed,
        pytest.raises(Unavailable, match=r"127\.0\.0\.1:9 does not answer"),
    ):
        feed.take()


def test_a_topic_is_read_when_it_appears(cluster: Cluster, tmp_path: Path) -> None:
    options = {"topic.metadata.refresh.interval.ms": "500"}
    with closing(open_feed("x", cluster.stream("later", group="early", options=options), tmp_path)) as feed:
        with pytest.raises(Unavailable, match="no topic later"):
            feed.take()
        cluster.send("later", [b"1", b"2"])
        assert sorted(m.data for m in _all(feed, 2)) == [b"1", b"2"]


def test_what_was_acknowledged_does_not_come_again_and_all_else_does(cluster: Cluster, tmp_path: Path) -> None:
    sent = [str(n).encode() for n in range(40)]
    cluster.send("forty", sent)
    settings = cluster.stream("forty", group="forty", batch_packets=10)
    with closing(open_feed("x", settings, tmp_path)) as feed:
        first = _all(feed, 10)
        assert 0 < len(first) <= 10
        wait_until(lambda: feed.lag() == 40 - len(first))
        feed.acknowledge(first)
        taken_only = feed.take()
        assert taken_only
    with closing(open_feed("x", settings, tmp_path)) as feed:
        rest = _all(feed, 40 - len(first))
        assert sorted(m.data for m in first + rest) == sorted(sent)
        assert {m.place for m in taken_only} <= {m.place for m in rest}
        feed.acknowledge(rest)
        assert feed.lag() == 0
        assert feed.take(wait=False) == feed.take() == []
        cluster.send("forty", [b"40"])
        assert [m.data for m in wait_until(lambda: feed.take(wait=False))] == [b"40"]


def test_a_batch_ends_at_its_bytes(cluster: Cluster, tmp_path: Path) -> None:
    cluster.send("large", [bytes(50_000)] * 6)
    with closing(open_feed("x", cluster.stream("large", batch_bytes=2**16), tmp_path)) as feed:
        found = _all(feed, 1)
        assert 1 <= len(found) <= 2
        assert len(_all(feed, 6 - len(found))) == 6 - len(found)


def test_while_held_nothing_is_taken_and_nothing_is_lost(cluster: Cluster, tmp_path: Path) -> None:
    cluster.send("held", [b"a"] * 4)
    with closing(open_feed("x", cluster.stream("held", group="held"), tmp_path)) as feed:
        first = _all(feed, 4)
        cluster.send("held", [b"b"] * 8)
        feed.hold(4.5)  # longer than the group waits for a member that is silent
        feed.acknowledge(first)
        assert [m.data for m in _all(feed, 8)] == [b"b"] * 8
        assert feed.take() == []


def test_another_member_takes_over_what_was_not_acknowledged(cluster: Cluster, tmp_path: Path) -> None:
    cluster.send("shared", [str(n).encode() for n in range(40)])
    settings = cluster.stream("shared", group="shared")
    kept: set[str] = set()
    lost: set[str] = set()
    with closing(open_feed("x", settings, tmp_path)) as stays:
        with closing(open_feed("x", settings, tmp_path)) as leaves:

            def both_have_read() -> bool:
                kept.update(message.place for message in stays.take())
                lost.update(message.place for message in leaves.take())
                return len(kept | lost) == 40 and bool(lost)

            wait_until(both_have_read)
        again: list[Message] = []
        wait_until(lambda: again.extend(stays.take()) or lost <= {message.place for message in again})
        stays.acknowledge(again)
        stays.acknowledge([Message("other/0/7", b"", ("other", 0, 7))])  # a partition that is not ours
        assert stays.take() == []


def test_a_record_with_its_schema_as_key_comes_as_a_container(cluster: Cluster, tmp_path: Path, shared: Path) -> None:
    path = shared / "alerts" / "fink_ztf" / "fink_ztf_2026_multi.avro"
    with path.open("rb") as file:
        reader = fastavro.reader(file)
        schema, records = reader.writer_schema, [next(reader), next(reader)]
    key = json.dumps(schema).encode()
    for record in records:
        value = io.BytesIO()
        fastavro.schemaless_writer(value, fastavro.parse_schema(schema), record)
        cluster.send("fink", [value.getvalue()], key)
    with closing(open_feed("x", cluster.stream("fink", group="keys"), tmp_path)) as feed:
        contents = [AlertReader().read_bytes(m.data, m.place) for m in _all(feed, 2)]
    assert {p.candid for c in contents for p in c.packets} == {record["candid"] for record in records}
    assert [c.rejected for c in contents] == [[], []]
    assert {a.origin for c in contents for p in c.packets for a in p.annotations} == {"fink"}
