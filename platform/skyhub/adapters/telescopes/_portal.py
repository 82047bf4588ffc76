"""An observation portal of the AEON network: request groups, their states, and the frames in its archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from skyhub.adapters.telescopes._account import account_of
from skyhub.adapters.telescopes._line import Line, origin_of, reasons_in
from skyhub.adapters.telescopes._portal_form import PortalForm, request_group
from skyhub.adapters.telescopes._protocol import (
    OBSERVING,
    Exchange,
    Form,
    NotAnswered,
    Order,
    Product,
    Refused,
    Standing,
    Subject,
    Word,
)
from skyhub.config import PortalQueue

__all__ = ["ObservationPortal"]

_GROUPS = "/api/requestgroups/"
_WORDS: dict[str, Word] = {
    "PENDING": "submitted",
    "COMPLETED": "completed",
    "WINDOW_EXPIRED": "expired",
    "CANCELED": "cancelled",
    "FAILURE_LIMIT_REACHED": "ended",
}
_REDUCED = 91
_MOST_FILES, _LARGEST = 20, 15 * 2**20
_SPECTRUM_ENDS = ("-1d.fits", "-1d.fits.fz", ".ascii", ".flm")


class ObservationPortal:
    """An observation portal.

    Parameters
    ----------
    settings, secrets
        Its address, and the account: ``token``.
    """

    forms: ClassVar[Mapping[Subject, type[Form]]] = {"target": PortalForm}
    secrets: ClassVar[tuple[tuple[str, ...], ...]] = (("token",),)
    types: ClassVar[Mapping[Subject, str]] = OBSERVING
    updates: ClassVar[bool] = False
    follows: ClassVar[bool] = True
    guarantee: ClassVar[str] = (
        "Looked up by its name before each further try: twice only if the portal takes in later what it did not answer, "
        "and does not list it by then."
    )

    def __init__(self, settings: PortalQueue, secrets: Mapping[str, str]) -> None:
        self._settings, self._account = settings, account_of(secrets, "Token")
        self._line = Line(settings.url, self._account, settings.timeout_seconds)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._line.exchanges

    def validate(self, order: Order) -> None:
        found = self._line.json("POST", f"{_GROUPS}validate/", self._group(order))
        if reasons := reasons_in(found.get("errors") if isinstance(found, dict) else None):
            raise Refused(reasons)

    def submit(self, order: Order) -> Standing:
        if order.again and (number := self._number(order)):
            return Standing("submitted", "it was there already", number)
        self.validate(order)
        found = self._line.json("POST", _GROUPS, self._group(order))
        if not isinstance(found, dict) or not isinstance(found.get("id"), int):
            raise NotAnswered("it talks nonsense: the number of a request group was expected.", unsure=True)
        return Standing("submitted", f"request group {found['id']}", str(found["id"]))

    def update(self, order: Order) -> Standing:
        raise Refused("request groups cannot be changed: cancel it, and submit another one.")

    def cancel(self, order: Order) -> Standing:
        number = order.remote_id or self._number(order)
        if number:
            self._line.json("POST", f"{_GROUPS}{number}/cancel/", {})
        return Standing("cancelled", remote_id=number)

    def status(self, order: Order) -> Standing:
        number = order.remote_id
        group = self._line.json("GET", f"{_GROUPS}{number}/")
        try:
            word = _WORDS[group["state"]]
            requests = [int(request["id"]) for request in group["requests"]]
        except (KeyError, TypeError, ValueError) as error:
            raise NotAnswered("it talks nonsense: a request group with a state was expected.") from error
        planned = self._planned(requests) if word == "submitted" else ""
        return Standing(word, planned or str(group["state"]).lower().replace("_", " "), number)

    def retrieve(self, order: Order) -> Sequence[Product]:
        if self._settings.archive_url is None:
            return ()
        group = self._line.json("GET", f"{_GROUPS}{order.remote_id}/")
        archive = self._another(self._settings.archive_url, with_account=True)
        frames: list[Mapping[str, Any]] = []
        for request in group.get("requests", ()) if isinstance(group, dict) else ():
            found = archive.json("GET", "/frames/", REQNUM=request["id"], RLEVEL=_REDUCED)
            frames += found.get("results", ()) if isinstance(found, dict) else ()
        return self._spectra(frames)

    def _spectra(self, frames: Sequence[Mapping[str, Any]]) -> list[Product]:
        """Those of the frames that are reduced spectra, from servers that the settings permit, as long as they are not too many."""
        permitted = {origin_of(url) for url in (self._settings.archive_url or "", *self._settings.data_origins)}
        named = [(str(frame.get("filename", "")), str(frame.get("url", ""))) for frame in frames]
        wanted = [(name, url) for name, url in named if name.endswith(_SPECTRUM_ENDS) and origin_of(url) in permitted]
        found, size = [], 0
        for name, url in wanted[:_MOST_FILES]:
            content = self._another(url, with_account=False).content("GET")
            size += len(content)
            if size > _LARGEST:
                break
            found.append(Product("spectrum", name, content))
        return found

    def _another(self, url: str, with_account: bool) -> Line:
        account = self._account if with_account else None
        return Line(url, account, self._settings.timeout_seconds, self._line.exchanges)

    def _planned(self, requests: Sequence[int]) -> str:
        """When the first observation that is scheduled begins, in words."""
        starts = []
        for number in requests:
            found = self._line.json("GET", f"/api/requests/{number}/observations/")
            rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
            starts += [str(row["start"]) for row in rows if row.get("state") == "PENDING" and row.get("start")]
        return f"scheduled for {min(starts)} UTC" if starts else ""

    def _group(self, order: Order) -> dict[str, Any]:
        kind = self._settings.instrument_types.get(order.instrument, order.instrument)
        telescope_class = self._settings.telescope_class or kind.partition("-")[0].lower()
        return request_group(order, _name(order), kind, telescope_class)

    def _number(self, order: Order) -> str:
        """The number of the request group with the order's name; empty if the portal lists none."""
        name = _name(order)
        found = self._line.json("GET", _GROUPS, name=name, proposal=order.proposal or None)
        rows = found.get("results", ()) if isinstance(found, dict) else ()
        return next((str(row["id"]) for row in rows if row.get("name") == name), "")


def _name(order: Order) -> str:
    return f"{order.target.name if order.target else order.instrument} {order.key[:12]}"
