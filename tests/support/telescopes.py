"""Telescopes for tests: servers on this machine that speak the protocols of queues, and keep what they took."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.science.nights import mjd_of_datetime

from support.brokers import Asked, BrokerServer, Reply, json_reply

__all__ = ["GARBAGE", "AtlasServer", "PortalServer", "RubinServer", "ZtfServer", "broken", "later", "slow", "tonight"]

GARBAGE = Reply(b"<html>maintenance</html>")


def later(seconds: int) -> Reply:
    """An answer that wants fewer requests."""
    return Reply(b"", 429, {"Retry-After": str(seconds)})


def broken(status: int = 500) -> Reply:
    """An answer of a server that breaks down."""
    return Reply(b"oops", status)


def tonight(hours: float = 1.0, filters: tuple[str, ...] = ("g", "r")) -> list[dict[str, Any]]:
    """Exposures of a plan that begins in some hours."""
    begin = (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0, tzinfo=None)
    return [
        {
            "field_id": 700 + n, "ra": 150.0 + n, "dec": 10.0, "filter": name, "bandpass": f"ztf{name}",
            "start": (begin + timedelta(minutes=5 * n)).isoformat(timespec="milliseconds"), "exposure_s": 30.0,
        }
        for n, name in enumerate(filters)
    ]  # fmt: skip


@dataclass
class Telescope(BrokerServer):
    """A server with an account; what it takes although it then says nothing of use is in `swallow`."""

    authorization: str = ""
    swallow: list[Reply] = field(default_factory=list)
    """For the next requests that change something: they are done, and answered so."""

    def reply(self, asked: Asked) -> Reply:
        if asked.headers.get("Authorization") != self.authorization:
            self.asked.append(asked)
            return json_reply({"detail": f"no account: {asked.headers.get('Authorization')}"}, status=401)
        given = super().reply(asked)
        return self.swallow.pop(0) if self.swallow and asked.method != "GET" and given.status < 300 else given

    def changes(self) -> list[str]:
        """The methods of what it was asked to change."""
        return [asked.method for asked in self.asked if asked.method != "GET"]


@dataclass
class ZtfServer(Telescope):
    """Queues of ZTF by name."""

    queues: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: str = ""

    def answer(self, asked: Asked) -> Any:
        if asked.method == "GET":
            return {"status": "success", "message": "retrieved", "data": list(self.queues.values())}
        name = asked.given["queue_name"]
        if asked.method == "DELETE":
            self.queues.pop(name)
            return {"status": "success", "message": "deleted"}
        if self.refuse:
            return json_reply({"status": "error", "message": self.refuse}, status=400)
        if name in self.queues:
            return json_reply({"status": "error", "message": f"Submitted queue {name} already exists"}, status=409)
        self.queues[name] = asked.given
        return {"status": "success", "message": "submitted", "data": {}}

    def expire(self) -> None:
        """Let the windows of all queues end."""
        past = mjd_of_datetime(datetime.now(UTC)) - 0.1
        for queue in self.queues.values():
            queue["validity_window_mjd"] = [past - 0.1, past]


@dataclass
class PortalServer(Telescope):
    """Request groups by number, and frames of the archive by the number of their request."""

    groups: dict[int, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)
    scheduled: str = ""
    frames: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def reply(self, asked: Asked) -> Reply:
        if asked.path.startswith("/files/"):  # a store of its own, to which no account must be told
            self.asked.append(asked)
            return Reply(self.files[asked.path]) if "Authorization" not in asked.headers else Reply(b"", 400)
        return super().reply(asked)

    def answer(self, asked: Asked) -> Any:
        parts = [part for part in asked.path.split("/") if part]
        if parts == ["frames"]:
            return {"results": self.frames if int(asked.given["REQNUM"]) in {10 * n for n in self.groups} else []}
        if parts[:2] == ["api", "requests"]:
            return [{"state": "PENDING", "start": self.scheduled}] if self.scheduled else []
        if parts == ["api", "requestgroups", "validate"]:
            return {"errors": self.errors, "request_durations": {}}
        if parts == ["api", "requestgroups"]:
            return self._create(asked) if asked.method == "POST" else self._listed(asked.given)
        group = self.groups.get(int(parts[2]))
        if group is None:
            return json_reply({"detail": "Not found."}, status=404)
        return self._cancel(group) if parts[-1] == "cancel" else group

    def _create(self, asked: Asked) -> Any:
        if self.errors:
            return json_reply(self.errors, status=400)
        number = 1000 + len(self.groups)
        requests = [{**request, "id": 10 * number, "state": "PENDING"} for request in asked.given["requests"]]
        self.groups[number] = {**asked.given, "id": number, "state": "PENDING", "requests": requests}
        return json_reply(self.groups[number], status=201)

    def _listed(self, given: dict[str, Any]) -> Any:
        found = [group for group in self.groups.values() if given.get("name", "") in group["name"]]
        return {"count": len(found), "results": found}

    def _cancel(self, group: dict[str, Any]) -> Any:
        if group["state"] != "PENDING":
            return json_reply({"errors": [f"the group is {group['state']}"]}, status=400)
        group["state"] = "CANCELED"
        return group


@dataclass
class RubinServer(Telescope):
    """Entries of a list by name."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Any:
        name = asked.path.rsplit("/", 1)[1]
        if asked.method == "PUT":
            self.entries[name] = {**asked.given, "status": "queued"}
            return self.entries[name]
        if name not in self.entries:
            return json_reply({"reason": "there is no such entry"}, status=404)
        return self.entries.pop(name) if asked.method == "DELETE" else self.entries[name]


@dataclass
class AtlasServer(Telescope):
    """Tasks of forced photometry by number."""

    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    result: bytes = b""

    def answer(self, asked: Asked) -> Any:
        parts = [part for part in asked.path.split("/") if part]
        if parts == ["queue"] and asked.method == "POST":
            number = 7000 + len(self.tasks)
            times = {"starttimestamp": None, "finishtimestamp": None, "result_url": None, "error_msg": None}
            self.tasks[number] = {**asked.given, **times, "id": number, "queuepos": 3}
            return json_reply(self.tasks[number], status=201)
        if parts == ["queue"]:
            return {"results": list(self.tasks.values())[::-1]}
        if parts[0] == "static":
            return Reply(self.result)
        if int(parts[1]) not in self.tasks:
            return json_reply({"detail": "Not found."}, status=404)
        return self._delete(int(parts[1])) if asked.method == "DELETE" else self.tasks[int(parts[1])]

    def finish(self, result: bytes) -> None:
        """Let all tasks be measured."""
        self.result = result
        done = {"finishtimestamp": "2026-12-01T03:00:00Z", "result_url": f"{self.url}/static/results/job.txt"}
        for task in self.tasks.values():
            task |= done

    def _delete(self, number: int) -> Reply:
        del self.tasks[number]
        return Reply(b"", 204)


def slow(seconds: float) -> Reply:
    """An answer that comes late."""
    return Reply(b"{}", after=seconds)
