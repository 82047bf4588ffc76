"""Lasair's service for ZTF or Rubin (https://lasair-ztf.lsst.ac.uk/api, https://lasair.lsst.ac.uk/api).

References
----------
.. [1] Smith et al. 2019, RNAAS 3, 26. doi:10.3847/2515-5172/ab020f
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from skyhub.adapters.brokers._http import BrokerHttp, records, rejected_shape
from skyhub.adapters.brokers._protocol import CUTOUTS, Found, Programs, Selection
from skyhub.adapters.brokers._select import wanted
from skyhub.adapters.brokers._ztf import MJD_OF_JD, number, ztf_packet
from skyhub.config import LasairBroker
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.timescales import utc_mjd

__all__ = ["Lasair"]

_LARGEST_RADIUS = 1000.0
_SHERLOCK = (
    "classification",
    "association_type",
    "separationArcsec",
    "z",
    "photoZ",
    "distance",
    "catalogue_table_name",
)


class _Columns(NamedTuple):
    """Names of the columns of Lasair's table ``objects``."""

    name: str
    ra: str
    dec: str
    time: str


_COLUMNS = {
    "ZTF": _Columns("objectId", "ramean", "decmean", "jdmax"),
    "LSST": _Columns("diaObjectId", "ra", "decl", "lastDiaSourceMjdTai"),
}


