"""The clients and managers without fixed waits."""

from __future__ import annotations

import asyncio
import os
import signal
from queue import Empty

import pytest
import skyhub.kernels
from skyhub.kernels import FastBlockingKernelClient, FastKernelClient, FastKernelManager

from tests.kernels.conftest import StartKernel, connect, pid_of

pytestmark = pytest.mark.usefixtures("full_zygote")


def test_public_names_exist() -> None:
    assert all(hasattr(skyhub.kernels, name) for name in skyhub.kernels.__all__)


def test_death_before_ready_is_said(start_kernel: StartKernel) -> None:
    manager = start_kernel()
    os.kill(pid_of(manager), signal.SIGKILL)
    client = manager.client()
    client.start_channels()
    with pytest.raises(RuntimeError, match="died"):
        client.wait_for_ready(timeout=30)
    client.stop_channels()


def test_kernel_that_is_busy_is_not_ready(start_kernel: StartKernel) -> None:
    manager = start_kernel()
    first = connect(manager)
    first.execute("import time; print('asleep', flush=True); time.sleep(60)")
    while first.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    client = manager.client()
    client.start_channels()
    with pytest.raises(RuntimeError, match="didn't respond"):
        client.wait_for_ready(timeout=1.5)
    for one in (first, client):
        one.stop_channels()


def test_ready_client_has_no_message_of_the_start_left(start_kernel: StartKernel) -> None:
    client = connect(start_kernel())
    with pytest.raises(Empty):
        client.get_iopub_msg(timeout=0.3)
    client.stop_channels()


def test_blocking_client_without_a_manager(start_kernel: StartKernel) -> None:
    client = FastBlockingKernelClient(connection_file=start_kernel().connection_file)
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    client.stop_channels()


@pytest.mark.parametrize("kernel_name", ["skyhub", "python3"])
def test_asynchronous_manager_makes_fast_clients_for_every_kernel(kernel_name: str) -> None:
    async def use() -> bool:
        manager = FastKernelManager(kernel_name=kernel_name)
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        return isinstance(client, FastKernelClient)

    assert asyncio.run(use())


def test_configured_client_class_is_respected() -> None:
    manager = FastKernelManager(kernel_name="skyhub", client_class="jupyter_client.asynchronous.AsyncKernelClient")
    assert manager.client_factory is not FastKernelClient
