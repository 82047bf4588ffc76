"""Attachments: a file's record says its name, type and size, and who may have it."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from skyhub.attachments._blobs import BlobStore
from skyhub.attachments._body import LARGEST_FILE
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.records import Kind, Record, add, current_row

__all__ = [
    "ATTACHMENTS",
    "Attachment",
    "add_attachment",
    "attachment_file",
    "blobs_of",
    "keep_file",
    "require_files",
]

_ANY = "application/octet-stream"
_MOST_BROUGHT = 10_000
_SEEN = """
    SELECT digest FROM @attachments* WHERE list_contains(?, digest)
    UNION SELECT file_digest FROM @spectra* WHERE list_contains(?, file_digest)
    UNION SELECT digest FROM @localizations* WHERE list_contains(?, digest)
    UNION SELECT corner_digest FROM @analyses* WHERE list_contains(?, corner_digest)
"""


class Attachment(Record):
    """A file that somebody attached."""

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^/\\\x00-\x1f]+$", description="Name of the file")
    media_type: str = Field(_ANY, max_length=100, pattern=r"^[\w.+-]+/[\w.+-]+$", description="As image/png")
    size: int = Field(0, ge=0, le=LARGEST_FILE, description="Length", json_schema_extra={"unit": "byte"})
    description: str = Field("", max_length=2000, description="What it shows")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its bytes")


def blobs_of(db: Database) -> BlobStore:
    """Where the files of a database live."""
    return BlobStore(db.data_dir / "attachments")


class _Brought:
    """Who has brought which files of late (users and digests)."""

    def __init__(self, db: Database) -> None:
        self._pairs: dict[tuple[str, str], None] = {}

    def add(self, user: str, digest: str) -> None:
        """Somebody has brought a file."""
        while len(self._pairs) >= _MOST_BROUGHT:
            self._pairs.pop(next(iter(self._pairs)), None)
        self._pairs[user, digest] = None

    def __contains__(self, pair: object) -> bool:
        return pair in self._pairs


def keep_file(db: Database, viewer: Viewer, content: bytes) -> str:
    """Keep the bytes of a file that the viewer brings, whose record is to follow; returns their SHA-256."""
    digest = blobs_of(db).store(content)
    db.part(_Brought).add(viewer.name, digest)
    return digest


def require_files(db: Database, viewer: Viewer, digests: Iterable[str], where: str, route: str) -> None:
    """Raise `InvalidInput` unless the viewer has brought the files of these digests, or may see a record of each.

    To know a digest is not to have the file: else whoever knows one could take it, or learn that others have it.
    """
    blobs, brought = blobs_of(db), db.part(_Brought)
    left = {digest for digest in digests if digest not in blobs or (viewer.name, digest) not in brought}
    if left:
        rows = db.reader.rows(viewer, _SEEN, [sorted(left)] * 4)
        left -= {row["digest"] for row in rows if row["digest"] in blobs}
    if left:
        raise InvalidInput(f"there is no such file: send its bytes to {route}.", where)


def _known_files(db: Database, viewer: Viewer, records: Sequence[Attachment]) -> list[Attachment]:
    """Attachments of files that the viewer has brought, or may have."""
    require_files(db, viewer, {record.digest for record in records}, "digest", "/api/attachments")
    return list(records)


ATTACHMENTS = Kind(
    "attachments",
    "attachment",
    Attachment,
    secret=frozenset({"digest"}),
    announced=("name",),
    prepare=_known_files,
)


def add_attachment(
    db: Database,
    viewer: Viewer,
    name: str,
    content: bytes,
    media_type: str | None = None,
    description: str = "",
    groups: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Keep a file and who may have it.

    Parameters
    ----------
    db, viewer
        The database, and who brings it.
    name, content, media_type, description
        Its name without folders, its bytes (at most 20 MB), its type (by its name if not said), and what it shows.
    groups
        Who may have it: some of the viewer's groups (all of them by default), or ``public``.

    Returns
    -------
    dict
        The record.
    """
    viewer.require(ATTACHMENTS.scope)
    if not 0 < len(content) <= LARGEST_FILE:
        raise InvalidInput(f"the file has {len(content)} bytes: 1 to {LARGEST_FILE} are taken.", "content")
    kind = media_type or mimetypes.guess_type(name)[0] or _ANY
    digest = keep_file(db, viewer, content)
    fields = {"name": name, "media_type": kind, "size": len(content), "description": description, "digest": digest}
    record: dict[str, Any] = add(db, viewer, ATTACHMENTS, [fields], groups)["records"][0]
    return record


def attachment_file(
    db: Database, viewer: Viewer, attachment_id: int, as_of: datetime | None = None
) -> tuple[Attachment, bytes]:
    """The record and the bytes of an attachment that the viewer may have."""
    record = ATTACHMENTS.record(current_row(db, viewer, ATTACHMENTS, attachment_id, as_of))
    return record, blobs_of(db).read(record.digest)
