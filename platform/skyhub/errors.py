"""Errors of skyhub: each says what was given, what is permitted and what to do.

The tree::

    SkyhubError
    ├── InvalidInput        the caller gave something that cannot be used (400)
    │   └── PacketRejected  an alert packet that was refused whole
    ├── NotAuthenticated    no identity, or one that is not known (401)
    ├── PermissionRefused   the identity is known and may not do this (403)
    ├── NotFound            no such record among those the caller may see (404)
    ├── Conflict            the state of the record does not allow it (409)
    ├── Unavailable         a part of the platform does not answer (503)
    └── StorageError        the database cannot be opened, read or written (500)
        └── DamagedFile     a file of the data does not hold what was written to it (500)
"""

from __future__ import annotations

__all__ = [
    "Conflict",
    "DamagedFile",
    "InvalidInput",
    "NotAuthenticated",
    "NotFound",
    "PacketRejected",
    "PermissionRefused",
    "SkyhubError",
    "StorageError",
    "Unavailable",
    "error_from_json",
]


class SkyhubError(Exception):
    """Base of all errors that skyhub raises on purpose.

    Parameters
    ----------
    message
        What was given, what is permitted, what to do.
    where
        The file, parameter or record the message is about.
    """

    code = "error"
    status = 500

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    def to_json(self) -> dict[str, dict[str, str]]:
        """The one JSON shape of every error: code, message, where."""
        return {"error": {"code": self.code, "message": self.message, "where": self.where}}


class InvalidInput(SkyhubError):
    """The caller gave something that cannot be used."""

    code = "invalid_input"
    status = 400


class PacketRejected(InvalidInput):
    """An alert packet that was refused whole."""

    code = "packet_rejected"


class NotAuthenticated(SkyhubError):
    """No identity was given, or one that is not known."""

    code = "not_authenticated"
    status = 401


class PermissionRefused(SkyhubError):
    """The identity is known and may not do this."""

    code = "permission_refused"
    status = 403


class NotFound(SkyhubError):
    """No such record among those that the caller may see."""

    code = "not_found"
    status = 404


class Conflict(SkyhubError):
    """The state of the record does not allow it."""

    code = "conflict"
    status = 409


class Unavailable(SkyhubError):
    """A part of the platform, or a partner, does not answer.

    Parameters
    ----------
    message, where
        As of every error.
    retry_after
        From how many seconds on it is worth trying again; None if that is not known.
    """

    code = "unavailable"
    status = 503

    def __init__(self, message: str, where: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, where)
        self.retry_after = retry_after


class StorageError(SkyhubError):
    """The database cannot be opened, read or written."""

    code = "storage_error"
    status = 500


class DamagedFile(StorageError):
    """A file of the data does not hold what was written to it: the way back is the last backup."""

    code = "damaged_file"


def error_from_json(status: int, document: object) -> SkyhubError:
    """The error that a response of the data service stands for."""
    given = document.get("error") if isinstance(document, dict) else None
    body = given if isinstance(given, dict) else {}
    message = str(body.get("message", document)) or f"it answers {status} without a word: is it a data service?"
    kinds = {kind.code: kind for kind in reversed(_kinds(SkyhubError))}  # a code stands for the first that has it
    kind = kinds.get(str(body.get("code")))
    if kind is None:
        kind = next((k for k in kinds.values() if k.status == status), SkyhubError)
    return kind(message, where=str(body.get("where", "")))


def _kinds(base: type[SkyhubError]) -> list[type[SkyhubError]]:
    return [base, *(k for child in base.__subclasses__() for k in _kinds(child))]
