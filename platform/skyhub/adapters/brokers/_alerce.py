"""ALeRCE's services for ZTF (https://api.alerce.online/ztf/v1): objects, detections, probabilities; stamps apart.

References
----------
.. [1] Förster et al. 2021, AJ 161, 242. doi:10.3847/1538-3881/abe9bc
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from skyhub.adapters.brokers._http import BrokerHttp, records, rejected_shape
from skyhub.adapters.brokers._protocol import CUTOUTS, Found, Programs, Selection
from skyhub.adapters.brokers._select import wanted
from skyhub.adapters.brokers._sky import near, separation
from skyhub.adapters.brokers._ztf import number, ztf_packet
from skyhub.config import AlerceBroker
from skyhub.errors import NotFound

__all__ = ["Alerce", "said_by_classifiers"]

_LARGEST_PAGE = 100


class Alerce:
    """ALeRCE.

    Parameters
    ----------
    name, settings
        The broker's name here, and what was declared for it.
    """

    survey = "ZTF"
    selects: Mapping[str, str] = MappingProxyType(
        {
            "classifier": "such as lc_classifier or stamp_classifier",
            "class": "one of its classes, such as SN",
            "probability": "the least probability of the class",
            "ndet": "the least number of detections",
        }
    )

    def __init__(self, name: str, settings: AlerceBroker) -> None:
        self._name, self._stamps = name, settings.stamps_url.rstrip("/")
        self._http = BrokerHttp(name, settings.url, settings)
        self.health = self._http.health

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects near a place."""
        asked = {"ra": ra, "dec": dec, "radius": radius}
        return near(self._found(row, (ra, dec)) for row in self._objects(asked, limit))

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """Objects with a detection since a time."""
        wanted(self._name, select, self.selects)
        asked = {**select, "lastmjd": since, "order_by": "lastmjd", "order_mode": "ASC"}
        return [self._found(row) for row in self._objects(asked, limit)]

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object with its detections and the probabilities of its classes."""
        path = f"objects/{quote(object_id, safe='')}"
        about = self._http.json("GET", path)
        if not isinstance(about, dict) or about.get("oid") != object_id:
            rejected_shape(self._http, about, f"the object {object_id}")
        detections = records(self._http, self._http.json("GET", f"{path}/detections"), "detections")
        packet = ztf_packet(object_id, detections, annotations={"alerce": self._said_of(path, about)})
        if packet is None:
            raise NotFound(f"{self._name} has no detection of {object_id}.", object_id)
        newest = packet["candidate"]
        if (n := number(about.get("ndethist"))) is not None:
            newest["ndethist"] = int(n)
        return packet

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The three FITS images of an alert."""
        found = {}
        for kind in CUTOUTS:
            asked = {"oid": object_id, "candid": str(candid), "type": kind, "format": "fits"}
            found[kind] = self._http.content("GET", f"{self._stamps}/get_stamp", params=asked)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _objects(self, asked: Mapping[str, Any], limit: int) -> Iterator[Mapping[str, Any]]:
        """Objects page by page."""
        size, given = min(limit, _LARGEST_PAGE), 0
        for page in range(1, -(-limit // size) + 1):
            numbers = {"page": page, "page_size": size, "count": "false"}
            answer = self._http.json("GET", "objects/", params={**asked, **numbers})
            if not isinstance(answer, dict):
                rejected_shape(self._http, answer, "a page of objects")
            rows = records(self._http, answer.get("items"), "objects")
            yield from rows[: limit - given]
            given += len(rows)
            if len(rows) < size:
                return

    def _said_of(self, path: str, about: Mapping[str, Any]) -> dict[str, Any]:
        """Each classifier's most probable class with its probability, and all probabilities."""
        try:
            rows = records(self._http, self._http.json("GET", f"{path}/probabilities"), "probabilities")
        except NotFound:
            rows = []
        return {name: about.get(name) for name in ("stellar", "corrected")} | said_by_classifiers(rows)

    def _found(self, row: Mapping[str, Any], centre: tuple[float, float] | None = None) -> Found:
        name = row.get("oid")
        if not isinstance(name, str):
            self._http.nonsense(f"an object without a name: {str(row)[:80]}")
        ra, dec = number(row.get("meanra")), number(row.get("meandec"))
        return Found(name, self.survey, ra, dec, number(row.get("lastmjd")), separation(centre, ra, dec), 1)


def said_by_classifiers(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Each classifier's most probable class, its version, and all probabilities, of rows with one class each."""
    by_classifier: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if number(row.get("probability")) is not None:
            by_classifier[str(row.get("classifier_name"))].append(row)
    said: dict[str, Any] = {}
    for name, found in by_classifier.items():
        best = max(found, key=lambda row: float(row["probability"]))
        said |= {name: best.get("class_name"), f"{name}.version": best.get("classifier_version")}
        said |= {f"{name}.{row.get('class_name')}": float(row["probability"]) for row in found}
    return said
