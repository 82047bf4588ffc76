"""A Treasure Map on this machine that speaks its interface (v1): numbers, duplicates, rights, cancellations, DOIs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.brokers import Asked, BrokerServer, Reply, broker_server, json_reply

TOKEN = "a-token-of-the-treasure-map"
EVENT = "S200317x"
DOI = "https://doi.org/10.5281/zenodo.1"


@dataclass
class TreasureMapServer:
    """The pointings of one event, and what was asked."""

    server: BrokerServer
    pointings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{self.server.url}/api/v1"

    @property
    def writes(self) -> list[Asked]:
        """The requests that would change something."""
        return [asked for asked in self.server.asked if asked.method == "POST"]

    def add(self, **given: Any) -> dict[str, Any]:
        """Take a pointing in, as it is answered later: a point in place of a position."""
        ra, dec = given.pop("ra"), given.pop("dec")
        pointing = {"id": 500 + len(self.pointings), "position": f"POINT ({ra} {dec})", **given}
        self.pointings.append(pointing)
        return pointing

    def answer(self, asked: Asked) -> Any:
        """The answer to one request."""
        if asked.given.get("api_token") != TOKEN:
            return json_reply({"detail": "Invalid api_token"}, status=401)
        action = asked.path.rsplit("/", 1)[1]
        if action == "pointings" and asked.method == "GET":
            wanted = asked.given["statuses"].split(",")
            mine = asked.given["graceid"] == EVENT
            return [p for p in self.pointings if mine and p["status"] in wanted]
        return {"pointings": self._post, "update_pointings": self._cancel, "request_doi": self._doi}[action](
            asked.given
        )

    def _post(self, given: dict[str, Any]) -> Any:
        if given["graceid"] != EVENT:
            return json_reply({"detail": "Invalid graceid"}, status=400)
        numbers, errors = [], []
        for each in given["pointings"]:
            faults = [name for name in ("ra", "dec", "time", "instrumentid", "depth_unit") if name not in each]
            if each["status"] == "completed":
                faults += [name for name in ("depth", "pos_angle", "band") if name not in each]
            place = f"POINT ({each['ra']} {each['dec']})"
            if any(
                (p["position"], p["time"], p["status"]) == (place, each["time"], each["status"]) for p in self.pointings
            ):
                faults.append("Pointing already submitted")
            if faults:
                errors.append([f"Object: {json.dumps(each)}", faults])
            else:
                numbers.append(self.add(**each)["id"])
        doi = {"DOI": DOI} if given.get("request_doi") else {}
        return {"pointing_ids": numbers, "ERRORS": errors, "WARNINGS": [], **doi}

    def _cancel(self, given: dict[str, Any]) -> Any:
        if given["status"] != "cancelled":
            return json_reply({"detail": "Only 'cancelled' status is allowed."}, status=400)
        chosen = [p for p in self.pointings if p["id"] in given["ids"] and p["status"] == "planned"]
        for pointing in chosen:
            pointing["status"] = "cancelled"
        return {"message": f"Updated {len(chosen)} pointings successfully."}

    def _doi(self, given: dict[str, Any]) -> Any:
        chosen = [p for p in self.pointings if p["id"] in given["ids"] and p["status"] == "completed"]
        return (
            {"DOI URL": DOI, "WARNINGS": []}
            if chosen
            else json_reply({"detail": "No pointings to give DOI"}, status=400)
        )


@contextmanager
def treasuremap_server() -> Iterator[TreasureMapServer]:
    """A Treasure Map on a free port of this machine."""
    with broker_server() as server:
        found = TreasureMapServer(server)
        for name in ("pointings", "update_pointings", "request_doi"):
            server.answers[f"/api/v1/{name}"] = found.answer
        yield found


def busy() -> Reply:
    """What it says when it is overloaded."""
    return Reply(b"", 503)
