"""Finding objects at telescopes: charts, offset stars and starlists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from skyhub.client._options import require_known
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["RULES", "Finding", "FindingChart"]

RULES = ("radius_arcmin", "brightest", "faintest", "isolation_arcsec", "count")
"""Names of rules, as `skyhub.finding.StarRules` has them."""


class FindingChart:
    """A finding chart: shown in a notebook, or saved.

    Parameters
    ----------
    content
        The file.
    format
        ``png`` or ``pdf``.
    """

    def __init__(self, content: bytes, format: str) -> None:
        self.content = content
        self.format = format

    def save(self, path: str | Path) -> Path:
        """Write the file, and return where it is."""
        Path(path).write_bytes(self.content)
        return Path(path)

    def _repr_png_(self) -> bytes | None:
        return self.content if self.format == "png" else None

    def __repr__(self) -> str:
        return f"<finding chart, {self.format}, {len(self.content)} bytes>"


class Finding:
    """Charts, offset stars and starlists of objects.

    Which stars to offset from is said by `skyhub.finding.StarRules`: ``radius_arcmin, brightest, faintest,
    isolation_arcsec, count``.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.finding.chart("ZTF26abc", size_arcmin=5).save("chart.png")     # doctest: +SKIP
    >>> print(sky.finding.starlist(["ZTF26abc", "ZTF26xyz"], "shane"))     # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def chart(
        self,
        object_id: str,
        format: str = "png",
        size_arcmin: float = 4.0,
        *,
        day: date | str | None = None,
        as_of: datetime | str | None = None,
        **rules: Any,
    ) -> FindingChart:
        """A chart with north up and east left: the target, and the stars to offset from.

        Parameters
        ----------
        object_id
            The object.
        format
            ``png`` or ``pdf``.
        size_arcmin
            Width on the sky (arcmin), 1 to 15.
        day
            When it is observed, today by default.
        as_of
            Only what was known at this time.
        **rules
            Which stars to offset from.
        """
        path = f"/api/objects/{path_part(object_id)}/finding-chart"
        require_known(rules, RULES, "rule for offset stars")
        asked = {"format": format, "size_arcmin": size_arcmin, "day": day and str(day), "as_of": iso_time(as_of)}
        return FindingChart(self._transport.get_bytes(path, **asked, **rules), format)

    def offset_stars(
        self,
        object_id: str,
        *,
        day: date | str | None = None,
        as_of: datetime | str | None = None,
        **rules: Any,
    ) -> SkyTable:
        """Stars to offset from, nearest first; ``east, north`` is the way from the star to the target (arcsec)."""
        require_known(rules, RULES, "rule for offset stars")
        path = f"/api/objects/{path_part(object_id)}/offset-stars"
        found = self._transport.get(path, day=day and str(day), as_of=iso_time(as_of), **rules)
        return SkyTable.from_rows(found["stars"])

    def starlist(
        self,
        object_ids: str | Sequence[str],
        format: str = "keck",
        *,
        day: date | str | None = None,
        as_of: datetime | str | None = None,
    ) -> str:
        """The text of a starlist: each object with the stars that the telescope can offset from.

        Parameters
        ----------
        object_ids
            One object, or several in the order of the list.
        format
            ``keck``, ``p200``, ``p200-ngps`` or ``shane``.
        day, as_of
            When they are observed, and as it was known when.
        """
        names = [object_ids] if isinstance(object_ids, str) else [*object_ids]
        asked = {"object_id": names, "format": format, "day": day and str(day), "as_of": iso_time(as_of)}
        return self._transport.get_bytes("/api/starlist", **asked).decode()
