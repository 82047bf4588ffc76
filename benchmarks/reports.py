"""Reports by themselves: from an event's notice to the draft of a circular, and a night's worth of scheduled reports.

    .venv/bin/python benchmarks/reports.py [--rounds 5] [--reports 100] [--minutes 3]

The demo night is loaded, and a data service answers. A schedule writes a draft of a circular for each new event; seconds are
counted from sending the notice until the text of the run can be read, with a scheduler whose kernels come from the zygote and
with one that starts plain kernels. Then as many schedules as are asked for are due within some minutes, which is denser than
any night, and one scheduler executes them: runs that are lacking, that failed and that were made twice are counted, and the
seconds from when each was due until it was done. The goals are 5 s at the median, six times less than with plain kernels, and no
run lost or doubled.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from kernels import prepare_environment, spread
from skyhub.client import Sky, Transport
from skyhub.db import Database
from skyhub.hub import load_demo
from skyhub.kernels import start_zygote, stop_zygote
from skyhub.records import add
from skyhub.schedules import SCHEDULES
from skyhub.service import open_database, serving
from skyhub.team import add_user, viewer_of_account
from support.notices import burst

PATIENCE = 600.0
_SCHEDULER = """
import sys, threading
from skyhub.client import Transport
from skyhub.scheduler import _execute, work
if sys.argv[3] == "plain":
    from jupyter_client import AsyncKernelManager
    _execute.FastKernelManager = AsyncKernelManager
    _execute.papermill_options = lambda: {"kernel_name": "python3", "language": "python"}
work(Transport(sys.argv[1], sys.argv[2]), threading.Event())
"""


@contextmanager
def scheduler(sky: Sky, token: str, kind: str) -> Iterator[None]:
    """A scheduler in a process of its own, with kernels of a kind."""
    command = [sys.executable, "-c", _SCHEDULER, sky.transport.url, token, kind]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def notice(number: int) -> bytes:
    """A burst of its own second and place."""
    at = datetime(2026, 11, 22, 3, tzinfo=UTC) + timedelta(minutes=number)
    return burst(
        serial=number,
        trigger=7_000_000 + number,
        time=f"{at:%Y-%m-%dT%H:%M:%S}",
        issued=f"{at:%Y-%m-%dT%H:%M:%S}",
        radius=3,
    )


def until_done(sky: Sky, known: set[str]) -> dict[str, Any]:
    """Wait for the next run that is done and that is not known; its record."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for run in sky.reports.runs(5):
            if run["report_id"] not in known and run["state"] not in ("queued", "running"):
                if run["state"] != "done":
                    raise RuntimeError(run["detail"])
                sky.reports.artifact(run["report_id"], "text")
                return run
        time.sleep(0.05)
    raise TimeoutError("no run was done")


def drafts(sky: Sky, token: str, rounds: int) -> None:
    """Seconds from the notice to the draft, with each kind of kernel."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    number = 0
    for kind in ("zygote", "plain"):
        whole, alone = found.setdefault(kind, ([], []))
        with scheduler(sky, token, kind):
            for place in range(rounds + 1):
                number += 1
                known = {run["report_id"] for run in sky.reports.runs(1000)}
                began = time.perf_counter()
                sky.events.ingest(notice(number))
                run = until_done(sky, known)
                if place:  # the first warms up
                    whole.append(time.perf_counter() - began)
                    alone.append(run["seconds"])
    for at, label in enumerate(("notice to draft, s", "of these the report, s")):
        plain, zygote = (found[kind][at] for kind in ("plain", "zygote"))
        ratio = statistics.median(plain) / statistics.median(zygote)
        print(f"{label:28} plain {spread(plain):24} zygote {spread(zygote):24} ratio {ratio:.1f}")


def night(db: Database, sky: Sky, token: str, count: int, minutes: int) -> None:
    """As many schedules, due within some minutes."""
    first = datetime.now(UTC) + timedelta(minutes=1)
    times = [first + timedelta(minutes=n % minutes) for n in range(count)]
    rows = [
        {
            "name": f"night {n}",
            "report": "night_summary",
            "trigger": "cron",
            "cron": f"{at.minute} {at.hour} * * *",
            "retries": 0,
        }
        for n, at in enumerate(times)
    ]
    given = add(db, viewer_of_account(db, "vera"), SCHEDULES, rows)["records"]
    numbers = {str(record["schedule_id"]) for record in given}
    with scheduler(sky, token, "zygote"):
        end = time.monotonic() + PATIENCE + 60 * minutes
        while time.monotonic() < end:
            runs = [run for run in sky.reports.runs(1000) if run["schedule_id"] in numbers]
            if len(runs) >= count and all(run["state"] not in ("queued", "running") for run in runs):
                break
            time.sleep(1)
    made = Counter(run["schedule_id"] for run in runs)
    states = Counter(run["state"] for run in runs)
    waits = [seconds_between(run["due_at"], run["changed_at"]) for run in runs]
    doubled = sum(n > 1 for n in made.values())
    print(f"{count} reports due within {minutes} min: {dict(states)}, {count - len(made)} lacking, {doubled} doubled")
    print(f"due to done, s: {spread(waits)}; a report takes {spread([run['seconds'] for run in runs])} s")


def seconds_between(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="drafts with each kind of kernel; 0 for none")
    parser.add_argument("--reports", type=int, default=100)
    parser.add_argument("--minutes", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skb", dir="/tmp") as folder:
        prepare_environment(Path(folder), "default")
        load_demo(Path(folder) / "data")
        start_zygote()
        try:
            with open_database(Path(folder) / "data") as db, serving(db) as (url, token):
                measure(db, Sky(Transport(url, token)), token, options)
        finally:
            stop_zygote()


def measure(db: Database, sky: Sky, token: str, options: argparse.Namespace) -> None:
    """Both measurements, for one user's schedules."""
    add_user(db, "vera", [], role="scientist")
    draft = {"name": "draft", "report": "gcn_circular_candidates", "trigger": "new_event"}
    for run in sky.reports.runs(1000):  # those that the demo asks for
        if run["state"] == "queued":
            sky.reports.cancel(run["report_id"])
    add(db, viewer_of_account(db, "vera"), SCHEDULES, [draft])
    print(f"load {os.getloadavg()[0]:.1f}")
    if options.rounds:
        drafts(sky, token, options.rounds)
    night(db, sky, token, options.reports, options.minutes)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
