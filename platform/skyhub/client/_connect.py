"""The way in: to the hub's data service, to one elsewhere, or to a data directory."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from skyhub.client._embedded import enter_service
from skyhub.client._magic import add_magic
from skyhub.client._query_log import QueryLog
from skyhub.client._sky import Sky
from skyhub.client._transport import Transport
from skyhub.errors import InvalidInput, NotAuthenticated

__all__ = ["connect", "load_ipython_extension"]


def connect(data_dir: str | Path | None = None, *, url: str | None = None, token: str | None = None) -> Sky:
    """Connect to skyhub.

    On a hub there is nothing to say. Elsewhere, give the URL of the data service and a token, or the path of a data
    directory, which is then owned by this process (if no service runs on it) until the connection is closed.

    Within a report, all that names no other time is read as it was known at ``$SKYHUB_AS_OF``, and what is asked is noted in
    the file ``$SKYHUB_QUERY_LOG``.

    Parameters
    ----------
    data_dir
        A data directory, for embedded use.
    url
        Base URL of the data service; ``$SKYHUB_URL`` by default.
    token
        A token of the hub; ``$SKYHUB_TOKEN`` or ``$JUPYTERHUB_API_TOKEN`` by default.

    Raises
    ------
    InvalidInput
        If there is nothing to connect to.
    NotAuthenticated
        If there is no token.
    """
    _offer_magic()
    if data_dir is not None and "://" in str(data_dir):
        raise InvalidInput(f"{data_dir} is no directory: give an address as url=, with token=.", "url")
    if data_dir is not None:
        return _embedded(Path(data_dir))
    url = url or os.environ.get("SKYHUB_URL")
    if not url:
        raise InvalidInput(
            "there is no data service to connect to: give url= and token=, or a data directory, or set SKYHUB_URL.",
            "url",
        )
    token = token or os.environ.get("SKYHUB_TOKEN") or os.environ.get("JUPYTERHUB_API_TOKEN")
    if not token:
        raise NotAuthenticated("no token was given: give token=, or set SKYHUB_TOKEN; the hub makes tokens.", "token")
    log = os.environ.get("SKYHUB_QUERY_LOG")
    return Sky(Transport(url, token, os.environ.get("SKYHUB_AS_OF"), QueryLog(Path(log)) if log else None))


def load_ipython_extension(shell: Any) -> None:
    """Add the magic ``%%sky`` to an IPython shell."""
    add_magic(shell, connect)


def _offer_magic() -> None:
    """In a notebook, ``%%sky`` comes with the connection."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        load_ipython_extension(shell)


def _embedded(data_dir: Path) -> Sky:
    address, leave = enter_service(data_dir)
    resources = ExitStack()
    resources.callback(leave)
    return Sky(Transport(address.url, address.token), resources)
