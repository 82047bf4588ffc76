"""VOEvents 1.1 and 2.0, in XML or as JSON of the same structure, as flat packets.

References
----------
.. [1] Seaman et al. 2011, IVOA Recommendation: Sky Event Reporting Metadata 2.0. arXiv:1110.0523
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lxml import etree

from skyhub.errors import InvalidInput
from skyhub.notices._values import number, word

__all__ = ["Packet", "Param", "packet_of_json", "packet_of_xml"]

_LARGEST_XML = 2_000_000
_FOREWORD = 4096
_MOST_ELEMENTS = 20_000
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_DEEPEST = 40


class Param(NamedTuple):
    """A parameter: its group (empty for none), name, value and unit."""

    group: str
    name: str
    value: str
    unit: str


@dataclass(frozen=True)
class Packet:
    """What a classic notice states.

    Parameters
    ----------
    form
        How it was written.
    identifier, role
        Its IVORN, and its role as it says.
    params
        All parameters, in their order.
    time, ra, dec, radius
        Of the event, as text: ISO 8601, and degrees.
    issued_at
        When it was written.
    citations
        How it refers to other notices, and their IVORNs.
    """

    form: str
    identifier: str | None = None
    role: str = "observation"
    params: tuple[Param, ...] = ()
    time: str | None = None
    ra: str | None = None
    dec: str | None = None
    radius: str | None = None
    issued_at: str | None = None
    citations: tuple[tuple[str, str], ...] = ()
    _by_name: Mapping[str, Param] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        by_name: dict[str, Param] = {}
        for param in self.params:
            by_name.setdefault(param.name, param)
            by_name[f"{param.group}/{param.name}"] = param
        object.__setattr__(self, "_by_name", by_name)

    def text(self, *names: str) -> str | None:
        """The first of these parameters that has a value, as text."""
        return next((found for name in names if (found := word(self._value(name)))), None)

    def number(self, *names: str) -> float | None:
        """The first of these parameters that has a value, as a number."""
        return next((found for name in names if (found := number(self._value(name), name)) is not None), None)

    def unit(self, name: str) -> str:
        """The unit of a parameter."""
        param = self._by_name.get(name)
        return param.unit if param else ""

    def group(self, name: str) -> dict[str, str]:
        """The parameters of a group by name."""
        return {param.name: param.value for param in self.params if param.group == name}

    def _value(self, name: str) -> str:
        param = self._by_name.get(name)
        return param.value if param else ""


def packet_of_xml(content: bytes) -> Packet:
    """The packet of a VOEvent in XML; a foreword before the declaration is passed over.

    Document types, and so entities of one's own, are refused; nothing outside of the bytes is read.

    Raises
    ------
    InvalidInput
        If it is too long, no XML, or no VOEvent.
    """
    if len(content) > _LARGEST_XML:
        raise InvalidInput(f"the XML has {len(content)} bytes: at most {_LARGEST_XML} are taken.", "content")
    if b"\0" in content or re.search(rb"<!(DOCTYPE|ENTITY)", content, re.IGNORECASE):
        raise InvalidInput("the XML has a document type or entities of its own: VOEvents need none.", "content")
    begin = max(content.find(b"<?xml", 0, _FOREWORD), 0)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content[begin:].strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvalidInput(f"it is no well-formed XML: {error}.", "content") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidInput("the XML has a document type of its own: VOEvents need none.", "content")
    return _packet(root, "VOEvent")


def packet_of_json(document: Mapping[str, Any]) -> Packet:
    """The packet of a VOEvent whose elements and attributes are written as JSON.

    Raises
    ------
    InvalidInput
        If it is no VOEvent.
    """
    root = etree.Element("VOEvent")
    _grow(root, document, _DEEPEST)
    return _packet(root, "VOEvent JSON")


def _grow(element: Any, document: Mapping[str, Any], levels: int) -> None:
    """Add what JSON says below an element: a word may have been an attribute or an element, and so becomes both."""
    if not levels:
        raise InvalidInput(f"the JSON is nested in more than {_DEEPEST} levels.", "content")
    for name, value in document.items():
        if not _NAME.fullmatch(name):
            continue
        for one in value if isinstance(value, list) else [value]:
            child = etree.SubElement(element, name)
            if isinstance(one, Mapping):
                _grow(child, one, levels - 1)
            elif (text := word(one)) is not None:
                child.text = text
                element.set(name, text)


def _packet(root: Any, form: str) -> Packet:
    if _local(root) != "VOEvent":
        raise InvalidInput(f"its root is {_local(root)[:40]!r}: a VOEvent is needed.", "content")
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise InvalidInput(f"the VOEvent has more than {_MOST_ELEMENTS} elements.", "content")
    identifier = word(root.get("ivorn"))
    if identifier is None:
        raise InvalidInput("the VOEvent has no ivorn: each needs one.", "ivorn")
    where = _child(root, "WhereWhen")
    place = _named(where, "ObservationLocation")
    who = _child(root, "Who")
    return Packet(
        form=" ".join((form, (word(root.get("version")) or "")[:10])).strip(),
        identifier=identifier,
        role=(word(root.get("role")) or "observation").lower(),
        params=tuple(_params(root)),
        time=_found(place, "ISOTime"),
        ra=_found(place, "C1"),
        dec=_found(place, "C2"),
        radius=_found(place, "Error2Radius"),
        issued_at=_found(who, "Date"),
        citations=tuple(
            ((word(e.get("cite")) or "").lower(), word(e.text) or "") for e in root.iter() if _local(e) == "EventIVORN"
        ),
    )


def _params(root: Any) -> Iterator[Param]:
    for element in root.iter():
        name = word(element.get("name")) if _local(element) == "Param" else None
        if name is None:
            continue
        parent = element.getparent()
        group = word(parent.get("name")) or word(parent.get("type")) or "" if _local(parent) == "Group" else ""
        value = element.get("value")
        yield Param(group, name, _found(element, "Value") or "" if value is None else value, element.get("unit") or "")


def _child(element: Any, name: str) -> Any:
    return next((child for child in element if _local(child) == name), None)


def _named(element: Any, name: str) -> Any:
    """The element of a name below another; without one, that other."""
    if element is None:
        return None
    return next((e for e in element.iter() if _local(e) == name), element)


def _found(element: Any, name: str) -> str | None:
    """The text of the first element of a name below another."""
    if element is None:
        return None
    return next((word(e.text) for e in element.iter() if _local(e) == name), None)


def _local(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
