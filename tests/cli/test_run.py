"""The scheduler has several parts: one that breaks ends the others, and the process says so."""

from __future__ import annotations

import os
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
from support.houses import run_python

PARTS = ("work", "draft_default_plans", "send_messages", "submit_circulars", "talk_to_telescopes", "fetch_maps")


@contextmanager
def _connected() -> Iterator[Any]:
    yield SimpleNamespace(transport=None)


@pytest.mark.parametrize("broken", PARTS)
def test_what_breaks_ends_all(broken: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = []

    def breaks(*_: Any) -> None:
        raise RuntimeError("it broke")

    def waits(*given: Any) -> None:
        told.append(given[-1].wait(20))

    monkeypatch.setenv("SKYHUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SKYHUB_MAPS__HOSTS", '["127.0.0.1"]')
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(skyhub.client, "connect", _connected)
    for part in PARTS:
        monkeypatch.setattr(skyhub.scheduler, part, breaks if part == broken else waits)
    with pytest.raises(RuntimeError, match="it broke"):
        scheduler()
    assert told == [True] * (len(PARTS) - 1)


_SERVICE = """
import os, sys, types

def serve(*_):
    import numpy as np, scipy.linalg
    scipy.linalg.solve(np.ones((300, 300)) @ np.eye(300) + np.eye(300), np.ones(300))
    print(len(os.listdir("/proc/self/task")))

os.environ.pop("OPENBLAS_NUM_THREADS", None)
os.environ.update(argument.split("=") for argument in sys.argv[1:])
sys.modules["skyhub.service"] = types.SimpleNamespace(serve=serve, Hub=None)
from skyhub.cli._run import service
service("http://127.0.0.1:8001", "", None)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not show threads in /proc")
def test_the_service_multiplies_matrices_in_one_thread_unless_told_otherwise() -> None:
    assert run_python(_SERVICE) == 1
    if (os.cpu_count() or 1) > 1:
        assert run_python(_SERVICE, "OPENBLAS_NUM_THREADS=2") > 1
