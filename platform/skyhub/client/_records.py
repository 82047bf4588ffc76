"""Records through the client: each kind as an attribute of the connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from inspect import Parameter, Signature
from typing import Any

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["Records"]


class Records:
    """Records of one kind: call it for a table, or use its methods to add, correct, remove and share.

    Parameters
    ----------
    transport
        How the data service is reached.
    table
        The kind, by the name of its table.

    Examples
    --------
    >>> sky.comments(object_id="ZTF26abc")                                      # doctest: +SKIP
    >>> sky.comments.add(object_id="ZTF26abc", text="Rising fast, **@vera**")   # doctest: +SKIP
    """

    def __init__(self, transport: Transport, table: str) -> None:
        self._transport = transport
        self.table = table
        self.__doc__ = f"The {table} that you may see: call it for a table, or add, edit, remove, share, history."

    def __call__(
        self, *, as_of: datetime | str | None = None, limit: int = 1000, before: str | None = None, **where: Any
    ) -> SkyTable:
        """The records that have the given values, newest first."""
        return SkyTable.from_rows(self.rows(as_of=as_of, limit=limit, before=before, **where))

    def rows(
        self, *, as_of: datetime | str | None = None, limit: int = 1000, before: str | None = None, **where: Any
    ) -> list[dict[str, Any]]:
        """The same as documents."""
        rows: list[dict[str, Any]] = self._transport.get(
            self._path(), as_of=iso_time(as_of), limit=limit, before=before, **where
        )["rows"]
        return rows

    def get(self, record_id: int | str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """One record."""
        document: dict[str, Any] = self._transport.get(self._path(record_id), as_of=iso_time(as_of))
        return document

    @cached_property
    def add(self) -> Add:
        """Add a record, named field by field."""
        return Add(self)

    def add_all(
        self,
        records: Sequence[Mapping[str, Any]],
        groups: Sequence[str] | None = None,
        *,
        revise: bool = False,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Add records, all or none of them: ``{"added", "revised", "unchanged", "records"}``.

        Parameters
        ----------
        records
            Their fields.
        groups
            Who shall see them: some of your groups (all of them by default), or ``["public"]``.
        revise
            A record whose key is there already becomes a new version of it; else it is refused.
        dry_run
            Only say what would be stored.
        """
        body = {"records": [dict(r) for r in records], "groups": groups and list(groups), "revise": revise}
        answer: dict[str, Any] = self._transport.post(self._path(), {**body, "dry_run": dry_run})
        return answer

    def edit(self, record_id: int | str, *, version: int | None = None, **changes: Any) -> dict[str, Any]:
        """Correct fields of a record; what was known before stays in its history."""
        body = {"changes": changes, "version": version}
        answer: dict[str, Any] = self._transport.send("PATCH", self._path(record_id), body)
        return answer

    def remove(self, record_id: int | str) -> None:
        """Remove a record from what is known now."""
        self._transport.send("DELETE", self._path(record_id))

    def share(self, record_id: int | str, *groups: str) -> dict[str, Any]:
        """Say which groups see a record from now on."""
        answer: dict[str, Any] = self._transport.send(
            "PUT", f"{self._path(record_id)}/groups", {"groups": list(groups)}
        )
        return answer

    def history(self, record_id: int | str, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """All versions of a record, oldest first."""
        path = f"{self._path(record_id)}/history"
        rows: list[dict[str, Any]] = self._transport.get(path, as_of=iso_time(as_of))["rows"]
        return rows

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The fields with their types, units and descriptions, as JSON schema."""
        document: dict[str, Any] = self._transport.get(f"/api/kinds/{self.table}")
        return document

    def _path(self, record_id: int | str | None = None) -> str:
        return f"/api/{self.table}" + ("" if record_id is None else f"/{path_part(record_id)}")

    def __repr__(self) -> str:
        return f"<{self.table}: (), get, add, add_all, edit, remove, share, history, schema>"


class Add:
    """Adds one record; the fields of its kind are completed by the tabulator key.

    Parameters
    ----------
    records
        The kind.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(
        self, *, groups: Sequence[str] | None = None, revise: bool = False, dry_run: bool = False, **fields: Any
    ) -> dict[str, Any]:
        """Add a record of these fields; returns it as it is stored."""
        answer = self._records.add_all([fields], groups, revise=revise, dry_run=dry_run)
        record: dict[str, Any] = answer["records"][0]
        return record

    @property
    def __signature__(self) -> Signature:
        names = [*self._records.schema["properties"], "groups", "revise", "dry_run"]
        return Signature([Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in names])
