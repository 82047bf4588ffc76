"""Images of pages as SVG that names nothing outside of it: what lies in the page itself stays, all else is left out."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from io import BytesIO

from lxml import etree
from PIL import Image

__all__ = ["image_of_bytes", "image_of_data_url", "image_of_svg", "points_of"]

_POINTS = {"": 0.75, "px": 0.75, "pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pc": 12.0}
_LENGTH = re.compile(r"\s*([0-9.]+)\s*([a-z]*)\s*")
_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_VARIABLE = re.compile(r"var\(\s*--[\w-]+\s*(?:,((?:[^()]|\([^()]*\))*))?\)")
_OUTSIDE = re.compile(r"(?:url|image)\s*\(\s*['\"]?\s*(?!#)[^)]*\)|@import[^;]*;?", re.IGNORECASE)
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_MOST_PIXELS = 40_000_000
_USUAL_PT = 450.0
_SVG = "{http://www.w3.org/2000/svg}"
_LEFT_OUT = {"script", "foreignobject", "set", "animate", "animatetransform", "animatemotion"}


def points_of(length: str) -> float | None:
    """A length of HTML or SVG in points; None of a share of something, and of what is none."""
    found = _LENGTH.fullmatch(length.lower())
    factor = _POINTS.get(found[2]) if found else None
    try:
        return float(found[1]) * factor if found and factor else None
    except ValueError:
        return None


def image_of_svg(text: str) -> tuple[str, float] | None:
    """A drawing without scripts, foreign parts and addresses of elsewhere, and its width (pt); None if it is no SVG."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.tag not in ("svg", f"{_SVG}svg") or root.getroottree().docinfo.doctype:
        return None
    for element in list(root.iter("*")):
        name = etree.QName(element).localname.lower()
        if name in _LEFT_OUT:
            _drop(element)
            continue
        if name == "style":
            element.text = _inside(element.text or "")
        for key, value in list(element.attrib.items()):
            local = etree.QName(key).localname.lower()
            if local.startswith("on") or (local == "href" and not _within(value)):
                del element.attrib[key]
            else:
                element.attrib[key] = _inside(value) if local != "href" else value
    if root.tag == "svg":
        root.set("xmlns", _SVG[1:-1])
    return etree.tostring(root, encoding="unicode"), _width(root)


def image_of_data_url(address: str) -> tuple[str, float] | None:
    """An image that lies in its address, wrapped in SVG, and its width (pt); None of any other address."""
    found = _DATA.match(address)
    if not found:
        return None
    try:
        return image_of_bytes(b64decode(address[found.end() :], validate=False))
    except (Error, ValueError):
        return None


def image_of_bytes(content: bytes) -> tuple[str, float] | None:
    """A file of an image, wrapped in SVG, and its width (pt) at 96 pixels an inch; None if it is none, or too large."""
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as opened:
            (width, height), kind = opened.size, (opened.format or "").lower()
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    if not 0 < width * height <= _MOST_PIXELS:
        return None
    data = f"data:image/{kind};base64,{b64encode(content).decode()}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" image-rendering="optimizeSpeed" href="{data}"/></svg>'
    )
    return svg, width * 0.75


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _within(address: str) -> bool:
    return address.startswith("#") or _DATA.match(address) is not None


def _inside(value: str) -> str:
    """A value with what its variables fall back to, as there is no page around it, and without addresses of elsewhere."""
    known = _VARIABLE.sub(lambda found: (found[1] or "currentColor").strip(), value)
    return _OUTSIDE.sub("none", known)


def _width(root: etree._Element) -> float:
    given = points_of(root.get("width", ""))
    if given:
        return given
    box = root.get("viewBox", "").replace(",", " ").split()
    return (points_of(box[2]) if len(box) == 4 else None) or _USUAL_PT
