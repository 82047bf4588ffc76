"""The scheduler has two halves: one that breaks ends the other, and the process says so."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import skyhub.client
import skyhub.scheduler
from skyhub.cli._run import scheduler


@contextmanager
def _connected() -> Iterator[Any]:
    yield SimpleNamespace(transport=None)


@pytest.mark.parametrize(("broken", "other"), [("work", "send_messages"), ("send_messages", "work")])
def test_what_breaks_ends_both(broken: str, other: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = []

    def breaks(*_: Any) -> None:
        raise RuntimeError("it broke")

    def waits(*given: Any) -> None:
        told.append(given[-1].wait(20))

    monkeypatch.setenv("SKYHUB_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(skyhub.client, "connect", _connected)
    monkeypatch.setattr(skyhub.scheduler, broken, breaks)
    monkeypatch.setattr(skyhub.scheduler, other, waits)
    with pytest.raises(RuntimeError, match="it broke"):
        scheduler()
    assert told == [True]
