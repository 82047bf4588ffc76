"""Kernels of a real Jupyter server: culling, automatic restart, end of the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from skyhub.kernels import FastKernelClient
from skyhub.kernels.server import FastServerKernelManager
from skyhub.ports import free_port

from tests.kernels.conftest import gone, wait_until, zygote_pid

CULLING = [
    "--MappingKernelManager.cull_idle_timeout=1",
    "--MappingKernelManager.cull_interval=1",
    "--KernelRestarter.time_to_dead=0.2",
]
MANAGER = "--AsyncMappingKernelManager.kernel_manager_class=skyhub.kernels.server.FastServerKernelManager"


@contextmanager
def jupyter_server(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"),
        *(
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=secret",
            MANAGER,
            *options,
        ),
    ]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": "token secret"}) as client,
    ):
        wait_until(lambda: server.poll() is not None or answers(client), "server", timeout=60)
        try:
            yield server, client
        finally:
            server.kill()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/api/status").status_code == 200
    except httpx.TransportError:
        return False


def new_kernel(client: httpx.Client, zygote: Path) -> tuple[str, int]:
    """The id and the process of a new kernel."""
    before = forks(zygote)
    answer: dict[str, Any] = client.post("/api/kernels", json={"name": "skyhub"}, timeout=60).json()
    (pid,) = forks(zygote) - before
    return str(answer["id"]), pid


def forks(zygote: Path) -> set[int]:
    return {child.pid for child in psutil.Process(zygote_pid(zygote)).children() if not gone(child.pid)}


def test_manager_of_the_server_makes_fast_clients(spec_path: Path) -> None:
    assert FastServerKernelManager(kernel_name="skyhub").client_factory is FastKernelClient


def test_idle_kernel_is_culled(full_zygote: Path, tmp_path: Path) -> None:
    with jupyter_server(tmp_path, *CULLING) as (_, client):
        kernel, pid = new_kernel(client, full_zygote)
        wait_until(lambda: client.get(f"/api/kernels/{kernel}").status_code == 404, "culled", timeout=30)
        wait_until(lambda: gone(pid), "kernel gone")


def test_kernel_that_died_is_started_again_and_can_be_restarted_interrupted_deleted(
    full_zygote: Path, tmp_path: Path
) -> None:
    """The server refuses a restart while it is busy with its automatic one; whatever happens, one kernel is left."""
    with jupyter_server(tmp_path) as (_, client):
        kernel, pid = new_kernel(client, full_zygote)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: bool(forks(full_zygote) - {pid}), "automatic restart", timeout=30)
        restart = f"/api/kernels/{kernel}/restart"
        wait_until(lambda: client.post(restart, timeout=60).status_code == 200, "restart", timeout=30)
        assert client.post(f"/api/kernels/{kernel}/interrupt").status_code == 204
        (last,) = forks(full_zygote)
        assert client.delete(f"/api/kernels/{kernel}", timeout=60).status_code == 204
        wait_until(lambda: gone(last), "kernel gone")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_kernels_end_with_the_server(full_zygote: Path, tmp_path: Path, number: int) -> None:
    with jupyter_server(tmp_path) as (server, client):
        pids = {new_kernel(client, full_zygote)[1] for _ in range(2)}
        server.send_signal(number)
        wait_until(lambda: all(gone(pid) for pid in pids), "kernels gone")
    assert zygote_pid(full_zygote)


def test_plain_kernelspec_stays(full_zygote: Path, tmp_path: Path) -> None:
    with jupyter_server(tmp_path) as (_, client):
        specs = client.get("/api/kernelspecs").json()["kernelspecs"]
    assert {"python3", "skyhub"} <= specs.keys()
    assert specs["skyhub"]["spec"]["metadata"]["debugger"] is True
