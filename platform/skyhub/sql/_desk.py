"""Where statements wait, run, are watched and cancelled: so many of one user, so many of all."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.errors import Conflict, NotFound
from skyhub.sql._job import Job, SqlResult, Statement
from skyhub.sql._run import run_sql

__all__ = ["MOST_OF_ONE_USER", "Desk", "desk_of"]

MOST_OF_ONE_USER = 4
_MOST_AT_ONCE = 8


class Desk:
    """The statements of all users."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], Job] = {}
        self._places: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="skyhub-sql")

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """One of the places that a user has, from before the statement (or a table) is received until it is answered.

        Raises
        ------
        Conflict
            If all are taken.
        """
        with self._lock:
            if self._places[caller] >= MOST_OF_ONE_USER:
                raise Conflict(
                    f"{MOST_OF_ONE_USER} statements of yours are under way, and no more are permitted: wait for one, or "
                    "cancel one (`sky.sql.running()`, `sky.sql.cancel(id)`).",
                    "statement",
                )
            self._places[caller] += 1
        try:
            yield
        finally:
            with self._lock:
                self._places[caller] -= 1
                self._places += Counter()  # forgets users with none

    async def run(
        self,
        db: Database,
        caller: str,
        viewer: Viewer,
        asked: Statement,
        job_id: str,
        gone: Callable[[], Awaitable[None]],
    ) -> SqlResult:
        """Run a statement of a user who has a place.

        Parameters
        ----------
        db
            The database.
        caller
            Whose statement it is.
        viewer
            With whose rights it reads.
        asked, job_id
            The statement, and the name by which its user watches and cancels it.
        gone
            Returns when nobody waits for the answer any more; the statement is ended then.

        Raises
        ------
        Conflict
            If the user has one of this name under way.
        """
        job = self._enter(caller, asked.text, job_id)
        try:
            work = asyncio.wrap_future(self._threads.submit(run_sql, db, viewer, asked, None, job))
            leaving = asyncio.ensure_future(gone())
            waiting: set[asyncio.Future[Any]] = {work, leaving}
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
                if not work.done():
                    job.cancel()
            return await work
        finally:
            with self._lock:
                del self._jobs[caller, job_id]

    def jobs(self, caller: str) -> list[dict[str, Any]]:
        """The statements of a user that are under way."""
        with self._lock:
            return [{"id": name, **job.document()} for (user, name), job in self._jobs.items() if user == caller]

    def job(self, caller: str, job_id: str) -> dict[str, Any]:
        """One of them. Raises `NotFound` if it is not under way."""
        return {"id": job_id, **self._find(caller, job_id).document()}

    def cancel(self, caller: str, job_id: str) -> None:
        """End one of them. Raises `NotFound` if it is not under way."""
        self._find(caller, job_id).cancel()

    def _enter(self, caller: str, text: str, job_id: str) -> Job:
        with self._lock:
            if (caller, job_id) in self._jobs:
                raise Conflict(f"a statement called {job_id!r} is under way: choose another id.", "id")
            job = self._jobs[caller, job_id] = Job(text)
            return job

    def _find(self, caller: str, job_id: str) -> Job:
        with self._lock:
            job = self._jobs.get((caller, job_id))
        if job is None:
            raise NotFound(f"no statement {job_id!r} of yours is under way: it has ended.", job_id)
        return job


def desk_of(db: Database) -> Desk:
    """The desk of a database."""
    return db.part(_new_desk)


def _new_desk(db: Database) -> Desk:
    return Desk()
