"""Runs of groups' reports that the user of this server asked for: executed here, where all code of the user is executed.

The server asks the data service, with the user's own token; nobody tells it what to do, and no other token ever comes here.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.ioloop import IOLoop

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["follow_own_runs"]

_WAIT_SECONDS = 25
_AFTER_ERROR_SECONDS = 15
_NOT_PERMITTED_SECONDS = 600
_BUSY_SECONDS = 30
_COMMAND = ("report", "execute", "--until-eof", "--json")


def follow_own_runs(server: ServerApp) -> None:
    """Execute the user's runs as long as this server lives, if it knows a data service and who its user is."""
    if os.environ.get("SKYHUB_URL") and os.environ.get("JUPYTERHUB_API_TOKEN"):
        IOLoop.current().add_callback(_follow, server)


async def _follow(server: ServerApp) -> None:
    client = AsyncHTTPClient(force_instance=True)
    released = False
    while True:
        try:
            if not released:
                await _ask(client, "/released", {})  # what a server before this one was executing
                released = True
            if (await _ask(client, f"?seconds={_WAIT_SECONDS}"))["report_ids"]:
                await _execute(server)
        except HTTPClientError as error:
            refused = error.code in (401, 403)
            await asyncio.sleep(_NOT_PERMITTED_SECONDS if refused else _AFTER_ERROR_SECONDS)
        except (OSError, ValueError, KeyError) as error:
            server.log.info("The runs of reports are looked for again later: %s", error)
            await asyncio.sleep(_AFTER_ERROR_SECONDS)


async def _ask(client: AsyncHTTPClient, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """A question to the data service, or with a body an order."""
    answer = await client.fetch(
        f"{os.environ['SKYHUB_URL'].rstrip('/')}/api/own-runs{path}",
        method="GET" if body is None else "POST",
        body=None if body is None else json.dumps(body),
        headers={"Authorization": f"Bearer {os.environ['JUPYTERHUB_API_TOKEN']}", "Content-Type": "application/json"},
        request_timeout=2 * _WAIT_SECONDS,
        follow_redirects=False,
    )
    document: dict[str, Any] = json.loads(answer.body)
    return document


async def _execute(server: ServerApp) -> None:
    """Execute what waits in a process of its own, which ends with this one; meanwhile the server is not idle."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("skyhub")),
        *_COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while process.returncode is None:
            server.web_app.settings["last_activity_times"]["skyhub_own_runs"] = datetime.now(UTC)
            await _end_of(process)
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        server.log.warning("A run of a report ended with status %d.", process.returncode)
        await asyncio.sleep(_AFTER_ERROR_SECONDS)


async def _end_of(process: asyncio.subprocess.Process) -> None:
    """Wait for the end of a process, for a while."""
    try:
        await asyncio.wait_for(asyncio.shield(process.wait()), _BUSY_SECONDS)
    except TimeoutError:
        return
