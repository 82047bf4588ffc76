"""Attachments: a file's record says its name, type and size, and who may have it."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from skyhub.attachments._blobs import BlobStore
from skyhub.attachments._body import LARGEST_FILE
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.records import Kind, Record, add, current_row

__all__ = ["ATTACHMENTS", "Attachment", "add_attachment", "attachment_file", "blobs_of"]

_ANY = "application/octet-stream"


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


def _known_files(db: Database, viewer: Viewer, records: Sequence[Attachment]) -> list[Attachment]:
    """Attachments of files that were brought; whoever names the digest of a file has the file."""
    blobs = blobs_of(db)
    for record in records:
        if record.digest not in blobs:
            raise InvalidInput("there is no such file: send its bytes to /api/attachments.", "digest")
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
    digest = blobs_of(db).store(content)
    fields = {"name": name, "media_type": kind, "size": len(content), "description": description, "digest": digest}
    record: dict[str, Any] = add(db, viewer, ATTACHMENTS, [fields], groups)["records"][0]
    return record


def attachment_file(
    db: Database, viewer: Viewer, attachment_id: int, as_of: datetime | None = None
) -> tuple[Attachment, bytes]:
    """The record and the bytes of an attachment that the viewer may have."""
    record = ATTACHMENTS.record(current_row(db, viewer, ATTACHMENTS, attachment_id, as_of))
    return record, blobs_of(db).read(record.digest)
