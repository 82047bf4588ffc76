"""What two kernels of one zygote must not have in common, and what a kernel must take from its caller."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from skyhub.kernels import start_zygote, zygote_status
from skyhub.kernels._environment import zygote_environment

from tests.kernels.conftest import StartKernel, environ_of, execute, pid_of, run, zygote_pid

pytestmark = pytest.mark.usefixtures("full_zygote")

SECRETS = {
    "JUPYTERHUB_API_TOKEN": "of-the-hub",
    "SKYHUB_TOKEN": "of-alice",
    "JPY_API_TOKEN": "of-old",
    "AWS_SECRET_ACCESS_KEY": "of-a-cloud",
    "HTTPS_PROXY": "http://name:password@proxy",
}


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_zygote_environment_has_no_secret(name: str) -> None:
    assert name not in zygote_environment({**os.environ, name: SECRETS[name]})


def test_zygote_started_by_a_server_with_a_token_does_not_show_it(
    light_zygote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    start_zygote(light_zygote)
    assert not SECRETS.keys() & environ_of(zygote_pid(light_zygote)).keys()


def test_token_of_one_user_is_not_seen_by_another(start_kernel: StartKernel) -> None:
    alice = start_kernel(env={**os.environ, "SKYHUB_TOKEN": "token-of-alice"})
    bob = start_kernel(env={**os.environ, "SKYHUB_USER": "bob"})
    show = "import os, json; print(json.dumps(dict(os.environ)))"
    assert json.loads(run(alice, show))["SKYHUB_TOKEN"] == "token-of-alice"
    assert "token-of-alice" not in run(bob, show)
    for pid in (pid_of(alice), pid_of(bob)):
        assert b"token-of-alice" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_token_does_not_pass_through_the_memory_of_the_zygote_to_the_next_kernel(start_kernel: StartKernel) -> None:
    run(start_kernel(env={**os.environ, "SKYHUB_TOKEN": "first"}), "pass")
    code = "import os; print(os.environ.get('SKYHUB_TOKEN'), os.getenv('SKYHUB_TOKEN'))"
    assert run(start_kernel(), code) == "None None"
    assert run(start_kernel(), "!echo x$SKYHUB_TOKEN") == "x"


def test_token_is_never_in_the_memory_of_the_zygote(light_zygote: Path, start_kernel: StartKernel) -> None:
    token = "token-that-" + "nobody-else-has"
    manager = start_kernel(env={**os.environ, "SKYHUB_TOKEN": token})
    assert run(manager, "import os; print(os.environ['SKYHUB_TOKEN'])") == token
    assert in_memory(pid_of(manager), token)
    assert not in_memory(zygote_pid(light_zygote), token)


def in_memory(pid: int, text: str) -> bool:
    """Whether the writable memory of a process holds the text."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(edge, 16) for edge in span.split("-"))
            if rights.startswith("rw") and end - start < 2**30 and text.encode() in _read(memory, start, end):
                return True
    return False


def _read(memory: Any, start: int, end: int) -> bytes:
    memory.seek(start)
    try:
        return bytes(memory.read(end - start))
    except OSError:
        return b""


def test_environment_is_that_of_the_caller_and_no_more(start_kernel: StartKernel) -> None:
    asked = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "UMLAUT": "ä\udcff",
        "IPYTHONDIR": os.environ["IPYTHONDIR"],
    }
    seen = json.loads(run(start_kernel(env=asked), "import os, json; print(json.dumps(dict(os.environ)))"))
    assert {name: seen[name] for name in asked} == asked
    added_by_ipykernel = {"MPLBACKEND", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "TERM", "PAGER", "GIT_PAGER"}
    assert seen.keys() - asked.keys() <= added_by_ipykernel | {"PYDEVD_USE_FRAME_EVAL", "SKYHUB_ZYGOTE_SOCKET"}


def test_large_environment_passes(start_kernel: StartKernel) -> None:
    manager = start_kernel(env={**os.environ, "LARGE": "x" * 600_000})
    assert run(manager, "import os; print(len(os.environ['LARGE']))") == "600000"


def test_working_directory_is_that_of_the_caller_and_can_be_imported_from(
    start_kernel: StartKernel, tmp_path: Path
) -> None:
    (tmp_path / "beside_the_notebook.py").write_text("value = 'found'\n")
    manager = start_kernel(cwd=str(tmp_path))
    assert run(manager, "import os; print(os.getcwd())") == str(tmp_path)
    assert run(manager, "import beside_the_notebook; print(beside_the_notebook.value)") == "found"


