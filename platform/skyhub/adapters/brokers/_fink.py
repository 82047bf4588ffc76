"""Fink's object service for ZTF (https://api.ztf.fink-portal.org): columns ``i:…`` are ZTF's, ``d:…`` and ``v:…`` Fink's.

References
----------
.. [1] Möller et al. 2021, MNRAS 501, 3272. doi:10.1093/mnras/staa3602
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from skyhub.adapters.brokers._http import BrokerHttp, records
from skyhub.adapters.brokers._protocol import CUTOUTS, Found, Programs, Selection
from skyhub.adapters.brokers._select import wanted
from skyhub.adapters.brokers._sky import near, separation
from skyhub.adapters.brokers._ztf import MJD_OF_JD, number, plain, ztf_packet
from skyhub.config import FinkBroker
from skyhub.errors import InvalidInput, NotFound

__all__ = ["Fink"]

_COLUMNS = "i:objectId,i:candid,i:jd,i:ra,i:dec"
_LARGEST_RADIUS = 18_000.0
_MOST_PAGES = 20
_CLASS_OF_VALUES = {"v:classification": "finkclass"}


class Fink:
    """Fink.

    Parameters
    ----------
    name, settings
        The broker's name here, and what was declared for it.
    """

    survey = "ZTF"
    selects: Mapping[str, str] = MappingProxyType({"class": "one of Fink's classes, such as 'Early SN Ia candidate'"})

    def __init__(self, name: str, settings: FinkBroker) -> None:
        self._name = name
        self._http = BrokerHttp(name, settings.url, settings)
        self.health = self._http.health

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects near a place."""
        if radius > _LARGEST_RADIUS:
            raise InvalidInput(f"radius is {radius}: {self._name} permits {_LARGEST_RADIUS:g} arcsec.", "radius")
        asked = {"ra": ra, "dec": dec, "radius": radius, "n": 10 * limit, "columns": _COLUMNS}
        return near(self._found(row, (ra, dec)) for row in self._rows("conesearch", asked))[:limit]

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """Objects with an alert of a class since a time: the service gives the newest first, so it is asked page by page."""
        wanted(self._name, select, self.selects)
        if "class" not in select:
            raise InvalidInput(f"{self._name} is asked by class: select {{class: …}}.", "select")
        asked = {"class": select["class"], "n": limit, "startdate": since + MJD_OF_JD, "columns": _COLUMNS}
        rows: dict[str, Mapping[str, Any]] = {}
        stop: dict[str, float] = {}
        for _ in range(_MOST_PAGES):
            page = self._rows("latests", asked | stop)
            fresh = {str(row.get("i:candid")): row for row in page}
            if not fresh.keys() - rows.keys():
                break
            rows |= fresh
            stop = {"stopdate": min(number(row.get("i:jd")) or 0.0 for row in page)}
            if len(page) < limit:
                break
        newest: dict[str, Found] = {}
        for found in sorted((self._found(row) for row in rows.values()), key=lambda f: f.mjd or 0.0):
            newest[found.object_id] = found
        return sorted(newest.values(), key=lambda f: f.mjd or 0.0)

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object with its light curve; what Fink says of its newest alert becomes fields of the packet, as in its streams."""
        given = self._rows("objects", {"objectId": object_id, "withupperlim": True})
        rows = [row for row in given if row.get("i:objectId", object_id) == object_id]
        valid = [row for row in rows if row.get("d:tag", "valid") == "valid"]
        limits = [row for row in rows if row.get("d:tag") == "upperlim"]
        newest = max(valid, key=lambda row: number(row.get("i:jd")) or 0.0, default={})
        packet = ztf_packet(object_id, map(_own, valid), map(_own, limits), extra=_of_fink(newest))
        if packet is None:
            raise NotFound(f"{self._name} has no detection of {object_id}.", object_id)
        return packet

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The three FITS images of an alert."""
        found = {}
        for kind in CUTOUTS:
            asked = {
                "objectId": object_id, "candid": str(candid), "kind": kind.capitalize(), "output-format": "FITS",
            }  # fmt: skip
            found[kind] = self._http.content("POST", "api/v1/cutouts", json=asked)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _rows(self, where: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = self._http.json("POST", f"api/v1/{where}", json={**asked, "output-format": "json"})
        return records(self._http, answer, "alerts")

    def _found(self, row: Mapping[str, Any], centre: tuple[float, float] | None = None) -> Found:
        name, jd = row.get("i:objectId"), number(row.get("i:jd"))
        if not isinstance(name, str) or jd is None:
            self._http.nonsense(f"an alert without name and time: {str(row)[:80]}")
        ra, dec = number(row.get("i:ra")), number(row.get("i:dec"))
        return Found(name, self.survey, ra, dec, jd - MJD_OF_JD, separation(centre, ra, dec), 1)


def _own(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key[2:]: value for key, value in row.items() if key.startswith("i:")}


def _of_fink(row: Mapping[str, Any]) -> dict[str, Any]:
    """Fink's columns by the names that its packets have for them."""
    named = {key[2:]: plain(value) for key, value in row.items() if key.startswith("d:")}
    named |= {name: plain(row.get(key)) for key, name in _CLASS_OF_VALUES.items()}
    versions = {name: row.get(f"i:{name}") for name in ("fink_broker_version", "fink_science_version")}
    return {**named, **versions}
