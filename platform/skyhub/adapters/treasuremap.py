"""The Treasure Map (v1): pointings of telescopes after gravitational-wave events, read and shared.

References
----------
.. [1] Wyatt et al. 2020, ApJ 894, 127. doi:10.3847/1538-4357/ab855e
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import numpy as np

from skyhub.adapters.brokers import BrokerHttp
from skyhub.config import TreasureMapSettings

__all__ = ["BANDS", "Pointing", "Posted", "Status", "TreasureMap"]

Status = Literal["planned", "completed", "cancelled"]

BANDS = frozenset(
    {
        "U", "B", "V", "R", "I", "J", "H", "K", "u", "g", "r", "i", "z", "UVW1", "UVW2", "UVM2", "XRT", "clear", "open", "UHF",
        "VHF", "L", "S", "C", "X", "other", "TESS", "BAT", "HESS", "WISEL", "q",
    }
)  # fmt: skip
"""What it calls bandpasses."""

_POINT = re.compile(r"POINT\s*\(\s*(\S+)\s+(\S+)\s*\)", re.IGNORECASE)
_STATUSES: tuple[Status, ...] = ("planned", "completed", "cancelled")


class Pointing(NamedTuple):
    """One pointing of an instrument."""

    ra: float
    """ICRS, deg, from 0 to 360."""
    dec: float
    time: datetime
    """UTC."""
    instrument: int
    """Its number at the Treasure Map."""
    status: Status
    band: str
    depth: float | None = None
    """Limiting magnitude (AB)."""
    position_angle: float = 0.0
    """From north to east (deg)."""
    wavelength: float | None = None
    """Middle of the band (Å)."""
    width: float | None = None
    """Width of the band (Å)."""
    number: int | None = None
    """What the Treasure Map calls it."""

    def document(self) -> dict[str, Any]:
        """As it is sent."""
        known = {"depth": self.depth, "central_wave": self.wavelength, "bandwidth": self.width}
        return {
            "ra": self.ra,
            "dec": self.dec,
            "time": self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "instrumentid": self.instrument,
            "status": self.status,
            "band": self.band,
            "depth_unit": "ab_mag",
            "pos_angle": self.position_angle,
            **{name: value for name, value in known.items() if value is not None},
        }

    def same_as(self, other: Pointing) -> bool:
        """Whether both are one exposure: one instrument, two seconds, 0.02 deg."""
        near = abs(self.dec - other.dec) < 0.02
        east = abs((self.ra - other.ra + 180) % 360 - 180) * np.cos(np.radians(self.dec)) < 0.02
        when = abs((self.time - other.time).total_seconds()) < 2
        return self.instrument == other.instrument and bool(near and east and when)


class Posted(NamedTuple):
    """What the Treasure Map made of pointings."""

    numbers: list[int]
    """Of those that it took, in their order."""
    refused: list[str]
    doi_url: str | None


class TreasureMap:
    """The Treasure Map, with the token of an account.

    Parameters
    ----------
    settings
        Its address, and how patient one is with it.
    token
        Of the account.
    """

    def __init__(self, settings: TreasureMapSettings, token: str) -> None:
        self._token = token
        self._http = BrokerHttp("the Treasure Map", settings.url, settings, lambda _: {"api_token": token}, (token,))

    def pointings(self, graceid: str, statuses: Sequence[Status] = _STATUSES) -> list[Pointing]:
        """The pointings of an event, of whatever instrument; those that say no place or time are left out.

        Raises
        ------
        Unavailable, InvalidInput, NotFound
            If it does not answer, or refuses the question.
        """
        asked = {"graceid": graceid, "statuses": ",".join(statuses), "api_token": self._token}
        found = self._http.json("GET", "pointings", params=asked)
        if not isinstance(found, list):
            self._http.nonsense(f"{type(found).__name__} in place of pointings")
        read = [_read(item) for item in found if isinstance(item, dict)]
        return [pointing for pointing in read if pointing is not None]

    def post(
        self,
        graceid: str,
        pointings: Sequence[Pointing],
        request_doi: bool = False,
        creators: Sequence[Mapping[str, str]] = (),
    ) -> Posted:
        """Share pointings of an event, and ask for a DOI of them.

        Raises
        ------
        Unavailable, InvalidInput
            If it does not answer, or refuses all.
        """
        body: dict[str, Any] = {
            "graceid": graceid,
            "api_token": self._token,
            "pointings": [pointing.document() for pointing in pointings],
        }
        if request_doi:
            body |= {"request_doi": True, "creators": [dict(creator) for creator in creators]}
        answer = self._http.json("POST", "pointings", json=body)
        if not (isinstance(answer, dict) and isinstance(answer.get("pointing_ids"), list)):
            self._http.nonsense(f"{str(answer)[:80]!r} in place of numbers of pointings")
        numbers = [int(number) for number in answer["pointing_ids"]]
        return Posted(numbers, [str(text)[:300] for text in answer.get("ERRORS") or []], answer.get("DOI"))

    def cancel(self, numbers: Sequence[int]) -> None:
        """Say that planned pointings will not be observed."""
        body = {"api_token": self._token, "status": "cancelled", "ids": list(numbers)}
        self._http.json("POST", "update_pointings", json=body)

    def request_doi(self, numbers: Sequence[int], creators: Sequence[Mapping[str, str]] = ()) -> str:
        """Ask for a DOI of completed pointings of one event; its address."""
        body: dict[str, Any] = {"api_token": self._token, "ids": list(numbers)}
        if creators:
            body["creators"] = [dict(creator) for creator in creators]
        answer = self._http.json("POST", "request_doi", json=body)
        url = answer.get("DOI URL") if isinstance(answer, dict) else None
        if not isinstance(url, str):
            self._http.nonsense(f"{str(answer)[:80]!r} in place of a DOI")
        return url

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _read(item: Mapping[str, Any]) -> Pointing | None:
    """A pointing as it is answered; None if it says no place, time or instrument."""
    place = _POINT.search(str(item.get("position") or ""))
    try:
        ra, dec = map(float, place.groups()) if place else (float(item["ra"]), float(item["dec"]))
        time = datetime.fromisoformat(str(item["time"]).replace("Z", "+00:00"))
        instrument = int(item["instrumentid"])
    except (KeyError, TypeError, ValueError):
        return None
    status = item.get("status")
    if not -90 <= dec <= 90 or status not in _STATUSES:
        return None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    depth, angle, number = item.get("depth"), item.get("pos_angle"), item.get("id")
    return Pointing(
        ra % 360,
        dec,
        time,
        instrument,
        status,
        str(item.get("band") or "other"),
        _magnitude(depth, str(item.get("depth_unit"))),
        float(angle) if isinstance(angle, int | float) else 0.0,
        number=int(number) if isinstance(number, int) else None,
    )


def _magnitude(depth: Any, unit: str) -> float | None:
    """A depth as AB magnitude; None for none, and for magnitudes of Vega, whose band is not told well enough."""
    if not isinstance(depth, int | float):
        return None
    if unit in ("flux_jy", "flux_erg"):
        zero = 8.9 if unit == "flux_jy" else -48.6
        return float(zero - 2.5 * np.log10(depth)) if depth > 0 else None
    return float(depth) if unit in ("ab_mag", "None") else None
