"""Settings: bad ones are named with where they come from; explained with value, source, default and what is permitted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from skyhub.config import (
    CONFIG_FILE,
    BrokerStream,
    DirectoryStream,
    KafkaStream,
    LasairBroker,
    Settings,
    explain_settings,
    load_settings,
)
from skyhub.errors import InvalidInput

SKYHUB = Path(sys.executable).parent / "skyhub"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SKYHUB_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CONFIG_FILE, str(tmp_path / "skyhub.yaml"))
    return tmp_path / "skyhub.yaml"


def _explained() -> dict[str, dict[str, Any]]:
    return {entry["variable"]: entry for entry in explain_settings()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port: 99999", "port in .*skyhub.yaml is 99999"),
        ("ports: 80", "has ports: data_dir, host"),
        ("[1, 2]", "are permitted"),
        ("port: [", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(InvalidInput, match=message):
        load_settings()


def test_a_missing_file_is_refused(file: Path) -> None:
    with pytest.raises(InvalidInput, match=CONFIG_FILE):
        load_settings()


def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_PORT", "many")
    with pytest.raises(InvalidInput, match="SKYHUB_PORT is 'many'"):
        load_settings()


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("port: 8080\nidle_minutes: 5\n")
    monkeypatch.setenv("SKYHUB_PORT", "8090")
    settings = load_settings()
    assert (settings.port, settings.idle_minutes, settings.host) == (8090, 5, "127.0.0.1")
    explained = _explained()
    sources = [explained[f"SKYHUB_{name}"]["source"] for name in ("PORT", "IDLE_MINUTES", "HOST")]
    assert sources == ["environment", str(file), "default"]
    assert (explained["SKYHUB_PORT"]["value"], explained["SKYHUB_PORT"]["default"]) == (8090, 8000)
    assert explained["SKYHUB_PORT"]["permitted"] == "int, at least 1, at most 65535"


def test_every_setting_is_explained() -> None:
    explained = _explained()
    assert {f"SKYHUB_{name.upper()}" for name in Settings.model_fields} < explained.keys()
    for entry in explained.values():
        assert entry["description"]
        assert entry["permitted"]


def test_the_command_masks_tokens() -> None:
    environment = {**os.environ, "SKYHUB_TOKEN": "very-secret", "SKYHUB_URL": "http://there"}
    done = subprocess.run(
        [SKYHUB, "config", "explain", "--json"], capture_output=True, text=True, env=environment, timeout=60
    )
    settings = {entry["variable"]: entry for entry in json.loads(done.stdout)["settings"]}
    assert "very-secret" not in done.stdout
    assert (settings["SKYHUB_TOKEN"]["value"], settings["SKYHUB_URL"]["value"]) == ("**********", "http://there")
    text = subprocess.run([SKYHUB, "config", "explain"], capture_output=True, text=True, env=environment, timeout=60)
    assert "very-secret" not in text.stdout
    assert "SKYHUB_PORT = 8000   (default; default 8000)" in text.stdout


_STREAMS = """
streams:
  ztf: {kind: kafka, brokers: ["a:9092", "b:9092"], topics: ["^ztf_.*"], security: sasl_ssl, username: hub, password: very-secret}
  inbox: {kind: directory, path: /data/inbox}
"""


def test_streams_come_from_the_file_and_their_secrets_from_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(_STREAMS.replace(", password: very-secret", ""))
    monkeypatch.setenv("SKYHUB_STREAMS__ZTF__PASSWORD", "other")
    ztf, inbox = load_settings().streams.values()
    assert isinstance(ztf, KafkaStream)
    assert ztf.password is not None
    assert (ztf.brokers, ztf.password.get_secret_value()) == (["a:9092", "b:9092"], "other")
    assert isinstance(inbox, DirectoryStream)


def test_streams_are_explained_without_their_secrets(file: Path) -> None:
    file.write_text(_STREAMS)
    explained = _explained()
    assert "very-secret" not in json.dumps(list(explained.values()))
    assert explained["SKYHUB_STREAMS"]["value"] == "ztf, inbox"
    assert "topics" in explained["SKYHUB_STREAMS"]["permitted"]
    assert explained["SKYHUB_STREAMS__ZTF__PASSWORD"]["value"] == "**********"
    assert explained["SKYHUB_STREAMS__ZTF__BROKERS"]["value"] == "a:9092, b:9092"
    assert explained["SKYHUB_STREAMS__ZTF__START"]["permitted"] == "earliest, latest"
    assert explained["SKYHUB_STREAMS__INBOX__SETTLE_SECONDS"]["default"] == 1.0
    for entry in explained.values():
        assert entry["description"]
        assert entry["permitted"]


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ("kind: kafka", "kind: mail"),
        ("topics: ", "topic: "),
        ("password: very-secret", "password: [very-secret]"),
        ("ztf:", "Z/T/F:"),
        ("path: /data/inbox", "path: [very-secret]"),
        ("password: very-secret", "options: {sasl.password: very-secret}"),
    ],
)
def test_a_stream_that_cannot_be_used_is_named_without_its_values(file: Path, given: str, instead: str) -> None:
    file.write_text(_STREAMS.replace(given, instead))
    with pytest.raises(InvalidInput, match=r"streams in .*skyhub\.yaml has") as refused:
        load_settings()
    assert "very-secret" not in str(refused.value)


_BROKERS = """
brokers:
  fink: {kind: fink}
  lasair: {kind: lasair, token: very-secret}
  boom: {kind: boom, username: ann, password: very-secret}
