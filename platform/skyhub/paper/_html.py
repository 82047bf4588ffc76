"""HTML as parts of a page: headings, paragraphs, lists, tables, images that lie in it, and nothing that would be fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

from skyhub.paper._blocks import Block, heading, image, paragraph, preformatted, rows_of_images, table
from skyhub.paper._images import image_of_data_url, image_of_svg, points_of

__all__ = ["blocks_of_html"]

_SVG = re.compile(r"<svg\b(?:[^>]*?/>|.*?</svg\s*>)", re.DOTALL | re.IGNORECASE)
_WIDTH = re.compile(r"(?:^|[;\s])width:\s*([0-9.]+[a-z]*)")
_SPACE = re.compile(r"\s+")
_UNSEEN = {
    "script", "style", "template", "head", "title", "meta", "link", "iframe", "object", "embed", "canvas", "video", "audio",
    "button", "input", "select", "textarea", "noscript", "form",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "bdi", "br", "cite", "code", "data", "del", "em", "i", "ins", "kbd", "label", "mark", "q", "s", "small",
    "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "font",
}  # fmt: skip
_STYLES = {"b": "bold", "strong": "bold", "th": "bold", "em": "italic", "i": "italic", "cite": "italic"}
_STYLES |= {"code": "mono", "kbd": "mono", "tt": "mono", "sub": "sub", "sup": "super"}
_DEEPEST = 60


def blocks_of_html(text: str) -> list[Block]:
    """The parts of a piece of HTML.

    Parameters
    ----------
    text
        Untrusted HTML. Scripts, forms and whatever lies elsewhere are left out; of an image that lies elsewhere its ``alt`` stays.
    """
    drawings: list[str] = []

    def keep(found: re.Match[str]) -> str:
        drawings.append(found[0])
        return f'<img data-drawing="{len(drawings) - 1}">'

    marked = _SVG.sub(keep, text.replace("\0", "").replace("data-drawing", "data-other"))
    try:
        root = html.fragment_fromstring(marked, create_parent="div", parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, ValueError):
        return []
    return rows_of_images(_Reader(drawings).within(root))


class _Reader:
    """Walks through elements; `drawings` are those that stood in the text."""

    def __init__(self, drawings: list[str]) -> None:
        self._drawings = drawings

    def within(self, element: etree._Element, depth: int = 0) -> Iterator[Block]:
        """The parts inside an element: text between blocks is a paragraph."""
        runs: list[dict[str, object]] = []
        _add(runs, element.text, frozenset())
        for child in element:
            if self._is_inline(child):
                self._run(child, runs, frozenset())
            else:
                yield from _closed(runs)
                yield from self._block(child, depth + 1)
            _add(runs, child.tail, frozenset())
        yield from _closed(runs)

    def _is_inline(self, element: etree._Element) -> bool:
        return element.tag in _INLINE and not any(one.tag == "img" or one.tag == "table" for one in element.iter("*"))

    def _block(self, element: etree._Element, depth: int) -> Iterator[Block]:
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNSEEN or element.get("hidden") is not None or depth > _DEEPEST:
            return
        if re.fullmatch("h[1-6]", tag):
            yield heading(int(tag[1]), self._runs(element))
        elif tag == "table":
            yield self._table(element, depth)
        elif tag == "pre":
            yield preformatted("".join(map(str, element.itertext())))
        elif tag == "img":
            yield from self._image(element)
        elif tag == "figure":
            yield from self._figure(element, depth)
        elif tag in ("ul", "ol"):
            yield from self._list(element, depth)
        else:
            yield from self.within(element, depth)

    def _runs(self, element: etree._Element) -> list[dict[str, object]]:
        runs: list[dict[str, object]] = []
        _add(runs, element.text, frozenset())
        for child in element:
            self._run(child, runs, frozenset())
            _add(runs, child.tail, frozenset())
        return _trimmed(runs)

    def _run(self, element: etree._Element, runs: list[dict[str, object]], styles: frozenset[str]) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNSEEN:
            return
        if "anchor-link" in element.get("class", "").split() or element.get("download") is not None:
            return
        if tag == "br":
            runs.append({"text": "\n"})
        own = styles | {_STYLES[tag]} if tag in _STYLES else styles
        _add(runs, element.text, own)
        for child in element:
            self._run(child, runs, own)
            _add(runs, child.tail, own)

    def _image(self, element: etree._Element, caption: str = "") -> Iterator[Block]:
        alt = element.get("alt", "")
        drawing = element.get("data-drawing")
        found = (
            image_of_data_url(element.get("src", "")) if drawing is None else image_of_svg(self._drawings[int(drawing)])
        )
        if found is None:
            if alt or caption:
                yield paragraph([{"text": f"[{alt or caption}]"}])
            return
        svg, natural = found
        styled = _WIDTH.search(element.get("style", ""))
        yield image(svg, points_of(styled[1] if styled else element.get("width", "")) or natural, alt, caption)

    def _figure(self, element: etree._Element, depth: int) -> Iterator[Block]:
        captions = [one for one in element.iter("figcaption")]
        said = " ".join(_text(one) for one in captions)
        pictures = list(element.iter("img"))
        if len(pictures) == 1:
            yield from self._image(pictures[0], said)
        else:
            yield from self.within(element, depth)

    def _list(self, element: etree._Element, depth: int) -> Iterator[Block]:
        indent = sum(one.tag in ("ul", "ol") for one in element.iterancestors())
        for number, item in enumerate(element.iterchildren("li"), 1):
            mark = f"{number}." if element.tag == "ol" else "•"
            for block in self.within(item, depth):
                if block["kind"] == "paragraph" and not block["mark"]:
                    block = {**block, "indent": indent + 1, "mark": mark}
                    mark = ""
                yield block

    def _table(self, element: etree._Element, depth: int) -> Block:
        own = [row for row in element.iter("tr") if next(row.iterancestors("table"), None) is element]
        rows = [[list(self._cell(cell, depth)) for cell in row if cell.tag in ("td", "th")] for row in own]
        caption = next((_text(one) for one in element.iterchildren("caption")), "")
        n_head = sum(1 for row in own if len(row) and all(cell.tag == "th" for cell in row if cell.tag in ("td", "th")))
        head = rows[0] if n_head and all(cell.tag == "th" for cell in own[0]) else []
        return table(caption, head, rows[1:] if head else rows)

    def _cell(self, element: etree._Element, depth: int) -> Iterator[Block]:
        if depth > _DEEPEST:
            return
        for block in self.within(element, depth + 1):
            if element.tag == "th" and block["kind"] == "paragraph":
                block["runs"] = [{**run, "bold": True} for run in block["runs"]]
            yield block


def _add(runs: list[dict[str, object]], text: str | None, styles: frozenset[str]) -> None:
    if text:
        runs.append({"text": _SPACE.sub(" ", text), **dict.fromkeys(sorted(styles), True)})


def _closed(runs: list[dict[str, object]]) -> Iterator[Block]:
    """A paragraph of what was gathered, if there is anything to be read in it."""
    said = _trimmed(runs)
    runs.clear()
    if said:
        yield paragraph(said)


def _trimmed(runs: list[dict[str, object]]) -> list[dict[str, object]]:
    told = [dict(run) for run in runs]
    while told and not str(told[0]["text"]).strip():
        told.pop(0)
    while told and not str(told[-1]["text"]).strip():
        told.pop()
    if told:
        told[0]["text"] = str(told[0]["text"]).lstrip()
        told[-1]["text"] = str(told[-1]["text"]).rstrip()
    return told


def _text(element: etree._Element) -> str:
    return _SPACE.sub(" ", "".join(map(str, element.itertext()))).strip()
