"""Spectra and attachments through the client: uploads, tables, files."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from skyhub.client._records import Records
from skyhub.client._spectrum import Spectrum
from skyhub.client._spectrum_comparison import SpectrumComparison
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport
from skyhub.errors import InvalidInput

__all__ = ["Attachments", "Spectra"]


class Spectra(Records):
    """Spectra: call it for a table of them, `get` one with its arrays, `upload` files and tables.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.spectra.upload("ZTF26abc_Keck1.ascii", dry_run=True)["preview"]     # doctest: +SKIP
    >>> sky.spectra.upload("ZTF26abc_Keck1.ascii", object_id="ZTF26abc")         # doctest: +SKIP
    >>> sky.spectra.get(12).plot()                                               # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "spectra")

    def __call__(
        self, *, as_of: datetime | str | None = None, limit: int = 1000, before: str | None = None, **where: Any
    ) -> SkyTable:
        """The spectra that have the given values, newest first, without their arrays; ``header`` is JSON."""
        rows = self.rows(as_of=as_of, limit=limit, before=before, **where)
        return SkyTable.from_rows([{**row, "header": json.dumps(row["header"])} for row in rows])

    def get(self, record_id: int | str, *, version: int | None = None, as_of: datetime | str | None = None) -> Spectrum:
        """One spectrum with its arrays, in the version in force or an earlier one."""
        if version is None:
            record = super().get(record_id, as_of=as_of)
        else:
            records = {row["version"]: row for row in self.history(record_id)}
            if version not in records:
                raise InvalidInput(
                    f"version {version} of spectrum {record_id}: {sorted(records)} are there.", "version"
                )
            record = records[version]
        return Spectrum(self._transport, record, version, iso_time(as_of))

    def compare(
        self,
        record_id: int | str,
        *,
        redshifts: tuple[float, float] = (-0.01, 0.5),
        limit: int = 10,
        as_of: datetime | str | None = None,
    ) -> SpectrumComparison:
        """What a spectrum resembles: its type and redshift by cross-correlation with templates.

        Parameters
        ----------
        record_id
            The spectrum.
        redshifts
            Between which the redshift is looked for.
        limit
            At most so many matches.
        as_of
            Only facts known at this time.

        Examples
        --------
        >>> sky.spectra.compare(12).types     # doctest: +SKIP
        """
        low, high = redshifts
        return SpectrumComparison(
            self._transport.get(
                f"{self._path(record_id)}/matches",
                min_redshift=low,
                max_redshift=high,
                limit=limit,
                as_of=iso_time(as_of),
            )
        )

    def upload(
        self, source: str | Path | bytes | Any, *, name: str | None = None, dry_run: bool = False, **said: Any
    ) -> dict[str, Any]:
        """Store the spectra of a file or of a table; the same again is a duplicate, other arrays are a new version.

        Parameters
        ----------
        source
            Path or bytes of a file; or a table (astropy, pandas, polars, Arrow, dict) with columns ``wavelength`` (Å,
            or with a unit) and ``flux``, and perhaps ``error``.
        name
            Name of the file, if bytes were given.
        dry_run
            Only say what was read (``preview``) and what would be stored.
        **said
            What the file does not say: ``object_id``, ``ra``, ``dec`` (deg, of a new object), ``observed_at``,
            ``instrument``, ``wave_column``, ``flux_unit``, ``groups`` … (see `schema`).
        """
        body = _content(source, name) if isinstance(source, str | Path | bytes) else _table(source, said)
        when = said.get("observed_at")
        if isinstance(when, datetime):
            said = {**said, "observed_at": when.isoformat()}
        answer: dict[str, Any] = self._transport.post("/api/spectra/files", {**said, **body, "dry_run": dry_run})
        return answer


class Attachments(Records):
    """Files that people attached: bring one with `upload`, take its bytes with `file`.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "attachments")

    def upload(
        self,
        source: str | Path | bytes,
        *,
        name: str | None = None,
        media_type: str | None = None,
        description: str = "",
        groups: list[str] | None = None,
    ) -> dict[str, Any]:
        """Keep a file of at most 20 MB for some groups; returns its record."""
        said = {"media_type": media_type, "description": description, "groups": groups}
        answer: dict[str, Any] = self._transport.post("/api/attachments", {**_content(source, name), **said})
        return answer

    def file(self, attachment_id: int | str, *, as_of: datetime | str | None = None) -> bytes:
        """The bytes of a file."""
        return self._transport.get_bytes(f"{self._path(attachment_id)}/file", as_of=iso_time(as_of))


def _content(source: str | Path | bytes, name: str | None) -> dict[str, Any]:
    if isinstance(source, bytes):
        return {"content": b64encode(source).decode(), "name": name or ""}
    path = Path(source)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", str(path)) from error
    return {"content": b64encode(content).decode(), "name": name or path.name}


def _table(source: Any, said: dict[str, Any]) -> dict[str, Any]:
    """The columns of a table, whatever package made it; what their units say goes after what the caller said."""
    from skyhub.science.spectra import table_columns

    columns = {role: source[name] for role, name in table_columns(_names(source)).items()}
    for option, role in (("wave_unit", "wavelengths"), ("flux_unit", "fluxes")):
        if said.get(option) is None and getattr(columns[role], "unit", None):
            said[option] = str(columns[role].unit)
    meta = dict(getattr(source, "meta", None) or {})
    header = {str(key): value for key, value in meta.items() if isinstance(value, str | bool | int | float)}
    return {"table": {**{role: _plain(column) for role, column in columns.items()}, "header": header}}


def _names(source: Any) -> list[str]:
    for attribute in ("colnames", "column_names", "columns"):
        if hasattr(source, attribute):
            return list(getattr(source, attribute))
    if isinstance(source, Mapping):
        return list(source)
    raise InvalidInput(f"{type(source).__name__} is no table: give a path, bytes, or a table with columns.", "source")


def _plain(column: Any) -> list[float | None]:
    import numpy as np

    bare = column.filled(np.nan) if hasattr(column, "filled") else column
    values = np.asarray(getattr(bare, "value", bare), dtype=float)
    return [value if finite else None for value, finite in zip(values.tolist(), np.isfinite(values), strict=True)]
