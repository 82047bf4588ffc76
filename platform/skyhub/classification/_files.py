"""Taxonomies in YAML files: one tree, perhaps spread over files that name one another."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from skyhub.errors import InvalidInput

__all__ = ["read_shipped", "read_taxonomy"]

_DEEPEST = 10


class _Loader(yaml.SafeLoader):
    """YAML in which ``!include other.yaml`` stands for what is in another file, and ``=name`` is text."""


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(node.value)


def _reference(loader: yaml.SafeLoader, node: yaml.Node) -> dict[str, str]:
    """A node that lies in another file."""
    return {"ref": str(node.value)}


_Loader.add_constructor("!include", _reference)
_Loader.add_constructor("tag:yaml.org,2002:value", _text)


def read_taxonomy(path: Path) -> dict[str, Any]:
    """The taxonomy of a YAML file: its fields as for a record of the kind.

    A file holds either the tree itself (its name is then that of its root), or ``name``, ``version``, ``provenance`` and
    ``hierarchy``. A node ``ref: other.yaml`` or ``!include other.yaml`` stands for the tree in that file, which must lie
    in the same folder or below.

    Raises
    ------
    InvalidInput
        If a file cannot be read, or is none of a taxonomy.
    """
    document = _load(path)
    if "hierarchy" in document:
        tree = _joined(document["hierarchy"], path, 0)
        about = {
            "name": document.get("name"),
            "edition": document.get("version"),
            "provenance": document.get("provenance"),
        }
    else:
        tree, about = _joined(document, path, 0), {}
    if not isinstance(tree, Mapping):
        raise InvalidInput(f"{path} holds no tree of classes.", str(path))
    about = {"name": tree.get("class"), "edition": "1", "provenance": path.name} | {k: v for k, v in about.items() if v}
    return {**{key: str(value) for key, value in about.items()}, "hierarchy": tree}


def read_shipped() -> dict[str, Any]:
    """The platform's own taxonomy."""
    source = files("skyhub.classification") / "data" / "skyhub.yaml"
    document = yaml.load(source.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    named = {name: document[name] for name in ("name", "provenance", "hierarchy")}
    return {**named, "edition": str(document["version"])}


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.load(path.read_text(), _Loader)  # a safe loader with two more tags
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{path} cannot be read as YAML: {str(error).splitlines()[0]}", str(path)) from error
    if not isinstance(document, Mapping):
        raise InvalidInput(f"{path} holds no taxonomy: its top has no 'class' and no 'hierarchy'.", str(path))
    return document


def _joined(node: Any, path: Path, depth: int) -> Any:
    """A node with those of other files put in their places."""
    if not isinstance(node, Mapping):
        return node
    if "ref" in node:
        other = (path.parent / str(node["ref"])).resolve()
        if depth > _DEEPEST or not other.is_relative_to(path.parent.resolve()):
            raise InvalidInput(f"{path} refers to {node['ref']}: files of the same folder are permitted.", str(path))
        return _joined(_load(other), other, depth + 1)
    children = {key: node[key] for key in ("subclasses", "subclass") if isinstance(node.get(key), list)}
    return {**node, **{key: [_joined(child, path, depth) for child in nodes] for key, nodes in children.items()}}
