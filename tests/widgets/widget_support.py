"""Cards, a source of candidates in memory, and PNG images, for the tests of the widgets."""

from __future__ import annotations

import base64
import struct
import threading
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.errors import NotFound, PermissionRefused, Unavailable
from skyhub_widgets import Event, QueuePage, Verdict

T0 = 61366.2  # 2026-11-22, MJD


def png(image: npt.NDArray[Any]) -> bytes:
    """A greyscale PNG, 8 bit."""
    height, width = image.shape
    raw = b"".join(b"\0" + row.astype("u1").tobytes() for row in image)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def data_url(image: npt.NDArray[Any]) -> str:
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


def stamp(seed: int, brightness: float) -> npt.NDArray[Any]:
    y, x = np.mgrid[-31:32, -31:32]
    noise = np.random.default_rng(seed).normal(40, 10, (63, 63))
    return np.clip(noise + brightness * np.exp(-(x**2 + y**2) / 8), 0, 255)


def photometry(seed: int, n: int = 12) -> dict[str, list[Any]]:
    rng = np.random.default_rng(seed)
    mjd = np.sort(T0 - rng.uniform(0, 25, n))
    mag = 19 + 0.03 * (mjd - T0 + 8) ** 2 / 4 + rng.normal(0, 0.05, n)
    seen = mag < 20.5
    return {
        "mjd": mjd.tolist(),
        "filter": [["ztfg", "ztfr", "ztfi"][i % 3] for i in range(n)],
        "mag": [float(m) if s else None for m, s in zip(mag, seen, strict=True)],
        "magerr": [0.08 if s else None for s in seen],
        "limiting_mag": [20.5] * n,
        "flux": [float(10 ** ((23.9 - m) / 2.5)) if s else None for m, s in zip(mag, seen, strict=True)],
        "fluxerr": [2.0 if s else None for s in seen],
        "origin": ["alert"] * n,
    }


def card(number: int, **changes: Any) -> dict[str, Any]:
    points = photometry(number)
    first = {"mjd": points["mjd"][0], "mag": 20.1, "filter": "ztfg"}
    last = {"mjd": points["mjd"][-1], "mag": 19.2, "filter": "ztfr"}
    return {
        "candidate_id": str(number),
        "object_id": f"ZTF26aa{number:05d}",
        "candid": str(2520000000000000000 + number),
        "survey": "ZTF",
        "dayobs": "2026-11-21",
        "ra": 68.578209,
        "dec": 49.0871395,
        "position": {
            "sexagesimal": ["04:34:18.77", "+49:05:13.7"],
            "degrees": [68.578209, 49.0871395],
            "galactic": [156.1234, 1.2345],
        },
        "mjd": points["mjd"][-1],
        "filters": [{"filter_id": "1", "name": "Young transients", "group": "ztf-transients"}],
        "statistics": {
            "n_detections": 9, "n_limits": 3, "first": first, "last": last, "peak": last,
            "last_limit": {"mjd": points["mjd"][0] - 2, "mag": 20.5, "filter": "ztfr"},
            "rise_mag_per_day": -0.21, "age_days": 3.2,
        },
        "annotations": [
            {"origin": "ZTF", "key": "drb", "label": "deep real–bogus", "value": 0.99, "verdict": "good"},
            {"origin": "ZTF", "key": "sgscore1", "label": "star–galaxy score", "value": 0.91, "verdict": "bad"},
            {"origin": "ZTF", "key": "distpsnr1", "label": "nearest PS1 source (″)", "value": 1.234, "verdict": None},
        ],
        "photometry": points,
        "cutouts": {
            "science": data_url(stamp(number, 180)),
            "template": data_url(stamp(number + 1, 60)),
            "difference": data_url(stamp(number + 2, 120)),
        },
        "decisions": [],
        "mine": None,
        "can_decide": True,
        **changes,
    }  # fmt: skip


def entry(card: dict[str, Any]) -> dict[str, Any]:
    names = ("candidate_id", "object_id", "candid", "ra", "dec", "mjd", "mine")
    last = card["statistics"]["last"]
    return {
        **{name: card[name] for name in names},
        "mag": last["mag"],
        "filter": last["filter"],
        "rb": 0.9,
        "drb": 0.99,
        "n_detections": card["statistics"]["n_detections"],
        "filters": ["Young transients"],
        "groups": ["ztf-transients"],
        "saved": False,
    }


class MemorySource:
    """Candidates in memory: the protocol of the scanner, with a switch that takes the service away."""

    def __init__(self, cards: Sequence[dict[str, Any]], user: str = "ana", page_size: int = 1000) -> None:
        self.store = {card["candidate_id"]: card for card in cards}
        self.user, self.page_size = user, page_size
        self.down = False
        self.decided: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.threads: set[str] = set()
        self._answers: dict[str, dict[str, Any]] = {}
        self._subscribers: list[Callable[[Event], None]] = []

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self.threads.add(threading.current_thread().name)
        if self.down:
            raise Unavailable("The data service does not answer. Try again in a moment.")

    def queue(self, **selection: Any) -> QueuePage:
        self._called("queue")
        start = int(selection.get("cursor") or 0)
        wanted = [c for c in self.store.values() if c["survey"] == selection.get("survey", "ZTF")]
        page = wanted[start : start + self.page_size]
        end = start + len(page)
        more = str(end) if end < len(wanted) else None
        return {"candidates": [entry(c) for c in page], "cursor": more, "total": len(wanted)}  # type: ignore[typeddict-item]

    def cards(self, ids: list[str]) -> list[dict[str, Any]]:
        self._called("cards")
        return [self.store[i] for i in ids if i in self.store]

    def decide(
        self, key: str, candidate_id: str, verdict: Verdict, groups: Sequence[str] | None = None
    ) -> dict[str, Any]:
        self._called("decide")
        if candidate_id not in self.store:
            raise NotFound(f"Candidate {candidate_id} is not among those you may see.")
        if not self.store[candidate_id]["can_decide"]:
            raise PermissionRefused("None of your groups decides on this candidate.")
        if key in self._answers:
            return {**self._answers[key], "duplicate": True}
        self.decided.append((candidate_id, verdict))
        at = f"2026-11-22T03:14:{len(self.decided):02d}Z"
        decision = {
            "decision_id": str(len(self.decided)),
            "user": self.user,
            "verdict": verdict,
            "groups": list(groups or []),
            "decided_at": at,
        }
        self._answers[key] = {"decision": decision, "duplicate": False}
        self.publish(
            {
                "kind": "decision",
                "candidate_id": candidate_id,
                "object_id": self.store[candidate_id]["object_id"],
                **decision,
            }
        )
        return self._answers[key]

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def publish(self, event: Event) -> None:
        for callback in list(self._subscribers):
            callback(event)

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)
