"""Kowalski's service (https://kowalski.caltech.edu), here for ZTF's alerts. Which programs it shows depends on the account.

References
----------
.. [1] Duev et al. 2019, MNRAS 489, 3582. doi:10.1093/mnras/stz2357
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from skyhub.adapters.brokers._http import BrokerHttp, records, rejected_shape
from skyhub.adapters.brokers._mongo import (
    LISTED,
    MOST_ALERTS,
    SCORES,
    WITHOUT_IMAGES,
    bounds_of,
    images_of,
    listed_in,
    of_programs,
    packet_of,
    unextended,
)
from skyhub.adapters.brokers._protocol import Found, Programs, Selection
from skyhub.adapters.brokers._sky import near
from skyhub.config import KowalskiBroker
from skyhub.errors import InvalidInput, NotFound

__all__ = ["Kowalski"]

_ALERTS, _AUX = "ZTF_alerts", "ZTF_alerts_aux"
_MS = 1000


class Kowalski:
    """Kowalski.

    Parameters
    ----------
    name, settings
        The broker's name here, and what was declared for it.
    """

    survey = "ZTF"
    selects: Mapping[str, str] = SCORES

    def __init__(self, name: str, settings: KowalskiBroker) -> None:
        token, password = (s.get_secret_value() if s else "" for s in (settings.token, settings.password))
        self._name, self._token = name, token
        self._account = {"username": settings.username, "password": password} if password else None
        self._longest = int(settings.timeout_seconds * _MS)
        self._lock = threading.Lock()
        self._http = BrokerHttp(name, settings.url, settings, self._login, (token, password))
        self.health = self._http.health

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects near a place."""
        place = {"cone_search_radius": radius, "cone_search_unit": "arcsec", "radec": {"here": [ra, dec]}}
        asked = {
            "object_coordinates": place,
            "catalogs": {_ALERTS: {"filter": of_programs(programs), "projection": LISTED}},
        }
        data = self._ask("cone_search", asked, {"limit": 10 * limit})
        places = data.get(_ALERTS) if isinstance(data, dict) else None
        if not isinstance(places, dict):
            rejected_shape(self._http, data, "alerts by catalogue and place")
        alerts = [row for rows in places.values() for row in records(self._http, rows, "alerts")]
        return near(listed_in(alerts, programs, (ra, dec)))[:limit]

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """Objects with an alert since a time."""
        rows = self._find(
            _ALERTS,
            bounds_of(self._name, select, since, programs),
            LISTED,
            {"limit": limit, "sort": [["candidate.jd", 1]]},
        )
        return listed_in(rows, programs)

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object with all its alerts, limits and forced photometry."""
        newest_first = {"limit": MOST_ALERTS, "sort": [["candidate.jd", -1]]}
        alerts = self._find(_ALERTS, {"objectId": object_id}, WITHOUT_IMAGES, newest_first)
        aux = self._find(_AUX, {"_id": object_id}, {}, {"limit": 1}) if alerts else []
        packet = packet_of(object_id, alerts, aux[0] if aux else {}, "kowalski")
        if packet is None:
            raise NotFound(f"{self._name} has no detection of {object_id}.", object_id)
        return packet

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The FITS images as they came with the alert; those of its route for images are turned upside down."""
        rows = self._find(_ALERTS, {"candid": candid}, dict.fromkeys(WITHOUT_IMAGES, 1), {"limit": 1})
        return {kind: image for row in rows for kind, image in images_of(row).items()}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _find(
        self, catalog: str, bounds: Mapping[str, Any], projection: Mapping[str, int], options: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        asked = {"catalog": catalog, "filter": bounds, "projection": projection}
        return records(self._http, self._ask("find", asked, options), "documents")

    def _ask(self, kind: str, query: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        body = {"query_type": kind, "query": query, "kwargs": {**options, "max_time_ms": self._longest}}
        answer = unextended(self._http.json("POST", "api/queries", json=body))
        if not isinstance(answer, dict) or "status" not in answer:
            rejected_shape(self._http, answer, "an answer with a status")
        if answer["status"] != "success":
            raise InvalidInput(f"{self._name} refuses the question: {str(answer.get('message'))[:200]}", self._name)
        return answer.get("data")

    def _login(self, again: bool) -> Mapping[str, str]:
        """The headers of a request: with the token that was given, or one for the account."""
        with self._lock:
            if self._account is not None and (again or not self._token):
                answer = self._http.json("POST", "api/auth", json=self._account, plain=True)
                token = answer.get("token") if isinstance(answer, dict) else None
                if not isinstance(token, str):
                    self._http.nonsense("no token in its answer to the account")
                self._token = token
            return {"Authorization": self._token}
