"""A tree of classes: each with its place, its other names, and what lies below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from skyhub.errors import InvalidInput

__all__ = ["Taxon", "Tree"]

_SEPARATOR = "/"
_LARGEST, _DEEPEST = 10_000, 30
_KEYS = {"class", "other names", "subclasses", "tags", "links", "comments"}
_ALSO = {"aliases": "other names", "subclass": "subclasses", "description": "comments"}


@dataclass(frozen=True)
class Taxon:
    """One class: its name, its place from the root, its other names."""

    name: str
    path: tuple[str, ...]
    aliases: tuple[str, ...]


class Tree:
    """The classes of a taxonomy.

    Parameters
    ----------
    hierarchy
        Nodes with ``class`` and perhaps ``other names``, ``subclasses``, ``tags``, ``links``, ``comments``.

    Raises
    ------
    InvalidInput
        If a node is none, or one parent has two of the same name.
    """

    def __init__(self, hierarchy: Mapping[str, Any]) -> None:
        self.hierarchy = _node(hierarchy, "hierarchy", 0)
        self.taxa = list(_walk(self.hierarchy, ()))
        if len(self.taxa) > _LARGEST:
            raise InvalidInput(f"there are {len(self.taxa)} classes: {_LARGEST} are permitted.", "hierarchy")
        self._places: dict[str, Taxon] = {}
        self._names: dict[str, list[Taxon]] = defaultdict(list)
        self._aliases: dict[str, list[Taxon]] = defaultdict(list)
        for taxon in self.taxa:
            self._index(taxon)

    def find(self, name: str) -> Taxon:
        """The class of a name, of one of its other names, or of a place such as ``Cepheid/F``; case does not matter.

        Raises
        ------
        InvalidInput
            If there is none, or there are several.
        """
        wanted = name.strip().lower()
        found = self._names.get(wanted) or self._ending_in(wanted) or self._aliases.get(wanted) or []
        if len(found) == 1:
            return found[0]
        if found:
            places = ", ".join(_SEPARATOR.join(taxon.path[-2:]) for taxon in found)
            raise InvalidInput(f"{name!r} may be {places}: say which.", "classification")
        near = get_close_matches(wanted, [*self._names, *self._aliases], 3, 0.6)
        meant = [(self._names.get(n) or self._aliases[n])[0].name for n in near]
        hint = f"did you mean {' or '.join(dict.fromkeys(meant))}?" if meant else "the taxonomy lists the classes."
        raise InvalidInput(f"{name!r} is no class of this taxonomy: {hint}", "classification")

    def _index(self, taxon: Taxon) -> None:
        place = _SEPARATOR.join(taxon.path).lower()
        if place in self._places:
            raise InvalidInput(f"{taxon.name!r} occurs twice in {_SEPARATOR.join(taxon.path[:-1])}.", "hierarchy")
        self._places[place] = taxon
        self._names[taxon.name.lower()].append(taxon)
        for alias in {alias.lower() for alias in taxon.aliases}:
            self._aliases[alias].append(taxon)

    def _ending_in(self, wanted: str) -> list[Taxon]:
        if _SEPARATOR not in wanted:
            return []
        whole = self._places.get(wanted)
        return [whole] if whole else [t for place, t in self._places.items() if place.endswith(_SEPARATOR + wanted)]


def _node(given: Any, where: str, depth: int) -> dict[str, Any]:
    """A node in the one form, with its subclasses."""
    if depth > _DEEPEST:
        raise InvalidInput(f"{where} lies deeper than {_DEEPEST} levels.", "hierarchy")
    if not isinstance(given, Mapping) or not isinstance(given.get("class"), str) or not given["class"].strip():
        raise InvalidInput(f"a node of {where} has no class: {str(given)[:80]!r}. Give each a name.", "hierarchy")
    plain = {_ALSO.get(key, key): value for key, value in given.items()}
    name = plain["class"].strip()
    unknown = sorted(str(key) for key in set(plain) - _KEYS)
    if unknown:
        raise InvalidInput(f"{name} has {unknown[0]!r}: {', '.join(sorted(_KEYS))} are permitted.", "hierarchy")
    names = _texts(plain.get("other names"), f"other names of {name}")
    below = plain.get("subclasses") or []
    if not isinstance(below, list):
        raise InvalidInput(f"subclasses of {name} are no list.", "hierarchy")
    kept = {key: plain[key] for key in ("tags", "links", "comments") if plain.get(key)}
    subclasses = [_node(child, name, depth + 1) for child in below]
    return {"class": name, "other names": names, **kept, "subclasses": subclasses}


def _texts(given: Any, where: str) -> list[str]:
    if not isinstance(given or [], list) or not all(isinstance(text, str) for text in given or []):
        raise InvalidInput(f"{where} are no list of names.", "hierarchy")
    return [text.strip() for text in given or []]


def _walk(node: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Taxon]:
    path = (*above, node["class"])
    yield Taxon(node["class"], path, tuple(node["other names"]))
    for child in node["subclasses"]:
        yield from _walk(child, path)
