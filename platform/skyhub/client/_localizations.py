"""Localizations through the client: maps and shapes in, levels, contours and flat arrays out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from skyhub.science.sky_shapes import SkyShape
    from skyhub.science.skymaps import Combination, SkyMap

__all__ = ["Localization", "Localizations", "content_of"]

_LARGEST_AS_IT_IS = 15_000_000
"""Larger files (bytes) are sent as maps of many orders."""


class Localization(dict[str, Any]):
    """One localization: what is written of it by name, and its map, which is read when it is asked for.

    Parameters
    ----------
    transport
        How the data service is reached.
    record
        What is written of it.
    as_of
        As it was known then.
    """

    def __init__(self, transport: Transport, record: Mapping[str, Any], as_of: str | None = None) -> None:
        super().__init__(record)
        self._transport, self._as_of = transport, as_of

    @cached_property
    def map(self) -> SkyMap:
        """The sky map, with all that it can answer."""
        from skyhub.science.skymaps import read_sky_map

        return read_sky_map(self.fits())

    def fits(self) -> bytes:
        """The map as a FITS file of many orders."""
        return self._transport.get_bytes(f"{self._path}/map", as_of=self._as_of)

    def level_of(self, ra: ArrayLike, dec: ArrayLike, distance: ArrayLike | None = None) -> NDArray[np.float64]:
        """The credible level of positions (ICRS, deg); with distances (Mpc) that in volume, NaN where not known."""
        if distance is None:
            return self.map.credible_level(ra, dec)
        return self.map.volume_level(ra, dec, distance)

    def to_healpix(self, nside: int = 512, *, nested: bool = False) -> NDArray[np.float64]:
        """The probability of each pixel of a flat map, as healpy takes it; RING unless said otherwise."""
        from skyhub.science.skymaps import healpix_of

        return healpix_of(self.map, nside, nested=nested)

    def contour(self, level: float = 0.9) -> list[NDArray[np.float64]]:
        """The lines (ICRS, deg, shape ``(n, 2)`` each) around a credible level."""
        import numpy as np

        found = self._transport.get(f"{self._path}/contours", level=[level], as_of=self._as_of)
        [feature] = found["features"]
        return [np.array(line) for line in feature["geometry"]["coordinates"]]

    def stats(self) -> dict[str, Any]:
        """Areas, the densest place, the distance, and what the map says of itself."""
        document: dict[str, Any] = self._transport.get(f"{self._path}/stats", as_of=self._as_of)
        return document

    @property
    def _path(self) -> str:
        return f"/api/localizations/{self['localization_id']}"

    def __repr__(self) -> str:
        return f"<Localization {self['localization_id']}, {self['name']}: 90 % in {self['area_90']:.4g} deg²>"


class Localizations(Records):
    """Localizations: call it or `list` them for a table, `get` one with its map, `add` files and shapes.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.localizations.add("bayestar.multiorder.fits", dateobs="2019-04-25T08:18:05")      # doctest: +SKIP
    >>> sky.localizations.get(3).level_of([197.45], [-23.38])                                 # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "localizations")

    def list(self, *, as_of: datetime | str | None = None, limit: int = 1000, **where: Any) -> SkyTable:
        """The localizations that have the given values, newest first."""
        return self(as_of=as_of, limit=limit, **where)

    def get(self, record_id: int | str, *, as_of: datetime | str | None = None) -> Localization:
        """One localization with its map."""
        return Localization(self._transport, super().get(record_id, as_of=as_of), iso_time(as_of))

    def add(  # type: ignore[override]
        self,
        source: str | Path | bytes | SkyShape,
        *,
        name: str | None = None,
        dateobs: datetime | str | None = None,
        groups: Sequence[str] | None = None,
    ) -> Localization:
        """Store a sky map (path or bytes of a FITS file) or a shape; one that is there already is returned."""
        found = self.upload(source, name=name, dateobs=dateobs, groups=groups)
        return Localization(self._transport, found["localization"])

    def upload(
        self,
        source: str | Path | bytes | SkyShape,
        *,
        name: str | None = None,
        dateobs: datetime | str | None = None,
        groups: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """The same, with counts: ``{"read", "stored", "duplicates", "localization"}``."""
        body = {**_content(source, name), "dateobs": iso_time(dateobs, "dateobs"), "groups": groups and [*groups]}
        answer: dict[str, Any] = self._transport.post("/api/localizations/maps", body)
        return answer

    def combine(
        self,
        first: int,
        second: int,
        *,
        how: Combination = "product",
        name: str | None = None,
        dateobs: datetime | str | None = None,
    ) -> Localization:
        """Store the product (a source made both) or the mixture (a source made either) of two, for those who see both."""
        body = {
            "first": first,
            "second": second,
            "how": how,
            "name": name or "",
            "dateobs": iso_time(dateobs, "dateobs"),
        }
        found = self._transport.post("/api/localizations/combine", body)
        return Localization(self._transport, found["localization"])

    def without_earth(self, localization_id: int, *, name: str | None = None, **earth: Any) -> Localization:
        """Store a localization without what the Earth hid from the spacecraft, for those who see it.

        Parameters
        ----------
        localization_id
            The localization.
        name
            What to call the new one.
        **earth
            ``ra, dec, radius`` of the Earth as the spacecraft saw it (ICRS, deg), or the ``position`` of the spacecraft from the
            centre of the Earth, along the axes of the GCRS (km).
        """
        path = f"/api/localizations/{localization_id}/without-earth"
        return Localization(self._transport, self._transport.post(path, {**earth, "name": name or ""})["localization"])

    def coverage(self, localization_id: int, *, as_of: datetime | str | None = None, **asked: Any) -> dict[str, Any]:
        """What executed observations covered: probability, areas (deg²), visits, filters, depth.

        Parameters
        ----------
        localization_id
            The localization.
        as_of
            As it was known then.
        **asked
            ``instrument, filter`` (one or several), ``field_id, start, end`` (UTC; from the localization's time on by default),
            ``deeper_than`` (mag), ``visits`` (tell up to so many), ``level`` of the region, ``absolute_magnitude`` of a constant
            source, whose probability in volume is told.
        """
        path = f"/api/localizations/{localization_id}/coverage"
        document: dict[str, Any] = self._transport.get(path, as_of=iso_time(as_of), **asked)
        return document

    def efficiency(
        self, localization_id: int, model: str = "constant", *, as_of: datetime | str | None = None, **asked: Any
    ) -> dict[str, Any]:
        """The fraction of sources, put where the localization has them, that executed observations would have detected.

        Parameters
        ----------
        localization_id
            The localization.
        model
            ``constant`` (with ``absolute_magnitude``), or a model of light curves, such as ``kilonova`` or ``nickel``.
        as_of
            As it was known then.
        **asked
            ``parameters`` of the model besides ``t0``, ``reference_distance`` (Mpc) of one that tells fluxes; ``n`` sources,
            ``distance`` (Mpc) in place of the map's, ``t0``; ``detections`` and ``apart`` (min) of them; ``extinction``, ``seed``;
            which observations, as for `coverage`.
        """
        path = f"/api/localizations/{localization_id}/efficiency"
        body: dict[str, Any] = {"model": model, **asked}
        body |= {name: [asked[name]] for name in ("instrument", "filter") if isinstance(asked.get(name), str)}
        body |= {name: iso_time(asked[name], name) for name in ("start", "end", "t0") if name in asked}
        answer: dict[str, Any] = self._transport.post(path, body, as_of=self._transport.moment(as_of))
        return answer

    def observed(
        self,
        localization_id: int,
        kind: str = "remaining",
        *,
        nside: int = 256,
        as_of: datetime | str | None = None,
        **asked: Any,
    ) -> bytes:
        """A FITS file with a flat HEALPix map of what was observed.

        Parameters
        ----------
        localization_id
            The localization.
        kind
            ``depth`` (mag), ``visits``, or ``remaining``: the probability that was not observed.
        nside
            A power of two up to 2048.
        as_of
            As it was known then.
        **asked
            As for `coverage`; what was seen ``visits`` times does not remain.
        """
        path = f"/api/localizations/{localization_id}/observed/{path_part(kind)}.fits"
        return self._transport.get_bytes(path, nside=nside, as_of=iso_time(as_of), **asked)

    def overlap(self, first: int, second: int, *, as_of: datetime | str | None = None) -> float:
        """The overlap integral 4π ∫ p₁ p₂ dΩ of two [1]_: above one they support a common source.

        References
        ----------
        .. [1] Ashton et al. 2018, ApJ 860, 6. doi:10.3847/1538-4357/aabfd2
        """
        path = f"/api/localizations/{first}/overlap/{second}"
        return float(self._transport.get(path, as_of=iso_time(as_of))["overlap"])


def content_of(source: str | Path | bytes) -> bytes:
    """The bytes of a FITS file with a sky map (a path or bytes), made smaller if they are many."""
    content = source if isinstance(source, bytes) else _bytes_of(Path(source))
    if len(content) <= _LARGEST_AS_IT_IS:
        return content
    from skyhub.science.skymaps import read_sky_map, write_sky_map

    return write_sky_map(read_sky_map(content))


def _content(source: str | Path | bytes | SkyShape, name: str | None) -> dict[str, Any]:
    if not isinstance(source, str | Path | bytes):
        kind = type(source).__name__.lower()
        return {"shape": {"kind": kind, **asdict(source)}, "name": name or ""}
    content = content_of(source)
    said = name or ("" if isinstance(source, bytes) else Path(source).name)
    return {"content": b64encode(content).decode(), "name": said}


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", str(path)) from error
