"""Which objects a join leaves of a table: a small statement asks for them before the large table is scanned.

In ``photometry JOIN sources USING (object_id) WHERE sources.group_id = 3`` only points of objects can matter that the
conditions leave of ``sources``. The engine does not tell the scan of ``photometry``; so the objects are asked for first.
This is done where it can be shown to change nothing: the large table occurs once, in an inner join (or ``IN (SELECT …)``)
of tables, and only conditions count that look at the other table alone and call no function. All else is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["Question", "questions", "worth_a_look"]

_LARGE, _KEY = "photometry", "object_id"
_WORTH_A_LOOK = re.compile(r"\bjoin\b|\bin\s*\(\s*(select|from)\b", re.IGNORECASE)
_TABLES = frozenset(("BASE_TABLE", "JOIN", "EMPTY"))
_NODES = frozenset(("SELECT_NODE", "ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER"))
_PLAIN = frozenset(("COMPARISON", "COLUMN_REF", "CONSTANT", "CONJUNCTION", "BETWEEN", "OPERATOR"))

Node = dict[str, Any]


class Question(NamedTuple):
    """A statement, as the engine's own tree, whose rows are the objects that can matter."""

    tree: Node
    table: str


def worth_a_look(statement: str) -> bool:
    """Whether a text may be a statement that joins the large table."""
    return _LARGE in statement.lower() and _WORTH_A_LOOK.search(statement) is not None


def questions(tree: Node, columns: Mapping[str, frozenset[str]]) -> Iterator[Question]:
    """What may be asked to learn which objects matter; each question alone holds for all points that are needed.

    Parameters
    ----------
    tree
        A statement as ``json_serialize_sql`` gives it.
    columns
        The columns of tables that may be asked, by name.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the tree is not of the form that is known here.
    """
    [statement] = tree["statements"]
    root = statement["node"]
    if root["type"] != "SELECT_NODE" or root["sample"] or not _is_known(tree):
        return
    leaves = {_alias(leaf): leaf for leaf in _leaves(root["from_table"])}
    large = [alias for alias, leaf in leaves.items() if _path(leaf) == [_LARGE]]
    if len(large) != 1 or len(leaves) != sum(1 for _ in _leaves(root["from_table"])):
        return
    conditions = [*_conjuncts(root["where_clause"]), *_join_conditions(root["from_table"])]
    for alias in dict.fromkeys(_partners(root["from_table"], large[0], conditions)):
        if len(_path(leaves[alias])) == 1 and _path(leaves[alias])[0] in columns:
            yield _question(leaves[alias], conditions, _own_columns(alias, leaves, columns), [alias, _KEY])
    for condition in conditions:
        if _is_membership(condition, large[0], len(leaves)):
            yield from _of_subquery(condition["subquery"]["node"], columns)


