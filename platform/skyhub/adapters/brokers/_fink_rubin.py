"""Fink's object service for Rubin (https://api.lsst.fink-portal.org): columns ``r:…`` are Rubin's, ``f:…`` Fink's.

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
from skyhub.adapters.brokers._ztf import number, plain
from skyhub.config import FinkBroker
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.nights import datetime_of_mjd
from skyhub.science.timescales import utc_mjd

__all__ = ["FinkRubin"]

_COLUMNS = "r:diaObjectId,r:diaSourceId,r:midpointMjdTai,r:ra,r:dec"
_LARGEST_RADIUS = 18_000.0
_MOST_PAGES = 20
_PREFIX = "LSST-"
_PARTS = ("clf", "xm", "pred")
_VERSIONS = ("fink_broker_version", "fink_science_version")


class FinkRubin:
    """Fink, with Rubin's alerts.

    Parameters
    ----------
    name, settings
        The broker's name here, and what was declared for it.
    """

    survey = "LSST"
    selects: Mapping[str, str] = MappingProxyType({"tag": "one of Fink's tags, such as extragalactic_new_candidate"})

    def __init__(self, name: str, settings: FinkBroker) -> None:
        self._name = name
        self._http = BrokerHttp(name, settings.url, settings)
        self.health = self._http.health

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects near a place; minor planets are none."""
        if radius > _LARGEST_RADIUS:
            raise InvalidInput(f"radius is {radius}: {self._name} permits {_LARGEST_RADIUS:g} arcsec.", "radius")
        asked = {"ra": ra, "dec": dec, "radius": radius, "n": 10 * limit, "columns": _COLUMNS}
        rows = self._rows("conesearch", asked)
        return near(self._found(row, (ra, dec)) for row in rows if row.get("r:diaObjectId"))[:limit]

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """Objects with an alert of a tag since a time: the service gives the newest first, so it is asked page by page.

        Many alerts have the time of one exposure: where a page holds none but those of the page before, the next is larger.
        """
        wanted(self._name, select, self.selects)
        if "tag" not in select:
            raise InvalidInput(f"{self._name} is asked by tag: select {{tag: …}}.", "select")
        asked = {"tag": select["tag"], "startdate": _date(since), "columns": _COLUMNS}
        rows: dict[str, Mapping[str, Any]] = {}
        stop: dict[str, str] = {}
        size = limit
        for _ in range(_MOST_PAGES):
            page = self._rows("tags", {**asked, **stop, "n": size})
            known = len(rows)
            rows |= {str(row.get("r:diaSourceId")): row for row in page}
            if len(page) < size:
                break
            size = 2 * size if len(rows) == known else size
            stop = {"stopdate": _date(min(map(self._time, page)))}
        newest: dict[str, Found] = {}
        of_objects = (self._found(row) for row in rows.values() if row.get("r:diaObjectId"))
        for found in sorted(of_objects, key=lambda f: f.mjd or 0.0):
            newest[found.object_id] = found
        return sorted(newest.values(), key=lambda f: f.mjd or 0.0)

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object with its light curve; what Fink says of its newest alert becomes fields of the packet, as in its streams."""
        own = object_id.removeprefix(_PREFIX)
        asked = {"diaObjectId": own}
        rows = [row for row in self._rows("sources", asked) if str(row.get("r:diaObjectId")) == own]
        if not rows:
            raise NotFound(f"{self._name} has no detection of {object_id}.", object_id)
        *earlier, newest = sorted(rows, key=self._time)
        forced = [row for row in self._rows("fp", asked) if str(row.get("r:diaObjectId")) == own]
        return {
            "diaSource": _own(newest),
            "diaObject": {"diaObjectId": newest["r:diaObjectId"]},
            "prvDiaSources": [_own(row) for row in earlier],
            "prvDiaForcedSources": [_own(row) for row in sorted(forced, key=self._time)],
            **_of_fink(newest),
        }

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The three FITS images of an alert."""
        alert = {"diaObjectId": object_id.removeprefix(_PREFIX), "diaSourceId": str(candid), "output-format": "FITS"}
        return {
            kind: self._http.content("POST", "api/v1/cutouts", json={**alert, "kind": kind.capitalize()})
            for kind in CUTOUTS
        }

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _rows(self, where: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = self._http.json("POST", f"api/v1/{where}", json={**asked, "output-format": "json"})
        return records(self._http, answer, "alerts")

    def _found(self, row: Mapping[str, Any], centre: tuple[float, float] | None = None) -> Found:
        ra, dec = number(row.get("r:ra")), number(row.get("r:dec"))
        mjd = utc_mjd(self._time(row), "tai")
        return Found(f"{_PREFIX}{row['r:diaObjectId']}", self.survey, ra, dec, mjd, separation(centre, ra, dec), 1)

    def _time(self, row: Mapping[str, Any]) -> float:
        mjd = number(row.get("r:midpointMjdTai"))
        if mjd is None:
            self._http.nonsense(f"an alert without a time: {str(row)[:80]}")
        return mjd


def _date(mjd: float) -> str:
    """A date as the service takes it; its own are TAI, which are some seconds later than those of UTC."""
    return datetime_of_mjd(mjd).strftime("%Y-%m-%d %H:%M:%S.%f")


def _own(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key[2:]: value for key, value in row.items() if key.startswith("r:")}


def _of_fink(row: Mapping[str, Any]) -> dict[str, Any]:
    """Fink's columns by the names and in the parts that its packets have for them."""
    said: dict[str, Any] = {version: plain(row.get(f"f:{version}")) for version in _VERSIONS}
    for part in _PARTS:
        start = f"f:{part}_"
        said[part] = {key.removeprefix(start): plain(value) for key, value in row.items() if key.startswith(start)}
    return said
