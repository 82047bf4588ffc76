"""What can be done with the points of a light curve besides looking at them, by those who may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from skyhub.errors import NotFound

if TYPE_CHECKING:
    from skyhub.client import Sky

__all__ = ["PointDesk", "SkyPoints"]

_VERSION = ("version", "known_at", "known_until", "owner", "mag", "magerr", "flux", "fluxerr")


class PointDesk(Protocol):
    """Where a light curve hands over what is done with points; ids are texts."""

    may: Sequence[str]
    """What is offered: of ``flag``, ``remove`` and ``history``."""

    def flag(self, photometry_ids: Sequence[str], validated: bool, explanation: str) -> None:
        """Say of points whether they can be trusted, and why."""

    def remove(self, photometry_ids: Sequence[str]) -> None:
        """End points."""

    def history(self, photometry_id: str) -> list[dict[str, Any]]:
        """All reductions of a point, the first one first."""


class SkyPoints:
    """The points of an object at the data service, with the rights of who is connected.

    Parameters
    ----------
    sky
        The connection.
    object_id
        The object.
    scopes
        What the caller may do; the service is asked by default.
    """

    def __init__(self, sky: Sky, object_id: str, scopes: Sequence[str] | None = None) -> None:
        self._sky, self.object_id = sky, object_id
        uploads = "upload" in (sky.me()["scopes"] if scopes is None else scopes)
        self.may: Sequence[str] = ("flag", "remove", "history") if uploads else ("history",)

    def flag(self, photometry_ids: Sequence[str], validated: bool, explanation: str) -> None:
        """Say of points whether they can be trusted, and why: a validation of each, all or none."""
        rows = [
            {"photometry_id": int(one), "validated": validated, "explanation": explanation} for one in photometry_ids
        ]
        self._sky.photometry_validations.add_all(rows, revise=True)

    def remove(self, photometry_ids: Sequence[str]) -> None:
        """End points that one uploaded, or of groups that one administers."""
        self._sky.remove_photometry(photometry_ids=[int(one) for one in photometry_ids])

    def history(self, photometry_id: str) -> list[dict[str, Any]]:
        """All reductions of a point, the first one first.

        Raises
        ------
        NotFound
            If the object has no such point among those that one may see.
        """
        rows = self._sky.photometry(self.object_id, versions="all").to_rows()
        point = next((row for row in rows if str(row["photometry_id"]) == photometry_id), None)
        if point is None:
            raise NotFound(f"there is no point {photometry_id} of {self.object_id!r} among those that you may see.")
        key = ("mjd", "origin", "filter", "instrument", "repeat")
        same = [row for row in rows if all(row[name] == point[name] for name in key)]
        return [{name: _plain(row[name]) for name in _VERSION} for row in same]


def _plain(value: Any) -> Any:
    """As JSON has it; times to the second, in UTC."""
    return value.strftime("%Y-%m-%d %H:%M:%S") if hasattr(value, "strftime") else value
