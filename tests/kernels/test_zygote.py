"""The zygote itself: starting, ending, hanging, ageing, refusing."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import skyhub.kernels._client as client_module
from skyhub.errors import InvalidInput
from skyhub.kernels import (
    ZygoteUnavailable,
    default_socket_path,
    restart_zygote,
    start_zygote,
    stop_zygote,
    zygote_command,
    zygote_status,
)
from skyhub.kernels._client import ZygoteSettings, open_zygote
from skyhub.kernels._forked import ForkedKernel
from skyhub.kernels._paths import StartLock, private_directory
from skyhub.kernels._preload import chosen_modules

from tests.kernels.conftest import StartKernel, environ_of, gone, pid_of, run, running, wait_until, zygote_pid


def forked(manager: object) -> bool:
    return isinstance(manager.provisioner.process, ForkedKernel)  # type: ignore[attr-defined]


def is_starting(socket_path: Path) -> bool:
    """Whether somebody holds the start lock."""
    lock = StartLock(socket_path)
    free = lock.acquire(0.0)
    lock.release()
    return not free


def test_too_long_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_ZYGOTE_SOCKET", "/tmp/" + "x" * 120)
    with pytest.raises(InvalidInput, match="at most 107"):
        default_socket_path()


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_runtime_folder_that_others_may_enter_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(InvalidInput, match="drwx------"):
        private_directory(folder)


def test_runtime_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match="must be a directory"):
        private_directory(tmp_path / "link")


def test_default_path_is_in_a_private_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SKYHUB_ZYGOTE_SOCKET", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = default_socket_path()
    assert path.parent == tmp_path / "skyhub"
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_choice_of_modules() -> None:
    assert chosen_modules("numpy,numpy, a.b") == ("numpy", "a.b")
    assert set(chosen_modules("default")) < set(chosen_modules("default,heavy"))
    assert chosen_modules("") == ()


def test_no_zygote(light_zygote: Path) -> None:
    assert zygote_status(light_zygote) is None
    assert stop_zygote(light_zygote) is False


def test_start_can_be_forbidden(
    light_zygote: Path, start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SKYHUB_ZYGOTE_AUTOSTART", "0")
    manager = start_kernel()
    assert not forked(manager)
    assert run(manager, "print('plain')") == "plain"
    warnings = [record.getMessage() for record in caplog.records if "plain kernel" in record.getMessage()]
    assert len(warnings) == 1
    assert "SKYHUB_ZYGOTE_AUTOSTART=0" in warnings[0]
    assert zygote_status(light_zygote) is None


def test_first_kernel_starts_the_zygote(light_zygote: Path, start_kernel: StartKernel) -> None:
    manager = start_kernel()
    assert forked(manager)
    assert psutil.Process(pid_of(manager)).ppid() == zygote_pid(light_zygote)


def test_callers_at_once_start_one_zygote(light_zygote: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        pids = {int(one["pid"]) for one in pool.map(lambda _: start_zygote(light_zygote), range(6))}
    assert len(pids) == 1
    zygotes = [p for p in psutil.process_iter(["cmdline"]) if str(light_zygote) in (p.info["cmdline"] or [])]
    assert {p.pid for p in zygotes} == pids


def test_processes_at_once_start_one_zygote(light_zygote: Path) -> None:
    command = [sys.executable, "-m", "skyhub.kernels", "start", "--socket", str(light_zygote)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1


def test_zygote_that_cannot_start_leads_to_a_plain_kernel(
    start_kernel: StartKernel, spec_path: Path, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYHUB_ZYGOTE_SOCKET", str(short_folder / "absent" / "z.sock"))
    manager = start_kernel()
    assert not forked(manager)
    assert run(manager, "print(1)") == "1"


def test_failed_start_is_not_repeated_at_once(light_zygote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(client_module._not_before, light_zygote, time.monotonic() + 60)
    with pytest.raises(ZygoteUnavailable, match="a moment ago"):
        start_zygote(light_zygote)


def test_slow_start_is_waited_for_no_longer_than_allowed(light_zygote: Path) -> None:
    with pytest.raises(ZygoteUnavailable, match="still starting"):
        open_zygote(ZygoteSettings(light_zygote, start_timeout=0.05))
    client_module._not_before.pop(light_zygote)


def test_missing_module_is_tolerated(light_zygote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_ZYGOTE_MODULES", "no_such_module,numpy")
    status = start_zygote(light_zygote)
    assert "numpy" in status["modules"]
    assert "no_such_module" not in status["modules"]
    assert "no_such_module is not pre-imported" in light_zygote.with_name("light.sock.log").read_text()


def test_module_that_starts_a_thread_is_named_and_left_out(
    light_zygote: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "thread_starter.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SKYHUB_ZYGOTE_MODULES", "thread_starter,numpy")
    status = start_zygote(light_zygote)
    assert status["threads"] == 1
    assert "thread_starter" not in status["modules"]
    log = light_zygote.with_name("light.sock.log").read_text()
    assert "thread_starter starts 1 thread(s) at import" in log


def test_end_of_the_zygote_leaves_its_kernels(light_zygote: Path, start_kernel: StartKernel) -> None:
    manager = start_kernel()
    assert forked(manager)
    os.kill(zygote_pid(light_zygote), signal.SIGKILL)
    assert run(manager, "print('alive')") == "alive"
    manager.restart_kernel()
    assert forked(manager)
    assert run(manager, "print('again')") == "again"
    pid = pid_of(manager)
    assert stop_zygote(light_zygote)
    manager.shutdown_kernel()
    assert gone(pid)


def test_exit_code_is_unknown_without_the_zygote(light_zygote: Path, start_kernel: StartKernel) -> None:
    manager = start_kernel()
    kernel = manager.provisioner.process  # type: ignore[union-attr]
    stop_zygote(light_zygote)
    os.kill(pid_of(manager), signal.SIGKILL)
    wait_until(lambda: not manager.is_alive(), "death noticed")
    assert kernel.returncode == 255


def test_hung_zygote_is_replaced(light_zygote: Path, start_kernel: StartKernel) -> None:
    first = zygote_pid(light_zygote) if start_zygote(light_zygote) else 0
    os.kill(first, signal.SIGSTOP)
    manager = start_kernel()
    assert forked(manager)
    assert gone(first)
    assert zygote_pid(light_zygote) != first


def test_something_that_listens_but_never_greets_is_given_up(
    spec_path: Path, short_folder: Path, start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    mute = short_folder / "mute.sock"
    code = (
        "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); "
        "print('listening', flush=True); time.sleep(600)"
    )
    with running([sys.executable, "-c", code, str(mute)], stdout=subprocess.PIPE) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        monkeypatch.setenv("SKYHUB_ZYGOTE_SOCKET", str(mute))
        monkeypatch.setenv("SKYHUB_ZYGOTE_AUTOSTART", "0")
        manager = start_kernel()
        assert not forked(manager)
        assert run(manager, "print(1)") == "1"
        assert listener.wait(10) == -signal.SIGKILL


def test_zygote_of_another_environment_is_not_used(light_zygote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_zygote(light_zygote)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "prefix", "/somewhere/else")
        with pytest.raises(ZygoteUnavailable, match="/somewhere/else"):
            start_zygote(light_zygote)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as two users")
def test_other_user_gets_no_greeting(light_zygote: Path) -> None:
    start_zygote(light_zygote)
    light_zygote.chmod(0o777)
    light_zygote.parent.chmod(0o755)
    code = (
        "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.settimeout(10); "
        "s.connect(sys.argv[1]); sys.exit(len(s.recv(1)))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(light_zygote)], timeout=30).returncode == 0
    assert zygote_status(light_zygote) is not None


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 8, struct.pack("!I", 5) + b"nope!", struct.pack("!I", 2) + b"[]", struct.pack("!I", 2) + b"{}", b"\0"],
)
def test_garbage_does_not_harm_the_zygote(light_zygote: Path, garbage: bytes) -> None:
    pid = int(start_zygote(light_zygote)["pid"])
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(light_zygote))
        client.sendall(garbage)
        assert zygote_pid(light_zygote) == pid
    assert zygote_pid(light_zygote) == pid


def test_slow_client_does_not_hold_up_others(light_zygote: Path, start_kernel: StartKernel) -> None:
    start_zygote(light_zygote)
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(light_zygote))
        slow.sendall(struct.pack("!I", 100) + b"{")
        assert forked(start_kernel())


def test_changed_code_is_loaded_anew_under_the_same_process(
    light_zygote: Path, start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "skyhub_widgets"
    package.mkdir()
    (package / "__init__.py").write_text("answer = 'old'\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SKYHUB_ZYGOTE_MODULES", "skyhub_widgets")
    code = "import skyhub_widgets; print(skyhub_widgets.answer)"
    first = start_kernel()
    assert run(first, code) == "old"
    pid = zygote_pid(light_zygote)
    (package / "__init__.py").write_text("answer = 'newer'\n")
    second = start_kernel()
    assert forked(second)
    assert run(second, code) == "newer"
    assert run(first, code) == "old"
    assert zygote_pid(light_zygote) == pid
    first_pid = pid_of(first)
    first.shutdown_kernel()
    wait_until(lambda: not psutil.pid_exists(first_pid), "kernel of the earlier image collected")


def test_restart(light_zygote: Path) -> None:
    first = int(start_zygote(light_zygote)["pid"])
    assert int(restart_zygote(light_zygote)["pid"]) != first
    assert gone(first)


def test_hang_up_loads_anew(light_zygote: Path) -> None:
    pid = int(start_zygote(light_zygote)["pid"])
    created = light_zygote.stat().st_ino, light_zygote.stat().st_mtime_ns
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: (light_zygote.stat().st_ino, light_zygote.stat().st_mtime_ns) != created, "new socket")
    assert zygote_pid(light_zygote) == pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_managed_zygote_ends_at_once_and_takes_its_socket_along(
    light_zygote: Path, start_kernel: StartKernel, number: int
) -> None:
    environ = {**os.environ, "JUPYTERHUB_API_TOKEN": "of-the-service"}
    with running(zygote_command(light_zygote), env=environ) as managed:
        wait_until(light_zygote.exists, "socket")
        assert zygote_pid(light_zygote) == managed.pid
        assert "JUPYTERHUB_API_TOKEN" not in environ_of(managed.pid)
        manager = start_kernel()
        managed.send_signal(number)
        assert managed.wait(5) == 0
    assert not light_zygote.exists()
    assert run(manager, "print(1)") == "1"


def test_kernel_waits_for_a_managed_zygote_that_is_starting(
    light_zygote: Path, start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYHUB_ZYGOTE_AUTOSTART", "0")
    with running(zygote_command(light_zygote)) as managed:
        wait_until(lambda: is_starting(light_zygote), "start lock held")
        manager = start_kernel()
        assert forked(manager)
        assert psutil.Process(pid_of(manager)).ppid() == managed.pid


def test_managed_zygote_ends_with_its_supervisor(light_zygote: Path) -> None:
    code = "import subprocess, sys, time; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); time.sleep(600)"
    command = [sys.executable, "-c", code, *zygote_command(light_zygote)]
    with running(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        wait_until(light_zygote.exists, "socket")
        supervisor.kill()
    wait_until(lambda: gone(pid), "zygote gone")
    assert not light_zygote.exists()


def test_displaced_zygote_ends(light_zygote: Path) -> None:
    first = int(start_zygote(light_zygote)["pid"])
    with running(zygote_command(light_zygote)) as second:
        wait_until(lambda: gone(first), "first zygote gone")
        assert zygote_pid(light_zygote) == second.pid


def test_idle_zygote_ends(light_zygote: Path) -> None:
    command = [*zygote_command(light_zygote), "--idle-timeout", "0.5"]
    with running(command) as managed:
        assert managed.wait(30) == 0
    assert not light_zygote.exists()


def test_commands(light_zygote: Path) -> None:
    def call(*words: str) -> int:
        command = [sys.executable, "-m", "skyhub.kernels", *words, "--socket", str(light_zygote)]
        return subprocess.run(command, capture_output=True, timeout=60).returncode

    assert [call(word) for word in ("status", "stop", "start", "status", "restart", "stop", "status")] == [
        1, 1, 0, 0, 0, 0, 1,
    ]  # fmt: skip
