"""Incoming streams for tests: a Kafka cluster in this process, real packets, the command in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import Producer
from skyhub.config import CONFIG_FILE, KafkaStream
from skyhub.db import Viewer
from skyhub.web import TokenSigner

QUICK = {"session.timeout.ms": "4000", "heartbeat.interval.ms": "500"}
"""Options with which a group notices soon that a member was killed."""


INGEST = Viewer("ingest", scopes=frozenset({"view", "ingest"}))


class Cluster:
    """librdkafka's mock cluster: topics are made at first use; about 5 MB are kept of each of their four partitions."""

    def __init__(self) -> None:
        self._producer = Producer(
            {"bootstrap.servers": "none", "test.mock.num.brokers": "1", "log_level": "0", "linger.ms": "0"}
        )
        brokers = self._producer.list_topics(timeout=10).brokers.values()
        self.brokers = [f"{broker.host}:{broker.port}" for broker in brokers]

    def send(self, topic: str, messages: Iterable[bytes], key: bytes | None = None) -> None:
        """Messages onto the partitions in turn."""
        for number, data in enumerate(messages):
            self._producer.produce(topic, data, key, partition=number % 4)
        assert self._producer.flush(20) == 0

    def stream(self, *topics: str, **changes: Any) -> KafkaStream:
        """Settings with which to read topics."""
        given = {
            "kind": "kafka",
            "brokers": self.brokers,
            "topics": list(topics),
            "batch_seconds": 0.1,
            "options": QUICK,
        }
        return KafkaStream(**{**given, **changes})


class StreamProcess:
    """``skyhub ingest stream`` in a process of its own: for a service as the hub starts it, or as owner of the data."""

    def __init__(
        self,
        data_dir: Path,
        streams: dict[str, Any],
        url: str | None = None,
        brokers: dict[str, Any] | None = None,
    ) -> None:
        config = data_dir.parent / "streams.yaml"
        config.write_text(yaml.safe_dump({"streams": streams, "brokers": brokers or {}}))
        self._environment = {**os.environ, CONFIG_FILE: str(config), "SKYHUB_DATA_DIR": str(data_dir)}
        if url is not None:
            token = TokenSigner(data_dir).issue(INGEST, timedelta(minutes=30))
            self._environment |= {"SKYHUB_URL": url, "SKYHUB_TOKEN": token}
        self.start()

    def start(self) -> None:
        """Start it."""
        command = [str(Path(sys.executable).parent / "skyhub"), "ingest", "stream", "--json"]
        self.process = subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, text=True)

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> list[dict[str, Any]]:
        """End it as a supervisor does; the streams as they ended."""
        self.process.terminate()
        out, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        found: list[dict[str, Any]] = json.loads(out)["streams"]
        return found
