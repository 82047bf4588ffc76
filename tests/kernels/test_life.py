"""Real kernels: start, restart, interrupt, shutdown, death; of the kernel, its parent and the zygote."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.connect import LocalPortCache
from jupyter_client.manager import AsyncKernelManager
from skyhub.kernels import FastBlockingKernelManager, FastKernelManager, keep_kernel_ports_clear, zygote_status
from skyhub.kernels._forked import ForkedKernel
from skyhub.kernels._ports import KernelPorts
from support.effort import repeats

from tests.kernels.conftest import StartKernel, connect, execute, gone, pid_of, run, wait_until, zygote_pid

pytestmark = pytest.mark.usefixtures("full_zygote")


def forked(manager: Any) -> bool:
    return isinstance(manager.provisioner.process, ForkedKernel)


def test_kernel_is_a_fork_with_everything_imported(start_kernel: StartKernel, full_zygote: Path) -> None:
    manager = start_kernel()
    assert forked(manager)
    assert psutil.Process(pid_of(manager)).ppid() == zygote_pid(full_zygote)
    code = "import sys; print({'numpy', 'pandas', 'astropy.table', 'matplotlib.pyplot', 'httpx'} <= set(sys.modules))"
    assert run(manager, code) == "True"


def test_nothing_is_imported_after_the_fork_before_the_first_cell(start_kernel: StartKernel) -> None:
    code = "import sys; names = list(sys.modules); print(names[names.index('skyhub.kernels._child') + 1:])"
    late = [n for n in json.loads(run(start_kernel(), code).replace("'", '"')) if not n.startswith("skyhub.")]
    assert late[-1] in json.dumps(zygote_status())


def test_zygote_has_one_thread(full_zygote: Path) -> None:
    status = zygote_status(full_zygote)
    assert status is not None
    assert status["threads"] == 1
    assert psutil.Process(status["pid"]).num_threads() == 1


def test_kernels_in_a_row(start_kernel: StartKernel) -> None:
    pids, number = set(), repeats(20, 4)
    for _ in range(number):
        manager = start_kernel()
        assert run(manager, "print(6 * 7)") == "42"
        pids.add(pid_of(manager))
        manager.shutdown_kernel()
        assert not manager.is_alive()
    assert len(pids) == number
    assert all(gone(pid) for pid in pids)


def test_four_kernels_at_once(start_kernel: StartKernel) -> None:
    def one(number: int) -> str:
        return run(start_kernel(), f"print({number})")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(4))) == ["0", "1", "2", "3"]


def test_stock_asynchronous_manager_works() -> None:
    async def use() -> tuple[bool, str, bool]:
        manager = AsyncKernelManager(kernel_name="skyhub")
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        reply = await client.execute("1 + 1", reply=True, timeout=60)
        was_forked = forked(manager)
        client.stop_channels()
        await manager.shutdown_kernel()
        return was_forked, reply["content"]["status"], await manager.is_alive()

    assert asyncio.run(use()) == (True, "ok", False)


def test_two_kernels_of_the_asynchronous_manager_overlap() -> None:
    async def one() -> str:
        manager = FastKernelManager(kernel_name="skyhub")
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        reply = await client.execute("1", reply=True, timeout=60)
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        return str(reply["content"]["status"])

    async def both() -> list[str]:
        return list(await asyncio.gather(one(), one()))

    assert asyncio.run(both()) == ["ok", "ok"]


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_transports(transport: str, short_folder: Path) -> None:
    manager = FastBlockingKernelManager(kernel_name="skyhub", transport=transport)
    if transport == "ipc":
        manager.ip = str(short_folder / "k")
    manager.start_kernel()
    assert forked(manager)
    assert run(manager, "print('heard')") == "heard"
    manager.shutdown_kernel()


def test_ports_taken_before_the_kernel_binds_them_are_changed(
    start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep_kernel_ports_clear()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        cache = LocalPortCache.instance()
        free = cache.find_available_port
        offered = iter([taken])
        monkeypatch.setattr(cache, "find_available_port", lambda ip: next(offered, None) or free(ip))
        manager = start_kernel()
        assert forked(manager)
        assert taken not in manager.ports
        assert run(manager, "print('heard')") == "heard"
    assert any("other ports" in record.getMessage() for record in caplog.records)


def test_ports_are_none_that_a_connection_may_be_given(start_kernel: StartKernel) -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(1024 < port < lowest for port in start_kernel().ports)


def test_ports_given_out_before_are_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skyhub.kernels._ports.free_port", iter([20001, 20002, 20003]).__next__)
    KernelPorts.clear_instance()
    LocalPortCache.clear_instance()
    LocalPortCache.instance().currently_used_ports.add(20001)
    keep_kernel_ports_clear()
    cache = LocalPortCache.instance()
    assert [cache.find_available_port(ip) for ip in ("127.0.0.1", "localhost")] == [20002, 20003]
    assert cache.find_available_port("0.0.0.0") not in (20001, 20002, 20003)


def test_restart_forgets_the_state_and_keeps_the_client(start_kernel: StartKernel) -> None:
    manager = start_kernel()
    client = connect(manager)
    execute(client, "kept = 1")
    before = pid_of(manager)
    manager.restart_kernel()
    client.wait_for_ready(timeout=60)
    assert execute(client, "print('kept' in globals())") == "False"
    assert pid_of(manager) != before
    assert gone(before)
    client.stop_channels()


@pytest.mark.parametrize("busy", ["import time; time.sleep(60)", "while True: pass", "!sleep 60"])
def test_interrupt(start_kernel: StartKernel, busy: str) -> None:
    manager = start_kernel()
    client = connect(manager)
    # Else the kernel drops requests that reach it while it is still ending this one.
    message = client.execute(busy, stop_on_error=False)
    while client.get_iopub_msg(timeout=20)["msg_type"] != "execute_input":
        pass
    if busy.startswith("!"):
        wait_until(lambda: bool(psutil.Process(pid_of(manager)).children()), "the command runs")
    time.sleep(0.5)
    manager.interrupt_kernel()
    reply = client._recv_reply(message, timeout=20)
    # The shell magic turns the interrupt into the end of its command.
    assert reply["content"].get("ename", "KeyboardInterrupt") == "KeyboardInterrupt"
    assert execute(client, "print('still here')") == "still here"
    client.stop_channels()


def test_interrupt_of_an_idle_kernel_does_nothing(start_kernel: StartKernel) -> None:
    manager = start_kernel()
    manager.interrupt_kernel()
    assert run(manager, "print(1)") == "1"


@pytest.mark.parametrize("now", [True, False])
def test_shutdown_runs_what_was_registered_for_the_exit_only_if_it_is_asked(
    start_kernel: StartKernel, tmp_path: Path, now: bool
) -> None:
    manager = start_kernel()
    mark = tmp_path / "mark"
    run(manager, f"import atexit, pathlib; atexit.register(pathlib.Path({str(mark)!r}).touch);")
    pid = pid_of(manager)
    manager.shutdown_kernel(now=now)
    assert gone(pid)
    assert mark.exists() is not now


@pytest.mark.parametrize(
    ("code", "expected"), [("import os; os._exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_death_of_a_kernel_is_noticed_with_its_code(start_kernel: StartKernel, code: str, expected: int) -> None:
    manager = start_kernel()
    kernel = manager.provisioner.process  # type: ignore[union-attr]
    client = connect(manager)
    client.execute(code)
    wait_until(lambda: not manager.is_alive(), "death noticed")
    assert kernel.returncode == expected
    client.stop_channels()


def test_zygote_collects_its_dead(start_kernel: StartKernel, full_zygote: Path) -> None:
    manager = start_kernel()
    pid = pid_of(manager)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid), "collected")
    assert gone(pid)


PARENT = """
import sys, time
from skyhub.kernels import FastBlockingKernelManager
manager = FastBlockingKernelManager(kernel_name="skyhub")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(60)
client.execute({code!r})
while client.get_iopub_msg(timeout=20)["msg_type"] != "execute_input":
    pass
time.sleep(0.5)
print(manager.provisioner.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize(
    "code",
    [
        "1",
        "while True: pass",
        pytest.param(
            "import ctypes, time; time.sleep(0.2); ctypes.PyDLL(None).sleep(600)",
            id="native code that holds the interpreter lock",
        ),
        pytest.param("import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)", id="hang-up ignored"),
    ],
)
def test_kernel_ends_with_its_parent(number: int, code: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(code=code)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        kernel = int(parent.stdout.readline())
        assert not gone(kernel)
        parent.send_signal(number)
    wait_until(lambda: gone(kernel), "kernel gone")


def test_subprocess_of_the_parent_does_not_keep_the_kernel(start_kernel: StartKernel) -> None:
    manager = start_kernel()
    pid = pid_of(manager)
    with subprocess.Popen(["sleep", "60"], close_fds=False) as bystander:
        manager.provisioner.process.close()  # type: ignore[union-attr]
        wait_until(lambda: gone(pid), "kernel gone")
        bystander.kill()
