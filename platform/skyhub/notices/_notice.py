"""What a notice says, whatever form it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from skyhub.science.sky_shapes import SkyShape

__all__ = ["Localization", "MapFile", "MapLink", "Notice", "Property", "Role", "dateobs_of"]

Role: TypeAlias = Literal["observation", "mock", "test", "utility"]
"""What a notice is about: the sky, an injected signal, a trial of the line, or the telescope itself."""

Property: TypeAlias = float | str | bool


@dataclass(frozen=True)
class MapFile:
    """A sky map that came with the notice: the bytes of a FITS file."""

    content: bytes = field(repr=False)


@dataclass(frozen=True)
class MapLink:
    """A sky map that lies elsewhere."""

    url: str


@dataclass(frozen=True)
class Localization:
    """Where a notice says that it was, under a name."""

    name: str
    source: SkyShape | MapFile | MapLink


@dataclass(frozen=True)
class Notice:
    """A notice.

    Parameters
    ----------
    form
        How it was written, such as ``VOEvent 2.0``.
    notice_type
        Its type, by the name of GCN if it has one.
    role
        What it is about.
    mission
        Who observed.
    time
        When it was seen (UTC); None if the notice does not say, as retractions do.
    identifier
        The IVORN, or what else names this notice alone.
    issued_at
        When the notice was made (UTC).
    aliases
        Names of the event, each as ``AUTHORITY#name``.
    supersedes
        Identifiers of notices that this one replaces or retracts.
    tags, properties
        Words and numbers about the event; ``FAR`` in Hz.
    position
        Right ascension and declination (ICRS, deg), if it says any.
    localizations
        Where it was; the first one is the best.
    retraction
        Whether it takes the event back.
    """

    form: str
    notice_type: str
    role: Role
    mission: str
    time: datetime | None
    identifier: str | None = None
    issued_at: datetime | None = None
    aliases: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    properties: Mapping[str, Property] = field(default_factory=dict)
    position: tuple[float, float] | None = None
    localizations: tuple[Localization, ...] = ()
    retraction: bool = False

    @property
    def dateobs(self) -> datetime | None:
        """The time, rounded to a second: by it events are called."""
        return None if self.time is None else dateobs_of(self.time)


def dateobs_of(time: datetime) -> datetime:
    """A time rounded to a second, halves up.

    Examples
    --------
    >>> dateobs_of(datetime(2024, 1, 12, 13, 2, 33, 500_000)).isoformat()
    '2024-01-12T13:02:34'
    """
    return (time + timedelta(seconds=0.5)).replace(microsecond=0)
