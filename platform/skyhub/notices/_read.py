"""Reading a notice in any of the forms in which notices come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from skyhub.errors import InvalidInput
from skyhub.notices._avro import is_avro, record_of_avro
from skyhub.notices._classic import notice_of_packet
from skyhub.notices._lvk import lvk_notice
from skyhub.notices._notice import Notice
from skyhub.notices._packet import packet_of_json, packet_of_xml
from skyhub.notices._text import is_text_notice, packet_of_text
from skyhub.notices._unified import is_unified, unified_notice

__all__ = ["LARGEST_NOTICE", "read_notice"]

LARGEST_NOTICE = 20_000_000
"""Bytes."""
_FOREWORD = 4096


def read_notice(content: bytes) -> Notice:
    """The notice in some bytes: a VOEvent, an alert or a notice as JSON, an alert in Avro, or a classic text.

    Parameters
    ----------
    content
        The notice as it came.

    Raises
    ------
    InvalidInput
        If it is none, or something in it cannot be used; then nothing of it is.
    """
    if not 0 < len(content) <= LARGEST_NOTICE:
        raise InvalidInput(f"it has {len(content)} bytes: 1 to {LARGEST_NOTICE} are taken.", "content")
    if is_avro(content):
        return lvk_notice(record_of_avro(content), form="Avro")
    begin = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if begin in (b"{", b"["):
        return _of_json(_document(content))
    if is_text_notice(content):
        return notice_of_packet(packet_of_text(content))
    if begin == b"<" or b"<?xml" in content[:_FOREWORD]:
        return notice_of_packet(packet_of_xml(content))
    raise InvalidInput("it is no notice: VOEvents, JSON, Avro and classic texts are read.", "content")


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"it is no JSON: {error}.", "content") from None
    if not isinstance(document, Mapping):
        raise InvalidInput("the JSON is a list or a value: one notice as an object is needed.", "content")
    return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _of_json(document: Mapping[str, Any]) -> Notice:
    if "ivorn" in document:
        return notice_of_packet(packet_of_json(document))
    if is_unified(document):
        return unified_notice(document)
    if "superevent_id" in document and "alert_type" in document:
        return lvk_notice(document)
    inner = document.get("object")
    text = inner.get("text") if isinstance(inner, Mapping) else None
    if isinstance(text, str) and "VOEvent" in text:
        return notice_of_packet(packet_of_xml(text.encode()))
    raise InvalidInput(
        "the JSON is no notice: alerts of igwn.gwalert, VOEvents and documents of GCN's schema are read.", "content"
    )
