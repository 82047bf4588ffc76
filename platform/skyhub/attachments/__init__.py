"""Files that people attach: kept once by their content, served only as downloads."""

from skyhub.attachments._blobs import BlobStore
from skyhub.attachments._body import LARGEST_FILE, body_of, bytes_of
from skyhub.attachments._download import download
from skyhub.attachments._files import (
    ATTACHMENTS,
    Attachment,
    add_attachment,
    attachment_file,
    blobs_of,
    keep_file,
    require_files,
)

__all__ = [
    "ATTACHMENTS",
    "KINDS",
    "LARGEST_FILE",
    "Attachment",
    "BlobStore",
    "add_attachment",
    "attachment_file",
    "blobs_of",
    "body_of",
    "bytes_of",
    "download",
    "keep_file",
    "require_files",
]

KINDS = (ATTACHMENTS,)
