"""How two notebooks differ, cell by cell."""

from __future__ import annotations

import difflib
from typing import Any

import nbformat

__all__ = ["cell_differences", "line_differences"]

_CONTEXT = 2


def cell_differences(was: str, now: str) -> list[dict[str, Any]]:
    """The cells that differ between two notebooks (JSON), in their order.

    Returns
    -------
    list of dict
        ``change`` (``added``, ``removed`` or ``changed``), ``cell_type``; ``was`` and ``is``, the numbers of the cell (from 1;
        null where there is none); ``lines``: a unified difference of its lines.
    """
    old, new = (nbformat.reads(text, as_version=4).cells for text in (was, now))
    matcher = difflib.SequenceMatcher(None, [_key(cell) for cell in old], [_key(cell) for cell in new], autojunk=False)
    found = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        for place in range(max(j - i, m - k)):
            before, after = (at + place if at + place < end else None for at, end in ((i, j), (k, m)))
            found.append(_difference(old, new, before, after))
    return found


def line_differences(was: str, now: str) -> list[str]:
    """A unified difference of two texts, without its head."""
    return list(difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=_CONTEXT))[2:]


def _difference(old: Any, new: Any, before: int | None, after: int | None) -> dict[str, Any]:
    cell = new[after] if after is not None else old[before]
    change = "added" if before is None else "removed" if after is None else "changed"
    texts = ["" if at is None else _text(cells[at]) for cells, at in ((old, before), (new, after))]
    return {
        "change": change,
        "cell_type": cell.cell_type,
        "was": None if before is None else before + 1,
        "is": None if after is None else after + 1,
        "lines": line_differences(*texts),
    }


def _key(cell: Any) -> tuple[str, str]:
    return cell.cell_type, _text(cell)


def _text(cell: Any) -> str:
    """What of a cell counts: its source, and its tags where it has some."""
    tags = ", ".join(cell.metadata.get("tags", []))
    return f"tags: {tags}\n{cell.source}" if tags else str(cell.source)
