"""Running the data service: as a process of its own, or for a while inside the process that owns the database."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import uvicorn

from skyhub.addresses import Address, announced
from skyhub.db import Database
from skyhub.service._app import create_app, shortened
from skyhub.service._brief import BriefServer
from skyhub.service._directory import HubDirectory
from skyhub.service._early import import_early
from skyhub.service._factory import open_database
from skyhub.service._identity import HubIdentity
from skyhub.team import meet_groups
from skyhub.web import Context, TokenSigner

__all__ = ["Hub", "serve", "serving"]


class Hub(NamedTuple):
    """Where a hub's API answers, and the data service's own token for it."""

    api_url: str
    token: str


def serve(data_dir: Path, host: str, port: int, prefix: str = "", hub: Hub | None = None) -> None:
    """Own the database of a data directory and serve it until the process is told to stop."""
    with open_database(data_dir) as db:
        signer = TokenSigner(data_dir)
        identity = HubIdentity(hub.api_url, partial(meet_groups, db)) if hub else None
        directory = HubDirectory(*hub) if hub else None
        app = create_app(Context(db, signer, identity, directory), prefix)
        with announced(data_dir, Address(f"http://{host}:{port}{prefix}", signer.issue_for_operator())):
            import_early()
            uvicorn.run(shortened(app, prefix), host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


@contextmanager
def serving(db: Database) -> Iterator[Address]:
    """Serve an open database on a free port of this machine for the duration of a ``with`` block."""
    signer = TokenSigner(db.data_dir)
    # The protocol is named so that asyncio switches Nagle's algorithm off, which costs 40 ms a request.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        app = create_app(Context(db, signer, None))
        config = uvicorn.Config(shortened(app), log_level="warning", timeout_graceful_shutdown=2)
        with BriefServer(config).running(listener):
            try:
                yield Address(f"http://127.0.0.1:{port}", signer.issue_for_operator())
            finally:
                app.state.broadcaster.stop()
