"""The command line in processes that are forked from one which has imported it: what a command does, without its start."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SKYHUB = Path(sys.executable).parent / "skyhub"
"""The command itself."""

_SECONDS = 120


class NewDatabases(NamedTuple):
    """Where databases are that new ones are copied from, and what makes them at first need."""

    folder: Path
    make: Callable[[], object]


new_databases: NewDatabases | None = None
"""Of this process, for those of commands."""


class Done(NamedTuple):
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str


def run_skyhub(*words: object, data_dir: Path | None = None) -> Done:
    """Run ``skyhub`` with these words."""
    given = [*map(str, words), *(() if data_dir is None else ("--data-dir", str(data_dir)))]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        paths = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, err)]
        folder = None
        if new_databases is not None:
            new_databases.make()
            folder = new_databases.folder
        process = _context().Process(target=_command, args=(given, *paths, os.getcwd(), dict(os.environ), folder))
        process.start()
        process.join(_SECONDS)
        if process.is_alive():
            process.kill()
            pytest.fail(f"skyhub {' '.join(given)} did not end within {_SECONDS} s")
        assert process.exitcode is not None
        texts = [file.read().decode() for file in (out, err) if file.seek(0) == 0]
    return Done(process.exitcode, *texts)


def skyhub(*words: object, data_dir: Path | None = None, status: int = 0) -> Any:
    """The document that ``skyhub … --json`` prints; nothing else is permitted on stdout, and no other exit status."""
    done = run_skyhub(*words, "--json", data_dir=data_dir)
    assert done.status == status, done.stderr
    return json.loads(done.stdout, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["support.as_script", "support.commands", "support.fresh", "skyhub.cli", "skyhub.client", "skyhub.service"]
    )
    return context


def _command(words: list[str], out: str, err: str, cwd: str, environment: dict[str, str], copied: Path | None) -> None:
    """In the forked process: become the command."""
    for path, fd in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY), fd)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["skyhub", *words]
    from skyhub.cli import main

    from support.fresh import copy_new_databases

    if copied is not None:
        copy_new_databases(pytest.MonkeyPatch(), copied)
    main()