def test_python_path_of_the_caller_counts(start_kernel: StartKernel, tmp_path: Path) -> None:
    (tmp_path / "from_python_path.py").write_text("value = 1\n")
    manager = start_kernel(env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert run(manager, "import from_python_path; print(from_python_path.value)") == "1"


def test_missing_working_directory_is_an_error_of_the_fork_not_of_the_caller(
    start_kernel: StartKernel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(FileNotFoundError):
        start_kernel(cwd=str(tmp_path / "absent"))
    assert zygote_status() is not None


@pytest.mark.parametrize(
    "draw",
    [
        "import random; print(random.random())",
        "import numpy; print(numpy.random.random())",
        "import numpy; print(numpy.random.default_rng().random())",
        "import multiprocessing; print(multiprocessing.current_process().authkey.hex())",
        "import uuid; print(uuid.uuid4())",
    ],
)
def test_random_numbers_differ_between_kernels(start_kernel: StartKernel, draw: str) -> None:
    assert run(start_kernel(), draw) != run(start_kernel(), draw)


def test_time_zone_is_that_of_the_caller(start_kernel: StartKernel) -> None:
    manager = start_kernel(env={**os.environ, "TZ": "Pacific/Auckland"})
    assert run(manager, "import time; print(time.localtime(0).tm_hour)") == "12"


def test_kernel_looks_like_a_plain_one(start_kernel: StartKernel) -> None:
    code = (
        "import sys, os, signal, logging, threading, json; "
        "print(json.dumps([os.path.basename(sys.argv[0]), sys.argv[1], "
        "os.getsid(0) == os.getpid(), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, "
        "signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL, "
        "logging.getLogger().level, len(logging.getLogger().handlers), os.path.realpath('/dev/fd/0'), "
        "threading.current_thread() is threading.main_thread(), '' in sys.path]))"
    )
    expected = ["ipykernel_launcher.py", "-f", True, True, True, 30, 0, "/dev/null", True, True]
    assert json.loads(run(start_kernel(), code)) == expected
    plain = json.loads(run(start_kernel("python3"), code))
    differ = {2, 7}
    assert [one for i, one in enumerate(plain) if i not in differ] == [
        one for i, one in enumerate(expected) if i not in differ
    ]


def test_descriptors_of_the_zygote_are_closed(start_kernel: StartKernel, full_zygote: Path) -> None:
    first, second = start_kernel(), start_kernel()
    listening = {
        line.split()[6] for line in Path("/proc/net/unix").read_text().splitlines() if str(full_zygote) in line
    }
    held = {
        os.readlink(entry) for pid in (pid_of(first), pid_of(second)) for entry in Path(f"/proc/{pid}/fd").iterdir()
    }
    assert not {f"socket:[{inode}]" for inode in listening} & held


def test_end_of_one_kernel_leaves_the_other(start_kernel: StartKernel) -> None:
    first, second = start_kernel(), start_kernel()
    first.shutdown_kernel(now=True)
    assert run(second, "print('alive')") == "alive"


def test_plot_appears_without_a_magic_command(start_kernel: StartKernel) -> None:
    manager = start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    shown: list[str] = []
    client.execute_interactive(
        "import matplotlib.pyplot as plt; plt.plot([1, 2]);",
        timeout=60,
        output_hook=lambda m: shown.extend(m["content"]["data"]) if m["msg_type"] == "display_data" else None,
    )
    assert "image/png" in shown
    client.stop_channels()


def test_backend_of_the_caller_counts(start_kernel: StartKernel) -> None:
    manager = start_kernel(env={**os.environ, "MPLBACKEND": "svg"})
    assert run(manager, "import matplotlib; print(matplotlib.get_backend())") == "svg"


def test_linear_algebra_works_after_the_fork(start_kernel: StartKernel) -> None:
    manager = start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    assert execute(client, "import numpy; a = numpy.eye(700) * 2; print((a @ a).trace())") == "2800.0"
    client.stop_channels()


def test_arrow_works_after_the_fork(start_kernel: StartKernel) -> None:
    code = (
        "import pyarrow; t = pyarrow.table({'a': list(range(100000))}); print(t.group_by('a').aggregate([]).num_rows)"
    )
    assert run(start_kernel(), code) == "100000"
