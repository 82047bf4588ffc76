"""The data service: the one process that owns the database, its HTTP interface and live events."""

from skyhub.service._app import create_app
from skyhub.service._directory import HubDirectory
from skyhub.service._factory import open_database
from skyhub.service._identity import SCOPE_PREFIX, HubIdentity
from skyhub.service._serve import Hub, serve, serving

__all__ = [
    "SCOPE_PREFIX",
    "Hub",
    "HubDirectory",
    "HubIdentity",
    "create_app",
    "open_database",
    "serve",
    "serving",
]
