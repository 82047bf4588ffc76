"""Messages of the scanner's view about the desk: each is worked on in a thread and answered once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyhub_widgets._protocols import ScanDesk

__all__ = ["answer"]

Message = dict[str, Any]


def answer(desk: ScanDesk, message: Message) -> Message:
    """What a desk has to say to a message of the view; a failure is an answer too."""
    work = _WORK[message["type"]]
    try:
        return work(desk, message)
    except Exception as error:
        text = str(error) or type(error).__name__
        return {"type": "desk_failed", "to": message["type"], "id": message.get("id"), "message": text}


def _details(desk: ScanDesk, m: Message) -> Message:
    found = desk.details(str(m["id"]), str(m["object_id"]), str(m["dayobs"]))
    return {"type": "details", "id": m["id"], "details": found}


def _image(desk: ScanDesk, m: Message) -> Message:
    return {"type": "image", "id": m["id"], "image": desk.image(str(m["object_id"]))}


def _classes(desk: ScanDesk, m: Message) -> Message:
    return {"type": "classes", "classes": desk.classes()}


def _comment(desk: ScanDesk, m: Message) -> Message:
    return _done(m, desk.comment(str(m["object_id"]), str(m["text"])))


def _classify(desk: ScanDesk, m: Message) -> Message:
    return _done(m, desk.classify(str(m["object_id"]), str(m["classification"]), m.get("probability")))


def _keep(desk: ScanDesk, m: Message) -> Message:
    return _done(m, desk.keep(str(m["object_id"]), list(m["groups"]), list(m["others"])))


def _done(m: Message, text: str) -> Message:
    return {"type": "desk_done", "to": m["type"], "id": m["id"], "message": text}


_WORK: dict[str, Callable[[ScanDesk, Message], Message]] = {
    "details": _details,
    "image": _image,
    "classes": _classes,
    "comment": _comment,
    "classify": _classify,
    "keep": _keep,
}
