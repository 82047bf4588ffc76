"""The Jupyter server extension of each user's server: pages, their files, the data service's documents, own runs of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyhub.userserver._install import install

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["install"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "skyhub.userserver"}]


def _link_jupyter_server_extension(server: ServerApp) -> None:
    """Set the defaults of this server: called before its kernel manager and Voilà are made."""
    from skyhub.userserver._settings import apply_defaults

    apply_defaults(server)


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Add our handlers: extensions load in alphabetical order and the first handler wins, so ours precede Voilà's."""
    from skyhub.userserver._own_runs import follow_own_runs
    from skyhub.userserver._routes import add_routes

    add_routes(server)
    follow_own_runs(server)
