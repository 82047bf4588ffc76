"""A group's report on a real hub: its code runs in the server of who asked for it, and reaches nothing of the house."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
import skyhub
from hub_support import Hub, end_hub, start_hub, wait_for

GROUP = "ztf-transients"
_SIDECAR = """
title: A probe
description: What code of a group reaches.
parameters:
  n: {type: integer, default: 1, description: N}
"""
_WHO = """
import os, socket, skyhub
me = skyhub.connect().me()
told = {"user": os.environ.get("JUPYTERHUB_USER"), "home": os.getcwd(), "name": me["name"], "scopes": me["scopes"],
    "token": "JUPYTERHUB_API_TOKEN" in os.environ}
skyhub.connect().reports.record(told, "found")
"""
_THIEF = """
import glob, os, signal, socket, skyhub
from pathlib import Path
house, shipped, found = Path({data_dir!r}), Path({shipped!r}), []
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        text = open(path, "rb").read()
    except OSError:
        continue
    if b"SKYHUB_DATA_DIR=" in text or b"JUPYTERHUB_SERVICE_NAME=" in text:
        found.append(path)
for name in ("skyhub.duckdb", "secrets/token-key", "secrets/demo-passwords.json", "service.json", "hub/hub.sqlite"):
    if (house / name).exists():
        found.append(name)
found += [p.name for p in house.rglob("*") if p.is_socket()]
found += [p.name for p in (house / "homes").glob("*") if p.name != "scientist"]
try:
    os.kill({scheduler}, signal.SIGTERM)
    found.append("killed")
except OSError:
    pass
try:
    shipped.write_text("{{}}")
    found.append("shipped")
except OSError:
    pass
for _ in range(50):
    if os.fork() == 0:
        import time
        time.sleep(600)
        os._exit(0)
skyhub.connect().reports.record({{"found": found, "report": "forged", "code_revision": "forged"}}, "looked")
"""
_ISOLATED = """
set -e
home=$HOME; data=$1; code=$2; shift 2
mkdir -p "$home/.kept" /tmp
mount --bind "$home" /mnt
mount -t tmpfs tmpfs "$data"
mkdir -p "$home"
mount --move /mnt "$home"
mount --bind "$code" "$code"
mount -o remount,bind,ro "$code"
mkdir -p "/tmp/skyhub-$(id -u)"
mount -t tmpfs -o mode=700 tmpfs "/tmp/skyhub-$(id -u)"
exec "$@"
"""
_CONFIG = """
from pathlib import Path
from skyhub.config import load_settings
from skyhub.hub.configuration import configure_laptop

