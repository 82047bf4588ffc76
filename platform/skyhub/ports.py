"""Ports of this machine for servers that are started a little later."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from skyhub.errors import Unavailable

__all__ = ["free_port", "port_is_free"]

_LOWEST, _LOWEST_OF_CONNECTIONS = 10_000, 32_768
_CONNECTIONS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ATTEMPTS = 1000


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that is free now and that no connection will be given before a server takes it.

    The system gives its outgoing connections ports of a range of their own: a port of that range, free when it was
    asked for, can be in use when a server that takes seconds to start wants it.

    Raises
    ------
    Unavailable
        If none was found.
    """
    span = _lowest_of_connections() - _LOWEST
    for _ in range(_ATTEMPTS):
        port = _LOWEST + secrets.randbelow(span)
        if port_is_free("127.0.0.1", port):
            return port
    raise Unavailable(f"no port of 127.0.0.1 from {_LOWEST} to {_LOWEST + span - 1} is free.", "port")


def _lowest_of_connections() -> int:
    """The first port that the system gives to connections, if it leaves some below."""
    try:
        lowest = int(_CONNECTIONS.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        lowest = _LOWEST_OF_CONNECTIONS
    return lowest if lowest > _LOWEST + _ATTEMPTS else _LOWEST_OF_CONNECTIONS
