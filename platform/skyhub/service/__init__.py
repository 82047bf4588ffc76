"""The data service: the one process that owns the database, its HTTP interface and live events."""

from skyhub.service._app import create_app
from skyhub.service._directory import HubDirectory
from skyhub.service._factory import open_database
from skyhub.service._identity import SCOPE_PREFIX, HubIdentity
from skyhub.service._serve import Address, Hub, running_service, serve, serving

__all__ = [
    "SCOPE_PREFIX",
    "Address",
    "Hub",
    "HubDirectory",
    "HubIdentity",
    "create_app",
    "open_database",
    "running_service",
    "serve",
    "serving",
]
