"""Data that came of a request: stored as an upload of who submitted it, for the groups of the request."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from skyhub.attachments import bytes_of
from skyhub.candidates import OwnersBook
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused, SkyhubError
from skyhub.photometry import UploadOptions, read_photometry_file, upload_photometry
from skyhub.spectra import SpectrumUpload, upload_spectra

__all__ = ["Retrieved", "take_in"]


class Retrieved(BaseModel):
    """A file that a telescope gave."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["photometry", "spectrum"]
    name: str = Field(max_length=200)
    content: str = Field(description="Its bytes, in base64")


def take_in(db: Database, row: Mapping[str, Any], files: Sequence[Retrieved]) -> str:
    """Store files of a request (its row), each whole or not at all; what became of them, in words.

    Raises
    ------
    SkyhubError
        If the rights of who made the request cannot be known now; then none is stored.
    """
    viewer = db.part(OwnersBook).rights(row["author"])
    told = []
    for file in files:
        try:
            if viewer is None:
                raise PermissionRefused(f"there is no user {row['author']} any more.", "author")
            told.append(_stored(db, viewer, row, file))
        except SkyhubError as error:
            told.append(f"{file.name}: {error.message}")
    return "; ".join(told)


def _stored(db: Database, viewer: Viewer, row: Mapping[str, Any], file: Retrieved) -> str:
    groups, _ = db.access.members(row["acl"])
    mine = db.access.group_names(groups & db.access.group_ids(viewer))
    if not mine:
        raise InvalidInput("the request is shared with no group: share it, and retrieve again.", "groups")
    place = {"object_id": row["target"], "ra": row["ra"], "dec": row["dec"], "groups": mine}
    if file.kind == "spectrum":
        spectrum = {"name": file.name, "content": file.content, "instrument": row["instrument"], **place}
        done = upload_spectra(db, viewer, SpectrumUpload.model_validate(spectrum))
        return f"{file.name}: {done['stored']} spectra stored, {done['duplicates']} known"
    options = UploadOptions(**place, instrument=row["instrument"], origin=f"request {row['request_id']}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name).name
        path.write_bytes(bytes_of(file.content))
        table = read_photometry_file(path)
    points = upload_photometry(db, viewer, table, options)
    return f"{file.name}: {points.stored} points stored, {points.duplicates} known"
