"""The hub's configuration: the process of incoming streams is there if one is declared, with no more rights than it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from skyhub.config import CONFIG_FILE, DirectoryStream, Settings
from skyhub.hub.configuration import configure_laptop
from traitlets.config import Config


def _configured(data_dir: Path, **changes: Any) -> Any:
    c = Config()
    configure_laptop(c, Settings(data_dir=data_dir, **changes))
    return c.JupyterHub


def test_without_streams_there_is_no_process_for_them(tmp_path: Path) -> None:
    hub = _configured(tmp_path)
    assert "streams" not in [service["name"] for service in hub.services]
    assert "skyhub-streams" not in [role["name"] for role in hub.load_roles]


def test_streams_run_with_their_settings_and_may_only_bring_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "skyhub.yaml"
    file.write_text("port: 8080")
    monkeypatch.setenv(CONFIG_FILE, str(file))
    monkeypatch.setenv("SKYHUB_STREAMS__INBOX__PATTERN", "*.avro")
    inbox = DirectoryStream(kind="directory", path=tmp_path)
    hub = _configured(tmp_path, streams={"inbox": inbox})
    [service] = [service for service in hub.services if service["name"] == "streams"]
    assert service["command"][1:] == ["ingest", "stream"]
    environment = service["environment"]
    assert environment[CONFIG_FILE] == str(file)
    assert environment["SKYHUB_STREAMS__INBOX__PATTERN"] == "*.avro"
    assert environment["SKYHUB_URL"].endswith("/services/data")
    [role] = [role for role in hub.load_roles if role["name"] == "skyhub-streams"]
    assert role["scopes"] == ["custom:skyhub:view", "custom:skyhub:ingest"]


def test_the_board_is_given_tokens_that_may_only_view(tmp_path: Path) -> None:
    hub = _configured(tmp_path)
    [service] = [service for service in hub.services if service["name"] == "board"]
    assert service["oauth_client_allowed_scopes"] == ["custom:skyhub:view"]
    assert service["environment"]["SKYHUB_URL"].endswith("/services/data")
    assert "board" not in [name for role in hub.load_roles for name in role.get("services", ())]


def test_accounts_at_brokers_are_told_to_those_who_ask_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "skyhub.yaml"
    file.write_text("brokers: {lasair: {kind: lasair}}")
    monkeypatch.setenv(CONFIG_FILE, str(file))
    monkeypatch.setenv("SKYHUB_BROKERS__LASAIR__TOKEN", "very-secret")
    inbox = DirectoryStream(kind="directory", path=tmp_path)
    hub = _configured(tmp_path, streams={"inbox": inbox})
    told = {s["name"] for s in hub.services if "very-secret" in str(s.get("environment"))}
    assert told == {"data", "streams"}


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("SKYHUB_IMAGES__URL", "http://127.0.0.1:1/images", {"data"}),
        ("SKYHUB_EVENTS", "{}", {"data"}),
        ("SKYHUB_TREASUREMAP", "{}", {"data"}),
        ("OPENBLAS_NUM_THREADS", "2", {"data"}),
        ("SKYHUB_NOTIFICATIONS", "{}", {"data", "scheduler"}),
        ("SKYHUB_MAPS", "{}", {"data", "scheduler"}),
        ("SKYHUB_CIRCULARS__SECOND_PERSON", "false", {"data", "scheduler"}),
        ("SKYHUB_QUEUES", "{}", {"data", "scheduler"}),
    ],
)
def test_settings_reach_the_services_that_need_them(
    variable: str, value: str, told: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert {s["name"] for s in _configured(tmp_path).services if variable in s.get("environment", {})} == told
