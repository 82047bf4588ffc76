"""Ports for servers that start later: free, and never one that a connection may be given in between."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from skyhub import ports
from skyhub.errors import Unavailable
from skyhub.ports import free_port, port_is_free


def test_a_port_lies_below_those_of_connections_and_is_free() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = {free_port() for _ in range(50)}
    assert len(found) > 40
    assert all(1024 < port < lowest for port in found)
    with socket.socket() as server:
        server.bind(("127.0.0.1", found.pop()))


def test_a_port_in_use_is_passed_over_and_none_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", free_port()))
        busy.listen()
        taken = busy.getsockname()[1]
        assert not port_is_free("127.0.0.1", taken)
        draws = iter([0, 0, 1])
        monkeypatch.setattr(ports, "_LOWEST", taken)
        monkeypatch.setattr("secrets.randbelow", lambda span: next(draws))
        assert free_port() != taken
        monkeypatch.setattr("secrets.randbelow", lambda span: 0)
        with pytest.raises(Unavailable, match=f"no port of 127.0.0.1 from {taken}"):
            free_port()


@pytest.mark.parametrize("text", ["", "none", "1024 60999"])
def test_a_range_that_leaves_nothing_below_is_not_followed(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "range").write_text(text)
    monkeypatch.setattr(ports, "_CONNECTIONS", tmp_path / "range")
    assert 10_000 <= free_port() < 32_768
