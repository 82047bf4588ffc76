"""Topics of a Kafka cluster: a member of a consumer group that commits offsets only of what was acknowledged."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from skyhub.adapters._container import container, is_schema
from skyhub.adapters._feed import Message, Outlook
from skyhub.config import KafkaStream
from skyhub.errors import InvalidInput, Unavailable

__all__ = ["KafkaFeed"]

_log = logging.getLogger(__name__)
_SECONDS = 3.0
_QUEUED_KIB = "32768"
_Partition = tuple[str, int]
_GRAVE = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._AUTHENTICATION,
    KafkaError._RESOLVE,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
}


class KafkaFeed:
    """Messages of topics.

    Parameters
    ----------
    settings
        Brokers, topics, group, security.

    Notes
    -----
    A partition that goes to another member meanwhile is given there from its last committed offset: messages under way may
    be given twice, none is passed over. While messages are held back, partitions are paused and the membership goes on.
    """

    def __init__(self, settings: KafkaStream) -> None:
        self._settings = settings
        self._owned: set[_Partition] = set()
        self._next: dict[_Partition, int] = {}
        self._early: list[Any] = []
        self._took_at = -math.inf
        self._paused = False
        self._trouble = "no broker has answered yet"
        try:
            self._consumer = Consumer({**_options(settings), "error_cb": self._complain}, logger=_log)
            self._consumer.subscribe(
                settings.topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
            )
        except KafkaException as error:
            raise InvalidInput(f"the settings of the Kafka stream cannot be used: {error}.", "streams") from error

    def take(self, wait: bool = True) -> list[Message]:
        """The next messages; those that came while the last ones were stored have waited long enough."""
        if self._trouble:
            self._require_topics()
        self._set_paused(False)
        settings, size = self._settings, 0
        taken: list[Message] = []
        begin = time.monotonic()
        end = begin + settings.batch_seconds if wait else begin
        due = min(end, self._took_at + settings.batch_seconds)
        while len(taken) < settings.batch_packets and size < settings.batch_bytes:
            left = (due if taken else end) - time.monotonic()
            found = self._early.pop(0) if self._early else self._poll(max(0.0, left))
            if found is None:
                break
            if found.error():
                self._trouble = str(found.error().str())
                break
            message = _message(found)
            taken.append(message)
            size += len(message.data)
            topic, partition, offset = message.mark
            self._next[topic, partition] = offset + 1
        self._took_at = time.monotonic()
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Commit the offsets behind the messages, of partitions that are still ours."""
        ends: dict[_Partition, int] = {}
        for topic, partition, offset in (message.mark for message in messages):
            ends[topic, partition] = max(offset + 1, ends.get((topic, partition), 0))
        offsets = [TopicPartition(*key, end) for key, end in ends.items() if key in self._owned]
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            _log.warning("offsets were not committed, their messages may come again: %s", error)

    def hold(self, seconds: float) -> None:
        """Pause and go on answering the group's coordinator."""
        self._set_paused(True)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            found = self._poll(left)
            if found is not None and not found.error():
                self._early.append(found)

    def lag(self) -> int | None:
        """Messages between our offsets and the ends of the partitions, as last heard."""
        unread = 0
        for key in self._owned:
            low, high = self._consumer.get_watermark_offsets(TopicPartition(*key), cached=True)
            if high < 0:
                return None
            if key not in self._next:
                self._next[key] = self._committed(key)
            unread += max(0, high - max(self._next[key], low))
        return unread if self._owned else None

    def outlook(self) -> Outlook:
        """It is listened to all the time."""
        return Outlook()

    def retry(self) -> None:
        """It is listened to all the time."""

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _poll(self, seconds: float) -> Any:
        try:
            return self._consumer.poll(seconds)
        except KafkaException as error:
            raise Unavailable(f"Kafka at {self._brokers} refuses: {error}.", self._brokers) from error

    @property
    def _brokers(self) -> str:
        return ",".join(self._settings.brokers)

    def _require_topics(self) -> None:
        try:
            known = self._consumer.list_topics(timeout=_SECONDS).topics
        except KafkaException as error:
            raise Unavailable(
                f"Kafka at {self._brokers} does not answer: {self._trouble or error}. Are brokers and security right?",
                self._brokers,
            ) from error
        missing = [topic for topic in self._settings.topics if not topic.startswith("^") and topic not in known]
        if missing:
            raise Unavailable(
                f"Kafka at {self._brokers} has no topic {', '.join(missing)}; it will be read when it appears.",
                self._brokers,
            )
        self._trouble = ""

    def _committed(self, key: _Partition) -> int:
        try:
            [found] = self._consumer.committed([TopicPartition(*key)], timeout=_SECONDS)
            return max(0, int(found.offset))
        except KafkaException:
            return 0

    def _set_paused(self, paused: bool) -> None:
        if paused != self._paused:
            parts = self._consumer.assignment()
            (self._consumer.pause if paused else self._consumer.resume)(parts)
            self._paused = paused

    def _assigned(self, consumer: Any, partitions: list[Any]) -> None:
        consumer.assign(partitions)
        self._owned = {(part.topic, part.partition) for part in partitions}
        self._next.clear()
        if self._paused:
            consumer.pause(partitions)

    def _revoked(self, consumer: Any, partitions: list[Any]) -> None:
        gone = {(part.topic, part.partition) for part in partitions}
        self._owned -= gone
        self._early = [found for found in self._early if (found.topic(), found.partition()) not in gone]

    def _complain(self, error: KafkaError) -> None:
        if error.code() in _GRAVE or error.fatal():
            self._trouble = error.str()


def _message(found: Any) -> Message:
    mark = (found.topic(), found.partition(), found.offset())
    key, value = found.key(), found.value() or b""
    return Message("/".join(map(str, mark)), container(key, value) if is_schema(key) else value, mark)


def _options(settings: KafkaStream) -> dict[str, Any]:
    return {
        "client.id": "skyhub",
        "topic.metadata.refresh.interval.ms": "10000",
        "queued.max.messages.kbytes": _QUEUED_KIB,
        "log.connection.close": "false",
        **settings.options,
        "bootstrap.servers": ",".join(settings.brokers),
        "group.id": settings.group,
        "auto.offset.reset": settings.start,
        "enable.auto.commit": "false",
        "security.protocol": settings.security,
        **(_sasl(settings) if settings.security.startswith("sasl") else {}),
        **({"ssl.ca.location": str(settings.ca_file)} if settings.ca_file else {}),
    }


def _sasl(settings: KafkaStream) -> dict[str, Any]:
    user, secret = settings.username or "", settings.password.get_secret_value() if settings.password else ""
    if settings.mechanism != "OAUTHBEARER":
        return {"sasl.mechanism": settings.mechanism, "sasl.username": user, "sasl.password": secret}
    return {
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.client.id": user,
        "sasl.oauthbearer.client.secret": secret,
        "sasl.oauthbearer.token.endpoint.url": settings.token_url,
    }
