"""Filters in Python: what the source of one may be."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from platform import python_version

from skyhub.errors import InvalidInput

__all__ = ["PACKAGES", "Source", "packages", "source_of"]

PACKAGES = ("numpy", "pandas", "pyarrow", "scipy")
"""What a function may import, beside modules of the standard library that only compute."""
GIVEN = ("np", "pd")
"""Names that it has without importing them."""

_STANDARD = (
    "__future__", "bisect", "cmath", "collections", "dataclasses", "datetime", "decimal", "fractions", "functools", "heapq",
    "itertools", "json", "math", "operator", "re", "statistics", "typing",
)  # fmt: skip
_LONGEST = 50_000
_MODULE_NAMES = {"__name__", "__builtins__"}


@dataclass(frozen=True)
class Source:
    """A function as it is stored."""

    name: str
    """Of the function."""
    wants_points: bool
    """Whether it takes the points that were known, too."""


@lru_cache(maxsize=512)
def source_of(text: str) -> Source:
    """What the source of a filter says of itself.

    Parameters
    ----------
    text
        One function of the alerts, or of alerts and points; imports may come before it, and functions that it calls.

    Raises
    ------
    InvalidInput
        Naming the line, if it is no such thing.
    """
    if len(text) > _LONGEST:
        raise InvalidInput(f"the source has {len(text)} characters: {_LONGEST} are permitted.", "expression")
    try:
        tree = ast.parse(text)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        for node in tree.body:
            _require_plain(node)
        if not functions:
            raise _refusal("there is no function in it", "write def name(alerts): …")
        _require_imports(tree)
        _require_known_names(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" at line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise InvalidInput(f"the source is no Python{where}: {error}", "expression") from error
    last = functions[-1]
    return Source(last.name, _n_parameters(last) == 2)


def packages() -> dict[str, str]:
    """What functions may import now, with versions."""
    return {"python": python_version(), **{name: version(name) for name in PACKAGES}}


def _require_plain(node: ast.stmt) -> None:
    text_alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if not (text_alone or isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign)):
        raise _refusal(
            f"line {node.lineno} stands outside of a function", "imports, constants and functions are permitted"
        )
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        raise _refusal(f"{node.name} is decorated", "leave that out")


def _n_parameters(function: ast.FunctionDef) -> int:
    given = function.args
    names = [*given.posonlyargs, *given.args]
    if given.kwonlyargs or given.vararg or given.kwarg or len(names) not in (1, 2):
        raise _refusal(
            f"{function.name} takes other than one or two values", "alerts, or alerts and points, are permitted"
        )
    return len(names)


def _require_imports(tree: ast.Module) -> None:
    for line, module in _imported(tree):
        if module.partition(".")[0] not in (*PACKAGES, *_STANDARD):
            raise _refusal(f"line {line} imports {module}", f"{', '.join((*PACKAGES, *_STANDARD[1:]))} are permitted")


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def _require_known_names(text: str) -> None:
    """A function of a notebook may use what only the notebook has: that is said before it is stored."""
    module = symtable.symtable(text, "filter", "exec")
    known = {s.get_name() for s in module.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    known |= {*dir(builtins), *GIVEN, *_MODULE_NAMES}
    for table in _scopes(module):
        for symbol in table.get_symbols():
            if symbol.is_referenced() and symbol.is_global() and symbol.get_name() not in known:
                raise _refusal(
                    f"{table.get_name()} uses {symbol.get_name()}, which is not defined in it",
                    "a filter must bring along all that it uses",
                )


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _scopes(child)


def _refusal(what: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"the source is no filter: {what}; {remedy}.", "expression")