class Lasair:
    """Lasair.

    Parameters
    ----------
    name, settings
        The broker's name here, and what was declared for it.
    """

    selects: Mapping[str, str] = MappingProxyType(
        {
            "conditions": "SQL behind WHERE, such as objects.gmag < 18",
            "tables": "tables that the conditions need, such as objects,sherlock_classifications",
        }
    )

    def __init__(self, name: str, settings: LasairBroker) -> None:
        token = settings.token.get_secret_value()
        headers = {"Authorization": f"Token {token}"}
        self._name, self.survey = name, settings.survey
        self._host = urlsplit(settings.url).hostname or ""
        self._http = BrokerHttp(name, settings.url, settings, lambda _: headers, (token,))
        self.health = self._http.health

    def cone(
        self, ra: float, dec: float, radius: float, limit: int, programs: Programs | None = None
    ) -> Sequence[Found]:
        """Objects near a place; Lasair gives their names and separations."""
        if radius > _LARGEST_RADIUS:
            raise InvalidInput(f"radius is {radius}: {self._name} permits {_LARGEST_RADIUS:g} arcsec.", "radius")
        asked = {"ra": ra, "dec": dec, "radius": radius, "requestType": "all"}
        rows = records(self._http, self._http.json("POST", "cone/", data=asked), "objects")
        found = [
            Found(self._named(row.get("object")), self.survey, separation=number(row.get("separation")), program=1)
            for row in rows
        ]
        return sorted(found, key=lambda one: (one.separation is None, one.separation))[:limit]

    def newest(self, since: float, limit: int, select: Selection, programs: Programs | None = None) -> Sequence[Found]:
        """Objects that fulfil conditions, with a detection since a time."""
        wanted(self._name, select, self.selects)
        columns = _COLUMNS[self.survey]
        bound = since + MJD_OF_JD if self.survey == "ZTF" else since  # a TAI that is some seconds early
        conditions = [f"({select['conditions']})"] if select.get("conditions") else []
        asked = {
            "selected": ", ".join(f"objects.{column}" for column in columns),
            "tables": select.get("tables", "objects"),
            "conditions": " AND ".join([f"objects.{columns.time} >= {bound!r}", *conditions])
            + f" ORDER BY objects.{columns.time}",
            "limit": limit,
            "offset": 0,
        }
        return [
            self._found(row, columns)
            for row in records(self._http, self._http.json("POST", "query/", data=asked), "objects")
        ]

    def fetch(self, object_id: str) -> dict[str, Any]:
        """An object with its light curve, and what Lasair says of its surroundings."""
        about = self._object(object_id)
        packet = self._rubin(about) if self.survey == "LSST" else self._ztf(object_id, about)
        if packet is None:
            raise NotFound(f"{self._name} has no detection of {object_id}.", object_id)
        return packet

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        """The FITS images of an alert, where Lasair names their addresses."""
        urls = self._image_urls(self._object(object_id), candid)
        return {
            kind: self._http.content("GET", self._checked(urls[kind.capitalize()]), plain=True)
            for kind in CUTOUTS
            if isinstance(urls.get(kind.capitalize()), str)
        }

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _object(self, object_id: str) -> dict[str, Any]:
        own = object_id.removeprefix("LSST-") if self.survey == "LSST" else object_id
        about = self._http.json("POST", "object/", data={"objectId": own, "lasair_added": "true"})
        name = about.get(_COLUMNS[self.survey].name) if isinstance(about, dict) else None
        if not isinstance(about, dict) or (name is None and not about.get("error")):
            rejected_shape(self._http, about, "an object")
        if about.get("error") or str(name) != own:
            raise NotFound(f"{self._name} does not know {object_id}: {str(about.get('error') or name)[:80]}", object_id)
        return about

    def _ztf(self, object_id: str, about: Mapping[str, Any]) -> dict[str, Any] | None:
        rows = records(self._http, about.get("candidates"), "candidates")
        detections = [row for row in rows if row.get("candid")]
        limits = [row for row in rows if not row.get("candid")]
        return ztf_packet(object_id, detections, limits, annotations={"lasair": _said(about)})

    def _rubin(self, about: Mapping[str, Any]) -> dict[str, Any] | None:
        if not about.get("diaSourcesList"):
            return None
        kept = {key: about.get(key) for key in ("diaObject", "diaSourcesList", "diaForcedSourcesList")}
        inner = about.get("lasairData")
        return {**kept, "broker_annotations": {"lasair": _said(inner if isinstance(inner, Mapping) else {})}}

    def _image_urls(self, about: Mapping[str, Any], candid: int) -> Mapping[str, Any]:
        inner = about.get("lasairData")
        lists = (about.get("candidates"), inner.get("imageUrls") if isinstance(inner, Mapping) else None)
        for entry in (entry for entries in lists if isinstance(entries, list) for entry in entries):
            if isinstance(entry, Mapping) and str(entry.get("candid") or entry.get("diaSourceId")) == str(candid):
                urls = entry.get("image_urls", entry)
                return urls if isinstance(urls, Mapping) else {}
        return {}

    def _checked(self, url: str) -> str:
        """An address of an image, if it leads to the broker's own domain: others are not asked on its word."""
        host, scheme = urlsplit(url).hostname or "", urlsplit(url).scheme
        domain = self._host.partition(".")[2]
        is_own = host == self._host or (domain.count(".") > 1 and host.endswith(f".{domain}"))
        if scheme not in ("http", "https") or not is_own:
            self._http.nonsense(f"an image at {url[:80]}")
        return url

    def _found(self, row: Mapping[str, Any], columns: _Columns) -> Found:
        time = number(row.get(columns.time))
        if time is None:
            self._http.nonsense(f"an object without a time: {str(row)[:80]}")
        mjd = time - MJD_OF_JD if self.survey == "ZTF" else utc_mjd(time, "tai")
        ra, dec = number(row.get(columns.ra)), number(row.get(columns.dec))
        return Found(self._named(row.get(columns.name)), self.survey, ra, dec, mjd, program=1)

    def _named(self, name: Any) -> str:
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name):
            self._http.nonsense(f"an object without a name: {name!r}")
        return f"LSST-{name}" if self.survey == "LSST" else str(name)


def _said(about: Mapping[str, Any]) -> dict[str, Any]:
    """Sherlock's class and association, the name and type of TNS, and annotators' classes."""
    said: dict[str, Any] = {}
    for key, prefix, names in (("sherlock", "sherlock", _SHERLOCK), ("TNS", "tns", ("tns_name", "type", "z"))):
        found = about.get(key)
        if isinstance(found, Mapping):
            said |= {f"{prefix}.{name}": found.get(name) for name in names}
    given = about.get("annotations")
    for note in given if isinstance(given, list) else []:
        if isinstance(note, Mapping) and note.get("topic"):
            said[f"annotator.{note['topic']}"] = note.get("classification")
    return said
