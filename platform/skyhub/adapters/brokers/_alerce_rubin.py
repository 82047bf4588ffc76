"""ALeRCE's services for Rubin (https://api-lsst.alerce.online): objects, light curves, stamps; times as Rubin gives them.

References
----------
.. [1] Förster et al. 2021, AJ 161, 242. doi:10.3847/1538-3881/abe9bc
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from skyhub.adapters.brokers._alerce import said_by_classifiers
from skyhub.adapters.brokers._http import BrokerHttp, records, rejected_shape
from skyhub.adapters.brokers._protocol import CUTOUTS, Found, Programs, Selection
from skyhub.adapters.brokers._select import wanted
from skyhub.adapters.brokers._sky import near, separation
from skyhub.adapters.brokers._ztf import number, plain
from skyhub.config import AlerceBroker
from skyhub.errors import NotFound
from skyhub.science.timescales import utc_mjd

__all__ = ["AlerceRubin"]

_LARGEST_PAGE = 100
_EVER = 100_000
"""A time (MJD) that is far away."""
_PREFIX = "LSST-"
_BANDS: Mapping[Any, str] = {1: "g", 2: "r", 3: "i", 4: "z", 5: "y", 6: "u"}
_AS_IN_PACKETS = ("ra", "dec", "psfFlux", "psfFluxErr", "reliability", "isNegative")


class AlerceRubin:
    """ALeRCE, with Rubin's alerts.

    Parameters
    ----------
    name, settings
        The broker's name here, and what was declared for it.
    """

    survey = "LSST"
    selects: Mapping[str, str] = MappingProxyType(
        {
            "classifier": "such as stamp_classifier_rubin_beta",
            "class_name": "one of its classes, such as SN",
            "probability": "the least probability of the class",
            "n_det": "the least number of detections",
        }
    )

    def __init__(self, name: str, settings: AlerceBroker) -> None:
        self._name = name
        self._http = BrokerHttp(name, settings.url, settings)
        self.health = self._http.health

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects near a place."""
        asked = {"ra": ra, "dec": dec, "radius": radius}
        return near(self._found(row, (ra, dec)) for row in self._objects(asked, limit))

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """Objects with a detection since a time, each once."""
        wanted(self._name, select, self.selects)
        asked = {**select, "lastmjd": [since, _EVER], "order_by": "lastmjd", "order_mode": "ASC"}
        found = {one.object_id: one for one in map(self._found, self._objects(asked, limit))}
        return sorted(found.values(), key=lambda one: one.mjd or 0.0)

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object with its detections and the probabilities of its classes."""
        own = object_id.removeprefix(_PREFIX)
        answer = self._http.json("GET", "lightcurve_api/lightcurve", params={"survey_id": "lsst", "oid": own})
        if not isinstance(answer, dict):
            rejected_shape(self._http, answer, "a light curve")
        rows = records(self._http, answer.get("detections"), "detections")
        sources = [_source(row) for row in rows if str(row.get("oid")) == own]
        if not sources:
            raise NotFound(f"{self._name} has no detection of {object_id}.", object_id)
        *earlier, newest = sorted(sources, key=lambda source: number(source["midpointMjdTai"]) or 0.0)
        said = said_by_classifiers(self._objects({"oid": own}, _LARGEST_PAGE))
        return {
            "diaSource": newest,
            "diaObject": {"diaObjectId": newest["diaObjectId"]},
            "prvDiaSources": earlier,
            "broker_annotations": {"alerce": said},
        }

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The three FITS images of an alert."""
        asked = {"survey_id": "lsst", "oid": object_id.removeprefix(_PREFIX), "measurement_id": str(candid)}
        asked |= {"file_format": "fits", "is_compressed": "false"}
        found = {}
        for kind in CUTOUTS:
            image = {**asked, "stamp_type": f"cutout{kind.capitalize()}"}
            found[kind] = self._http.content("GET", "stamps_api/stamp", params=image)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _objects(self, asked: Mapping[str, Any], limit: int) -> Iterator[Mapping[str, Any]]:
        """Objects page by page; one that several classifiers know comes several times."""
        size, given = min(limit, _LARGEST_PAGE), 0
        for page in range(1, -(-limit // size) + 1):
            numbers = {"survey": "lsst", "page": page, "page_size": size, "count": "false"}
            answer = self._http.json("GET", "object_api/list_objects", params={**asked, **numbers})
            if not isinstance(answer, dict):
                rejected_shape(self._http, answer, "a page of objects")
            rows = records(self._http, answer.get("items"), "objects")
            yield from rows[: limit - given]
            given += len(rows)
            if len(rows) < size:
                return

    def _found(self, row: Mapping[str, Any], centre: tuple[float, float] | None = None) -> Found:
        name, last = row.get("oid"), number(row.get("lastmjd"))
        if isinstance(name, bool) or not isinstance(name, int | str) or last is None:
            self._http.nonsense(f"an object without name and time: {str(row)[:80]}")
        ra, dec = number(row.get("meanra")), number(row.get("meandec"))
        mjd = utc_mjd(last, "tai")
        return Found(f"{_PREFIX}{name}", self.survey, ra, dec, mjd, separation(centre, ra, dec), 1)


def _source(row: Mapping[str, Any]) -> dict[str, Any]:
    """A detection by the names that Rubin's packets have for it."""
    band = row.get("band_name") or _BANDS.get(row.get("band"), row.get("band"))
    return {
        "diaSourceId": row.get("measurement_id"),
        "diaObjectId": int(str(row["oid"])),
        "midpointMjdTai": row.get("mjd"),
        "band": band,
        **{name: plain(row.get(name)) for name in _AS_IN_PACKETS},
    }
