"""Care of the data: backups while the service runs, restoring them, and checking that all is as it should be."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyhub.care._backup import backup
    from skyhub.care._check import check, check_unopened
    from skyhub.care._manifest import LastBackup, Manifest, last_backup
    from skyhub.care._restore import restore
    from skyhub.care._vitals import vitals

__all__ = [
    "LastBackup",
    "Manifest",
    "backup",
    "check",
    "check_unopened",
    "last_backup",
    "restore",
    "vitals",
]

_MODULES = {
    "_backup": ("backup",),
    "_check": ("check", "check_unopened"),
    "_manifest": ("LastBackup", "Manifest", "last_backup"),
    "_restore": ("restore",),
    "_vitals": ("vitals",),
}


def __getattr__(name: str) -> Any:
    """Import late: the process that copies the database's file starts with this package, and needs little of it."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
