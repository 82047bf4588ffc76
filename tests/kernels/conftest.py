"""Fixtures: one zygote for the whole module, a kernelspec folder, kernels that are always ended.

`light_zygote` imports only what a kernel itself needs, so that tests which start many zygotes stay quick.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from skyhub.kernels import FastBlockingKernelManager, install_kernelspec, start_zygote, stop_zygote, zygote_status

StartKernel = Callable[..., FastBlockingKernelManager]


@pytest.fixture(scope="module")
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="skz", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def module_patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def spec_path(short_folder: Path, module_patch: pytest.MonkeyPatch) -> Path:
    """The kernelspec, installed where only these tests look."""
    target = install_kernelspec(short_folder)
    module_patch.setenv("JUPYTER_PATH", str(short_folder / "share" / "jupyter"))
    module_patch.setenv("IPYTHONDIR", str(short_folder / "ipython"))
    module_patch.setenv("JUPYTER_RUNTIME_DIR", str(short_folder / "runtime"))
    return target


@pytest.fixture
def light_zygote(short_folder: Path, spec_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The socket of a zygote that is not yet running and imports little."""
    socket_path = short_folder / "light.sock"
    monkeypatch.setenv("SKYHUB_ZYGOTE_SOCKET", str(socket_path))
    monkeypatch.setenv("SKYHUB_ZYGOTE_MODULES", "numpy,skyhub")
    yield socket_path
    stop_zygote(socket_path, timeout=1.0)


@pytest.fixture(scope="module")
def full_zygote(short_folder: Path, spec_path: Path, module_patch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The socket of a running zygote with the default imports."""
    socket_path = short_folder / "full.sock"
    module_patch.setenv("SKYHUB_ZYGOTE_SOCKET", str(socket_path))
    module_patch.delenv("SKYHUB_ZYGOTE_MODULES", raising=False)
    start_zygote(socket_path)
    yield socket_path
    stop_zygote(socket_path)


@pytest.fixture
def start_kernel() -> Iterator[StartKernel]:
    """A function that starts a kernel; every kernel is ended after the test."""
    managers: list[FastBlockingKernelManager] = []

    def start(kernel_name: str = "skyhub", **options: Any) -> FastBlockingKernelManager:
        manager = FastBlockingKernelManager(kernel_name=kernel_name)
        managers.append(manager)
        manager.start_kernel(**options)
        return manager

    yield start
    for manager in managers:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)


def connect(manager: FastBlockingKernelManager) -> Any:
    """A client that is ready."""
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client


def run(manager: FastBlockingKernelManager, code: str) -> str:
    """What a cell prints; an exception in the cell fails the test."""
    client = connect(manager)
    try:
        return execute(client, code)
    finally:
        client.stop_channels()


def execute(client: Any, code: str) -> str:
    """What a cell prints, with a client that is ready."""
    printed: list[str] = []

    def collect(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, timeout=60, output_hook=collect)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed).strip()


def pid_of(manager: FastBlockingKernelManager) -> int:
    """The process id of the kernel."""
    process = manager.provisioner.process  # type: ignore[union-attr]
    return int(process.pid)


def zygote_pid(socket_path: Path) -> int:
    """The process id of the running zygote."""
    status = zygote_status(socket_path)
    assert status is not None
    return int(status["pid"])


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 20.0) -> None:
    """Wait for something that must come true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.01)


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that is ended with the block, however that ends."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.terminate()


def gone(pid: int) -> bool:
    """Whether the process has ended (one that waits for its parent to collect it counts as ended)."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def environ_of(pid: int) -> dict[str, str]:
    """The environment block that the operating system shows of a process."""
    raw = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(os.fsdecode(entry).partition("=")[::2] for entry in raw if entry)
