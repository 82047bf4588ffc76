"""Embedded use: the data service inside this process, shared by all connections to one data directory."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from skyhub.addresses import Address, running_service

__all__ = ["enter_service"]


@dataclass
class _Service:
    address: Address
    resources: ExitStack
    users: int = 0


_services: dict[Path, _Service] = {}
_lock = threading.Lock()


def enter_service(data_dir: Path) -> tuple[Address, Callable[[], None]]:
    """The service of a data directory, started here if none runs; call what is returned to leave it.

    The last to leave ends it and releases the database.
    """
    if address := running_service(data_dir):
        return address, lambda: None
    path = data_dir.resolve()
    with _lock:
        if path not in _services:
            _services[path] = _start(data_dir)
        service = _services[path]
        service.users += 1
    return service.address, lambda: _leave(path, service)


def _start(data_dir: Path) -> _Service:
    with _collector_at_rest():
        from skyhub.service import open_database, serving

    with ExitStack() as stack:
        address = stack.enter_context(serving(stack.enter_context(open_database(data_dir))))
        return _Service(address, stack.pop_all())


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """For imports: of what they make nothing is garbage, and to look through it again and again takes a quarter of their time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _leave(path: Path, service: _Service) -> None:
    with _lock:
        service.users -= 1
        if service.users == 0:
            del _services[path]
            service.resources.close()
