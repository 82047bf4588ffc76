"""What every broker can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from skyhub.adapters.brokers._health import Health

__all__ = ["CUTOUTS", "Broker", "Found", "Programs", "Selection"]

CUTOUTS = ("science", "template", "difference")
"""The images of an alert."""
Programs: TypeAlias = frozenset[int]
"""Numbers of programs of a survey."""
Selection: TypeAlias = Mapping[str, str]
"""What of a broker's alerts is asked for, in its own words."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object as lists of a broker show it."""

    object_id: str
    survey: str
    ra: float | None = None
    """Right ascension (ICRS, deg)."""
    dec: float | None = None
    """Declination (ICRS, deg)."""
    mjd: float | None = None
    """Time (MJD, UTC) of its newest detection."""
    separation: float | None = None
    """From the centre that was asked for (arcsec)."""
    program: int | None = None
    """Number of the survey's program whose data this is."""


class Broker(Protocol):
    """A broker.

    Every question raises `Unavailable` if the broker does not answer or talks nonsense, `InvalidInput` if it refuses the
    question, `NotFound` if it does not know the object.
    """

    health: Health

    @property
    def survey(self) -> str:
        """Whose alerts it has."""
        ...

    @property
    def selects(self) -> Mapping[str, str]:
        """The keys of a selection, each with what it means."""
        ...

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects within a radius (arcsec) of a place (ICRS, deg), nearest first.

        Only alerts of some programs count, if they are given; brokers of public alerts alone have no others.
        """
        ...

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """At most so many objects with a detection since a time (MJD, UTC), the earliest of these detections first."""
        ...

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object as a packet in its survey's own form: its newest alert with all earlier detections as history.

        Classes and scores are under ``broker_annotations``.
        """
        ...

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The FITS images of an alert by kind (science, template, difference), as far as it has them."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
