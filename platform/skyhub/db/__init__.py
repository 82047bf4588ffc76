"""The owner of the shared database: schema, the one writer, the one access filter, packs of blobs."""

from skyhub.db._access import ADMINISTRATOR, PERSONAL, PUBLIC, ROLES, SCOPES, AccessTable, Viewer
from skyhub.db._attempts import Stale, already, settled, settled_soon
from skyhub.db._changes import Change, ChangeFeed
from skyhub.db._database import Database
from skyhub.db._floats import floats
from skyhub.db._held import HeldRows
from skyhub.db._memory import Known, Memory
from skyhub.db._migrations import newest_schema
from skyhub.db._packs import PackStore
from skyhub.db._points import append_points
from skyhub.db._reader import Reader
from skyhub.db._records import iso, json_rows, json_value, naive_utc
from skyhub.db._tables import Ledger
from skyhub.db._transaction import Transaction
from skyhub.db._writer import Writer

__all__ = [
    "ADMINISTRATOR",
    "PERSONAL",
    "PUBLIC",
    "ROLES",
    "SCOPES",
    "AccessTable",
    "Change",
    "ChangeFeed",
    "Database",
    "HeldRows",
    "Known",
    "Ledger",
    "Memory",
    "PackStore",
    "Reader",
    "Stale",
    "Transaction",
    "Viewer",
    "Writer",
    "already",
    "append_points",
    "floats",
    "iso",
    "json_rows",
    "json_value",
    "naive_utc",
    "newest_schema",
    "settled",
    "settled_soon",
]