c = get_config()
configure_laptop(c, load_settings())
c.Spawner.environment.pop("SKYHUB_ZYGOTE_SOCKET")
c.Spawner.environment.update(SKYHUB_ZYGOTE_AUTOSTART="1", MPLCONFIGDIR="/tmp", TMPDIR="/tmp")
c.SimpleLocalProcessSpawner.cmd = c.Spawner.cmd = [
    "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "sh", "-c", {script!r}, "sh",
    {data!r}, {code!r}, *c.Spawner.cmd,
]
"""


def _notebook(source: str) -> str:
    parameters = nbformat.v4.new_code_cell("n = 1", metadata={"tags": ["parameters"]})
    return nbformat.writes(nbformat.v4.new_notebook(cells=[parameters, nbformat.v4.new_code_cell(source)]))


def _stored(client: httpx.Client, name: str, source: str) -> dict[str, Any]:
    body = {"group": GROUP, "name": name, "notebook": _notebook(source), "sidecar": _SIDECAR}
    answer = client.post("/api/report-templates", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _ended(client: httpx.Client, report_id: str, hub: Hub) -> dict[str, Any]:
    over = lambda: client.get(f"/api/reports/{report_id}").json()["state"] in ("done", "failed")  # noqa: E731
    assert wait_for(over, 180, 0.5), hub.log.read_text()
    run: dict[str, Any] = client.get(f"/api/reports/{report_id}").json()
    return run


def _current(hub: Hub, author: httpx.Client, admin: httpx.Client, name: str, source: str) -> dict[str, Any]:
    """A template that was tried by its author and taken into force by the administrator; the run that tried it."""
    number = _stored(author, name, source)["report_template_id"]
    path = f"/api/report-templates/{number}"
    report_id = author.post(f"{path}/versions/1/dry-runs", json={}).json()["report_id"]
    run = _ended(author, report_id, hub)
    assert (run["state"], run["detail"]) == ("done", ""), hub.log.read_text()[-3000:]
    answer = admin.post(f"{path}/activations", json={"version": 1})
    assert answer.status_code == 200, answer.text
    return run


def test_it_runs_in_the_server_of_who_asked_which_is_started_for_it(hub: Hub, admin: httpx.Client) -> None:
    with hub.api("admin") as api:
        api.delete("/hub/api/users/scientist/server")
        stopped = lambda: not api.get("/hub/api/users/scientist").json()["servers"]  # noqa: E731
        assert wait_for(stopped, 30)
        with hub.service("scientist") as scientist:
            run = _current(hub, scientist, admin, "who", _WHO)
            facts = scientist.get(f"/api/reports/{run['report_id']}/facts").json()
        assert api.get("/hub/api/users/scientist").json()["servers"][""]["ready"]
    assert facts["name"] == facts["user"] == "scientist"
    assert facts["scopes"] == ["view"]
    assert facts["token"] is False
    assert (run["dry_run"], run["template_version"], run["name"]) == (True, 1, f"{GROUP}/who")


@pytest.fixture
def isolating(tmp_path: Path) -> Iterator[Hub]:
    """A hub whose spawner gives each server a view of processes and files of its own, as those of production do."""
    probe = ["unshare", "--pid", "--fork", "--mount-proc", "--mount", "true"]
    if os.geteuid() != 0 or shutil.which("unshare") is None or subprocess.run(probe, check=False).returncode != 0:
        pytest.skip("namespaces cannot be made here: it needs root and unshare")
    with tempfile.TemporaryDirectory(prefix="skyhub-", ignore_cleanup_errors=True) as name:
        data = Path(name) / "data"
        config = tmp_path / "jupyterhub_config.py"
        code = str(Path(skyhub.__file__).parents[2])
        values = {"script": _ISOLATED, "data": str(data), "code": code}
        config.write_text(_CONFIG.format(**values))
        hub = start_hub(data, config=config)
        yield hub
        end_hub(hub)


@pytest.fixture
def shipped() -> Iterator[Path]:
    """The description of a report that comes with skyhub; put back after a test whose attack got at it."""
    path = Path(skyhub.__file__).parents[2] / "notebooks" / "reports" / "fit.yaml"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_code_of_a_group_reaches_nothing_of_the_house_even_by_a_schedule(isolating: Hub, shipped: Path) -> None:
    hub = isolating
    scheduler = next(p for p in hub.processes() if p.cmdline()[-1:] == ["scheduler"])
    before = shipped.read_bytes()
    thief = _THIEF.format(data_dir=str(hub.data_dir), shipped=str(shipped), scheduler=scheduler.pid)
    with hub.service("admin") as admin, hub.service("scientist") as scientist:
        _current(hub, scientist, admin, "thief", thief)
        schedule = {"name": "mine", "report": f"{GROUP}/thief", "trigger": "cron", "cron": "* * * * *"}
        answer = scientist.post("/api/schedules", json={"records": [schedule]})
        assert answer.status_code == 200, answer.text
        mine = lambda: [r for r in scientist.get("/api/reports").json()["runs"] if r["schedule_id"]]  # noqa: E731
        assert wait_for(mine, 90, 1.0)
        run = _ended(scientist, mine()[-1]["report_id"], hub)
        assert run["state"] == "done", run
        facts = scientist.get(f"/api/reports/{run['report_id']}/facts").json()
        notebook = json.loads(scientist.get(f"/api/reports/{run['report_id']}/notebook").content)
    assert facts["found"] == []
    told = notebook["metadata"]["skyhub"]
    assert (told["report"], told["version"], told["requested_by"]) == (f"{GROUP}/thief", 1, "scientist")
    assert told["code_revision"] != "forged"
    assert shipped.read_bytes() == before
    assert scheduler.is_running()
