"""Messages of the VOEvent Transport Protocol: what a subscriber reads and answers.

References
----------
.. [1] Swinbank 2017, VOEvent Transport Protocol 2.0, IVOA Recommendation. doi:10.48550/arXiv.1709.01264
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

__all__ = ["LARGEST", "Frames", "Heard", "answer", "framed", "heard"]

LARGEST = 20_000_000
"""Bytes of a message; what announces more is no message of this protocol."""
_LENGTH = struct.Struct(">I")
_TRANSPORT = "http://www.telescope-networks.org/xml/Transport/v1.1"
_ANSWERED = ("iamalive", "authenticate")


@dataclass(frozen=True)
class Heard:
    """What a message is: one that asks for an answer of its own role, or one that carries an event."""

    role: str | None
    """Of a message of transport; None of all others."""
    origin: str | None
    """Who sent it, or the name (IVORN) of the event."""

    @property
    def is_answered(self) -> bool:
        """Whether it is answered at once."""
        return self.role in _ANSWERED


class Frames:
    """Bytes as they come, cut into messages by the length in front of each [1]_."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def add(self, received: bytes) -> list[bytes]:
        """The messages that are whole now. Raises `ValueError` if one is longer than any may be."""
        self._rest += received
        whole: list[bytes] = []
        while len(self._rest) >= _LENGTH.size:
            [length] = _LENGTH.unpack_from(self._rest)
            if length > LARGEST:
                raise ValueError(f"a message of {length} bytes is announced: {LARGEST} are taken")
            if len(self._rest) < _LENGTH.size + length:
                break
            whole.append(bytes(self._rest[_LENGTH.size : _LENGTH.size + length]))
            del self._rest[: _LENGTH.size + length]
        return whole


def framed(message: bytes) -> bytes:
    """A message with its length in front."""
    return _LENGTH.pack(len(message)) + message


def heard(message: bytes) -> Heard:
    """What a message is; what cannot be read is no message of transport and has no name."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(message.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return Heard(None, None)
    if etree.QName(root).localname == "Transport":
        return Heard(root.get("role", ""), root.findtext("Origin"))
    return Heard(None, root.get("ivorn"))


def answer(role: str, origin: str, response: str) -> bytes:
    """A message of transport in answer to one of ``origin`` (``ack``: an event), by the subscriber ``response``."""
    root = etree.Element(f"{{{_TRANSPORT}}}Transport", nsmap={"trn": _TRANSPORT}, role=role, version="1.0")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, text in (("Origin", origin), ("Response", response), ("TimeStamp", now)):
        etree.SubElement(root, name).text = text
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