def _question(leaf: Node, conditions: list[Node], own: frozenset[str], column: list[str]) -> Question:
    mine = [condition for condition in conditions if _looks_at(condition, _alias(leaf), own)]
    reference = {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": column}
    both = {"class": "CONJUNCTION", "type": "CONJUNCTION_AND", "alias": "", "children": mine}
    node: Node = {
        "type": "SELECT_NODE", "modifiers": [], "cte_map": {"map": []}, "select_list": [reference], "from_table": leaf,
        "where_clause": both if len(mine) > 1 else mine[0] if mine else None, "group_expressions": [], "group_sets": [],
        "aggregate_handling": "STANDARD_HANDLING", "having": None, "sample": None, "qualify": None,
    }  # fmt: skip
    return Question({"error": False, "statements": [{"node": node, "named_param_map": []}]}, _path(leaf)[0])


def _of_subquery(node: Node, columns: Mapping[str, frozenset[str]]) -> Iterator[Question]:
    leaf = node["from_table"]
    simple = not (node["modifiers"] or node["group_expressions"] or node["having"] or node["qualify"] or node["sample"])
    if not simple or leaf["type"] != "BASE_TABLE" or len(_path(leaf)) != 1 or len(node["select_list"]) != 1:
        return
    [chosen] = node["select_list"]
    own = columns.get(_path(leaf)[0])
    if own and chosen["class"] == "COLUMN_REF" and _looks_at(chosen, _alias(leaf), own):
        yield _question(leaf, _conjuncts(node["where_clause"]), own, chosen["column_names"])


def _is_known(tree: Node) -> bool:
    """Whether there is nothing in a tree that might read the large table a second time, or draw rows at random."""
    large = 0
    for node in _nodes(tree):
        if "class" not in node and "type" in node and node["type"] not in _TABLES | _NODES:
            return False
        if node.get("cte_map", {}).get("map") or node.get("sample") or node.get("at_clause"):
            return False
        if node.get("type") == "BASE_TABLE":
            large += _path(node)[-1] == _LARGE
            if node["column_name_alias"]:
                return False
    return large == 1


def _nodes(tree: Any) -> Iterator[Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _leaves(table: Node) -> Iterator[Node]:
    if table["type"] == "BASE_TABLE":
        yield table
    elif table["type"] == "JOIN" and table["join_type"] == "INNER" and table["ref_type"] in ("REGULAR", "CROSS"):
        yield from _leaves(table["left"])
        yield from _leaves(table["right"])
    else:
        raise ValueError(f"{table['type']} is not looked into")


def _join_conditions(table: Node) -> Iterator[Node]:
    if table["type"] == "JOIN":
        yield from _conjuncts(table["condition"])
        yield from _join_conditions(table["left"])
        yield from _join_conditions(table["right"])


def _conjuncts(condition: Node | None) -> list[Node]:
    if condition is None:
        return []
    if condition["type"] != "CONJUNCTION_AND":
        return [condition]
    return [part for child in condition["children"] for part in _conjuncts(child)]


def _partners(table: Node, large: str, conditions: list[Node]) -> Iterator[str]:
    """Tables whose object is that of every point."""
    together = _together(table)
    if large in together:
        yield from (alias for alias in together if alias != large)
    for condition in conditions:
        if condition["type"] == "COMPARE_EQUAL":
            sides = [side.get("column_names", []) for side in (condition["left"], condition["right"])]
            names = [_lower(side) for side in sides]
            if [large, _KEY] in names and all(len(side) == 2 and side[1] == _KEY for side in names):
                yield from (side[0] for side in names if side[0] != large)


def _together(table: Node) -> list[str]:
    """Tables that are joined ``USING (object_id)`` all along."""
    if table["type"] == "BASE_TABLE":
        return [_alias(table)]
    if _KEY not in _lower(table["using_columns"]):
        return []
    sides = _together(table["left"]), _together(table["right"])
    return [*sides[0], *sides[1]] if all(sides) else []


def _is_membership(condition: Node, large: str, n_tables: int) -> bool:
    if condition.get("subquery_type") != "ANY" or condition["comparison_type"] != "COMPARE_EQUAL":
        return False
    names = _lower(condition["child"].get("column_names", []))
    return names == [large, _KEY] or (names == [_KEY] and n_tables == 1)


def _own_columns(alias: str, leaves: Mapping[str, Node], columns: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The columns that only this one of the tables has; none if the others' are not known."""
    others = [columns.get(".".join(_path(leaf))) for name, leaf in leaves.items() if name != alias]
    if any(other is None for other in others):
        return frozenset()
    return columns[_path(leaves[alias])[0]].difference(*(other for other in others if other is not None))


def _looks_at(condition: Node, alias: str, own: frozenset[str]) -> bool:
    """Whether a condition looks at one table alone, and always says the same of the same row."""
    for node in _nodes(condition):
        if "class" in node and node["class"] not in _PLAIN:
            return False
        if node.get("class") == "COLUMN_REF":
            names = _lower(node["column_names"])
            if not (names[0] in own if len(names) == 1 else len(names) == 2 and names[0] == alias):
                return False
    return True


def _alias(leaf: Node) -> str:
    return str(leaf["alias"] or _path(leaf)[-1]).lower()


def _path(leaf: Node) -> list[str]:
    return _lower([leaf["catalog_name"], leaf["schema_name"], leaf["table_name"]])


def _lower(names: list[str]) -> list[str]:
    return [name.lower() for name in names if name]
