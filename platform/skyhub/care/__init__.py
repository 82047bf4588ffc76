"""Care of the data: backups while the service runs, restoring them, and checking that all is as it should be."""

from skyhub.care._backup import backup, default_directory
from skyhub.care._check import check, check_unopened
from skyhub.care._manifest import Entry, LastBackup, Manifest, last_backup
from skyhub.care._restore import restore
from skyhub.care._vitals import vitals

__all__ = [
    "Entry",
    "LastBackup",
    "Manifest",
    "backup",
    "check",
    "check_unopened",
    "default_directory",
    "last_backup",
    "restore",
    "vitals",
]
