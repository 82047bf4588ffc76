"""``%%sky``: a cell of SQL. `skyhub.connect` brings it into a notebook; ``%load_ext skyhub`` does so without a connection.

Frames of the notebook can be named in the statement as tables, and its variables as ``$name``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from skyhub.client._frames import is_frame
from skyhub.client._sky import Sky
from skyhub.client._sql import SqlTable
from skyhub.errors import InvalidInput

__all__ = ["add_magic", "run_cell"]

_WORD = re.compile(r"\w+")
_PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")
_USAGE = "%%sky [NAME] [--as-of TIME], and the statement below"


def add_magic(shell: Any, connect: Callable[[], Sky]) -> None:
    """Add the magic to an IPython shell, and say how it connects where the notebook has not."""

    def sky(line: str, cell: str | None = None) -> SqlTable | None:
        if cell is None:
            return run_cell(shell.user_ns, "", line, connect)
        return run_cell(shell.user_ns, line, cell, connect)

    sky.__doc__ = f"Run one SELECT statement over what you may see.\n\n    {_USAGE}\n\nNAME is the variable that keeps the answer."
    shell.register_magic_function(sky, "line_cell", "sky")


def run_cell(names: dict[str, Any], line: str, cell: str, connect: Callable[[], Sky]) -> SqlTable | None:
    """Run a cell.

    Parameters
    ----------
    names
        The notebook's variables; one called ``sky`` is the connection, if it is one.
    line
        What stands after ``%%sky``: the variable that shall keep the answer, ``--as-of TIME``, both or nothing.
    cell
        The statement.
    connect
        How to connect if there is none.

    Returns
    -------
    SqlTable or None
        The answer, or nothing if a variable keeps it.
    """
    target, as_of = _options(line)
    connection = _connection(names, connect)
    known = connection.sql.names()
    words = {word for word in _WORD.findall(cell) if word.lower() not in known}
    frames = {word: names[word] for word in words if word in names and is_frame(names[word])}
    found = connection.sql(cell, _parameters(cell, names), tables=frames, as_of=as_of)
    if target is None:
        return found
    names[target] = found
    return None


def _options(line: str) -> tuple[str | None, datetime | None]:
    words = shlex.split(line)
    as_of = None
    if "--as-of" in words:
        at = words.index("--as-of")
        if at + 1 == len(words):
            raise InvalidInput(f"--as-of needs a time: {_USAGE}.", "--as-of")
        as_of = _time(words[at + 1])
        del words[at : at + 2]
    if len(words) > 1 or (words and not words[0].isidentifier()):
        raise InvalidInput(f"{line!r} is not understood: {_USAGE}.", "%%sky")
    return (words[0] if words else None), as_of


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no time: give it as 2026-11-22T03:00:00Z.", "--as-of") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _connection(names: Mapping[str, Any], connect: Callable[[], Sky]) -> Sky:
    given = names.get("sky")
    if isinstance(given, Sky):
        return given
    if "connection" not in _CONNECTIONS:
        _CONNECTIONS["connection"] = connect()
    return _CONNECTIONS["connection"]


_CONNECTIONS: dict[str, Sky] = {}


def _parameters(cell: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Values of ``$name``, as far as there are such variables; what else looks so may be within a text."""
    return {name: names[name] for name in _PARAMETER.findall(cell) if name in names}
