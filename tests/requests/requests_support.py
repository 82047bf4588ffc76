"""What tests of requests share: the team, its allocations, forms, plans, and the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.client import Transport
from skyhub.config import load_settings
from skyhub.db import Database, Viewer
from skyhub.followup import ALLOCATIONS, Sealer
from skyhub.planning import PLANS
from skyhub.records import add, edit
from skyhub.requests import request_status
from skyhub.scheduler import talk_to_telescope
from skyhub.team import viewer_of_account
from support.channels import Mailbox
from support.telescopes import AtlasServer, PortalServer, RubinServer, ZtfServer, tonight

ASKED = "ZTF26abc"
"""A public object."""
_SOON = datetime.now(UTC) + timedelta(hours=2)
WINDOW = {"start": _SOON.isoformat(), "end": (_SOON + timedelta(hours=6)).isoformat()}
FORMS: dict[str, dict[str, Any]] = {
    "ZTF": {"program_pi": "Kulkarni"},
    "Sinistro": {"optical_elements": ["gp"], "exposure_time": 120, **WINDOW},
    "LSST": {"program": "BNS", "filters": ["g"], **WINDOW},
    "SEDM": {"observe": "a spectrum"},
    "ATLAS": {"mjd_min": 61_000.0},
}
SECRETS = {
    "ZTF": {"token": "SECRET-Z"},
    "Sinistro": {"token": "SECRET-L"},
    "LSST": {"token": "SECRET-R"},
    "SEDM": {"email": "night@example.org"},
    "ATLAS": {"token": "SECRET-A"},
}


@dataclass
class Team:
    """The database, its service, and the telescopes."""

    db: Database
    transport: Transport
    ztf: ZtfServer
    portal: PortalServer
    rubin: RubinServer
    atlas: AtlasServer
    mailbox: Mailbox

    def who(self, name: str) -> Viewer:
        """The rights of an account."""
        return viewer_of_account(self.db, name)

    def allocation(self, instrument: str, groups: tuple[str, ...] = ("transients",), **fields: Any) -> int:
        """An allocation of vera's."""
        given = {
            "title": f"Time at {instrument}",
            "pi": "Vera R.",
            "proposal_id": "2026B-001",
            "instrument": instrument,
            "types": ["triggered", "observation_plan"],
            "secrets": SECRETS.get(instrument, {}),
        }
        [record] = add(self.db, self.who("vera"), ALLOCATIONS, [{**given, **fields}], list(groups))["records"]
        return int(record["allocation_id"])

    def plan(self, approved: bool = True, groups: tuple[str, ...] = ("transients",), **fields: Any) -> int:
        """A plan of vera's for ZTF."""
        given = {
            "name": "S1", "localization_id": None, "instrument": "ZTF", "telescope": "P48", "visits": 1,
            "probability": 0.5, "upper_bound": 0.6, "area": 4.0, "notes": [], "planned_at": "2020-03-17T01:00:00Z",
            "observations": tonight(), "wishes": {"start": "2020-03-17T02:00:00", "hours": 9, "filters": ["r"]},
        }  # fmt: skip
        vera = self.who("vera")
        [record] = add(self.db, vera, PLANS, [{**given, **fields}], list(groups))["records"]
        number = int(record["plan_id"])
        if approved:
            edit(self.db, vera, PLANS, number, {"state": "approved", "approved": record["digest"]})
        return number

    def work(self) -> str | None:
        """The worker takes one step: the state after it."""
        closed = talk_to_telescope(self.transport, load_settings(), Sealer(self.db.data_dir))
        return None if closed is None else str(closed["state"])

    def status(self, number: Any, name: str = "vera") -> dict[str, Any]:
        """A request, as somebody sees it."""
        return request_status(self.db, self.who(name), int(number))

    def hurry(self, number: Any) -> None:
        """Let the next step be due now."""
        sql = f"UPDATE request_states SET next_at = '2020-01-01' WHERE request_id = {int(number)}"
        self.db.writer.between(lambda connection: connection.execute(sql))
