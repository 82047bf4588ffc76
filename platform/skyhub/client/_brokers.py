"""Brokers through the client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skyhub.client._tables import PhotometryTable, SkyTable
from skyhub.client._transport import Transport, path_part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Broker"]


class Broker:
    """A broker, such as Fink or ALeRCE.

    Parameters
    ----------
    transport
        How the data service is reached.
    name
        The broker's name in the settings.

    Examples
    --------
    >>> near = sky.broker("fink").cone(284.65, 29.09, radius=10)     # doctest: +SKIP
    >>> sky.broker("fink").save("ZTF19aaosfcb", groups=["stars"])    # doctest: +SKIP
    """

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self._path = f"/api/brokers/{path_part(name)}"
        self.name = name

    def cone(self, ra: float, dec: float, radius: float = 5.0, limit: int = 100) -> SkyTable:
        """Objects within a radius (arcsec) of a place (ICRS, deg), nearest first."""
        return self._objects(ra=ra, dec=dec, radius=radius, limit=limit)

    def newest(self, since: float, limit: int = 100, **select: str) -> SkyTable:
        """Objects with a detection since a time (MJD, UTC); the broker's row in ``sky.brokers()`` says what it may select by."""
        chosen = [f"{key.rstrip('_')}={value}" for key, value in select.items()]
        return self._objects(since=since, limit=limit, select=chosen or None)

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object: its newest alert, its light curve under ``photometry``, what the broker says under ``annotations``."""
        document: dict[str, Any] = self._transport.get(f"{self._path}/objects/{path_part(object_id)}")
        return document

    def photometry(self, object_id: str) -> PhotometryTable:
        """The light curve of an object as the broker has it: fluxes in µJy, magnitudes AB, times MJD (UTC)."""
        return PhotometryTable.from_rows(self.fetch(object_id)["photometry"])

    def cutout(self, object_id: str, candid: int | str, kind: str = "science") -> NDArray[np.float64]:
        """A cutout of an alert (science, template or difference) as an image."""
        from skyhub.alerts import fits_image

        path = f"{self._path}/objects/{path_part(object_id)}/{path_part(candid)}/{path_part(kind)}.fits"
        return fits_image(self._transport.get_bytes(path))

    def save(self, object_id: str, groups: Sequence[str] | None = None, *, source: bool = True) -> dict[str, Any]:
        """Store what the broker has of an object, and save it as a source of groups (those of yours that see it by default)."""
        body: Mapping[str, Any] = {"groups": None if groups is None else list(groups), "source": source}
        document: dict[str, Any] = self._transport.post(f"{self._path}/objects/{path_part(object_id)}", body)
        return document

    def retry(self) -> dict[str, Any]:
        """Have it asked again although it failed or wanted to be left alone; administrators only."""
        document: dict[str, Any] = self._transport.post(f"{self._path}/retry", {})
        return document

    def _objects(self, **question: Any) -> SkyTable:
        return SkyTable.from_rows(self._transport.get(f"{self._path}/objects", **question)["objects"])

    def __repr__(self) -> str:
        return f"<Broker {self.name}>"
