"""BOOM's service (https://api.kaboom.caltech.edu), here for ZTF's alerts. Which programs it shows depends on the account."""

from __future__ import annotations

import threading
import time
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
)
from skyhub.adapters.brokers._protocol import Found, Programs, Selection
from skyhub.adapters.brokers._sky import near
from skyhub.config import BoomBroker
from skyhub.errors import NotFound

__all__ = ["Boom"]

_MS = 1000
_EARLY_SECONDS = 60.0


class Boom:
    """BOOM.

    Parameters
    ----------
    name, settings
        The broker's name here, and what was declared for it.
    """

    survey = "ZTF"
    selects: Mapping[str, str] = SCORES

    def __init__(self, name: str, settings: BoomBroker) -> None:
        password = settings.password.get_secret_value()
        self._name, self._account = name, {"username": settings.username, "password": password}
        self._longest = int(settings.timeout_seconds * _MS)
        self._token: tuple[str, float] = ("", 0.0)
        self._lock = threading.Lock()
        self._http = BrokerHttp(name, settings.url, settings, self._login, (password,))
        self.health = self._http.health

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects near a place."""
        asked = {
            "catalog_name": "ZTF_alerts",
            "object_coordinates": {"here": [ra, dec]},
            "radius": radius,
            "unit": "Arcseconds",
            "filter": of_programs(programs),
            "projection": LISTED,
            "sort": {"candidate.jd": -1},
            "limit": 10 * limit,
        }
        data = self._ask("cone_search", asked)
        if not isinstance(data, dict):
            rejected_shape(self._http, data, "alerts by place")
        # The answer has one list for each place that was asked about.
        alerts = [row for rows in data.values() for row in records(self._http, rows, "alerts")]
        return near(listed_in(alerts, programs, (ra, dec)))[:limit]

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """Objects with an alert since a time."""
        rows = self._find("ZTF_alerts", bounds_of(self._name, select, since, programs), LISTED, limit, 1)
        return listed_in(rows, programs)

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object with all its alerts, limits and forced photometry."""
        alerts = self._find("ZTF_alerts", {"objectId": object_id}, WITHOUT_IMAGES, MOST_ALERTS, -1)
        aux = self._find("ZTF_alerts_aux", {"_id": object_id}, None, 1) if alerts else []
        packet = packet_of(object_id, alerts, aux[0] if aux else {}, "boom")
        if packet is None:
            raise NotFound(f"{self._name} has no detection of {object_id}.", object_id)
        return packet

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The FITS images of an alert."""
        data = self._data(self._http.json("GET", "surveys/ztf/cutouts", params={"candid": str(candid)}))
        if not isinstance(data, dict):
            rejected_shape(self._http, data, "cutouts")
        return images_of(data)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _find(
        self,
        catalog: str,
        bounds: Mapping[str, Any],
        projection: Mapping[str, int] | None,
        limit: int,
        order: int | None = None,
    ) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"catalog_name": catalog, "filter": bounds, "limit": limit}
        asked |= {"projection": projection} if projection else {}
        asked |= {"sort": {"candidate.jd": order}} if order else {}
        return records(self._http, self._ask("find", asked), "documents")

    def _ask(self, kind: str, asked: Mapping[str, Any]) -> Any:
        body = {**asked, "max_time_ms": self._longest}
        return self._data(self._http.json("POST", f"queries/{kind}", json=body))

    def _data(self, answer: Any) -> Any:
        if not isinstance(answer, dict) or "data" not in answer:
            rejected_shape(self._http, answer, "an answer with data")
        return answer["data"]

    def _login(self, again: bool) -> Mapping[str, str]:
        """The headers of a request; the token is fetched when there is none, it ends soon, or it was refused."""
        with self._lock:
            token, ends = self._token
            if again or time.monotonic() > ends - _EARLY_SECONDS:
                answer = self._http.json("POST", "auth", data=self._account, plain=True)
                fresh = answer.get("access_token") if isinstance(answer, dict) else None
                if not isinstance(fresh, str):
                    self._http.nonsense("no token in its answer to the account")
                token, lifetime = fresh, answer.get("expires_in", 3600)
                self._token = token, time.monotonic() + (lifetime if isinstance(lifetime, int | float) else 3600)
            return {"Authorization": f"Bearer {token}"}
