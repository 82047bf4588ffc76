"""The source of a function of a notebook, as it is sent."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeAlias

from skyhub.errors import InvalidInput

__all__ = ["FilterFunction", "language_and_text"]

FilterFunction: TypeAlias = "Callable[..., Any]"
"""Of the frame of a batch of alerts, or of that and the frame of the points that were known: a mask, or a frame with a
column ``pass`` and annotations."""


def language_and_text(given: str | FilterFunction) -> tuple[str, str]:
    """The language of a condition or a function, and its text."""
    return ("sql", given) if isinstance(given, str) else ("python", _source(given))


def _source(function: FilterFunction) -> str:
    """A function as it is written, without its decorators."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        node = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError) as error:
        raise InvalidInput(
            f"the source of {function!r} cannot be found ({error}): write it as a function in a cell or a file.",
            "expression",
        ) from error
    if not (isinstance(node, ast.FunctionDef) and node.name == getattr(function, "__name__", "")):
        raise InvalidInput(f"{function!r} is no function that is written with def.", "expression")
    return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno]) + "\n"