streams:
  new: {kind: broker, broker: fink, select: {class: Early SN Ia candidate}}
"""


def test_brokers_come_from_the_file_and_their_secrets_from_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(_BROKERS.replace(", token: very-secret", ""))
    monkeypatch.setenv("SKYHUB_BROKERS__LASAIR__TOKEN", "other")
    settings = load_settings()
    lasair, stream = settings.brokers["lasair"], settings.streams["new"]
    assert isinstance(lasair, LasairBroker)
    assert lasair.token.get_secret_value() == "other"
    assert isinstance(stream, BrokerStream)
    assert stream.select == {"class": "Early SN Ia candidate"}


def test_brokers_are_explained_without_their_secrets(file: Path) -> None:
    file.write_text(_BROKERS)
    explained = _explained()
    assert "very-secret" not in json.dumps(list(explained.values()))
    assert explained["SKYHUB_BROKERS"]["value"] == "fink, lasair, boom"
    assert explained["SKYHUB_BROKERS__LASAIR__TOKEN"]["value"] == "**********"
    assert explained["SKYHUB_BROKERS__BOOM__PASSWORD"]["value"] == "**********"
    assert explained["SKYHUB_STREAMS__NEW__EVERY_SECONDS"]["default"] == 300
    assert all(entry["description"] and entry["permitted"] for entry in explained.values())


@pytest.mark.parametrize(
    ("given", "instead", "words"),
    [
        ("kind: fink", "kind: pigeon", "brokers in"),
        ("token: very-secret", "token: [very-secret]", "brokers in"),
        ("token: very-secret", "token: very-secret, url: 'http://there/very-secret'", "https"),
        ("kind: boom,", "kind: boom, url: 'https://very-secret@there',", "brokers in"),
        ("broker: fink", "broker: finck", "the stream new reads the broker finck: fink, lasair, boom are declared"),
        ("fink: {kind: fink}", "f i n k: {kind: fink}", "brokers in"),
    ],
)
def test_a_broker_that_cannot_be_used_is_named_without_its_values(
    file: Path, given: str, instead: str, words: str
) -> None:
    file.write_text(_BROKERS.replace(given, instead))
    with pytest.raises(InvalidInput, match=words) as refused:
        load_settings()
    assert "very-secret" not in str(refused.value)


@pytest.mark.parametrize(
    "origin",
    [
        "example.org",
        "ftp://example.org",
        "https://",
        "https://example.org/",
        "https://me@example.org",
        "https://example.org:http",
        "https://example.org:65536",
        "https://[::1",
    ],
)
def test_origins_of_webhooks_are_refused_if_they_are_none(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_NOTIFICATIONS", json.dumps({"origins": ["https://hooks.example.org:8443", origin]}))
    with pytest.raises(InvalidInput, match="SKYHUB_NOTIFICATIONS has origins"):
        load_settings()


_QUEUES = """\
queues:
  ztf: {kind: ztf, instruments: [ZTF]}
  lco: {kind: lco, instruments: [Sinistro], archive_url: "https://archive.example.org"}
"""


def test_queues_of_telescopes_come_from_the_file(file: Path) -> None:
    file.write_text(_QUEUES)
    assert {name: queue.kind for name, queue in load_settings().queues.items()} == {"ztf": "ztf", "lco": "lco"}
    explained = {setting["name"]: setting["value"] for setting in explain_settings()}
    assert (explained["queues"], explained["queues__lco__poll_seconds"]) == ("ztf, lco", 300)


@pytest.mark.parametrize(
    ("line", "wrong", "message"),
    [
        ("instruments: [Sinistro]", "instruments: [ZTF]", "ZTF is asked for at the queues ztf and lco"),
        ("instruments: [Sinistro]", "instruments: []", "queues in"),
        ("https://archive", "http://archive", "https:// alone"),
        ("kind: ztf,", "kind: ztf, url: 'http://127.0.0.1.example.org',", "https:// alone"),
        ("kind: ztf,", "kind: ztf, url: 'https://u:p@there',", "queues in"),
    ],
)
def test_queues_that_cannot_be_used_are_refused(file: Path, line: str, wrong: str, message: str) -> None:
    file.write_text(_QUEUES.replace(line, wrong))
    with pytest.raises(InvalidInput, match=message):
        load_settings()
