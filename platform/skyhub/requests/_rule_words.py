"""A sending rule in words: what it sends, when it does not, who has switched it on or off, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["words_of"]

_NEWER = {
    "draft": "One plan is sent for each event; those of newer localizations are drafted only.",
    "send": "A plan is sent for each localization.",
    "update": "The plan of a newer localization takes the place of what was sent.",
}
_SAID = {
    "roles": "role {}",
    "types": "type {}",
    "tags": "tags {}",
    "ignored_types": "no type {}",
    "ignored_tags": "no tag {}",
    "highest_far": "false alarms at most {:g} Hz",
    "largest_area": "90 % region at most {:g} deg²",
}


def words_of(rule: Mapping[str, Any], default: Mapping[str, Any] | None, stopped: str | None) -> str:
    """A rule (a document) in words.

    Parameters
    ----------
    rule, default
        The rule, and the row of its default plan, if there is one.
    stopped
        Why it has stopped by itself, if it ever did.
    """
    name = f"{default['name']!r}" if default else str(rule["default_plan_id"])
    conditions = _conditions(json.loads(default["conditions"])) if default else ""
    when = (
        f"if at least {100 * rule['lowest_probability']:g} % of the probability is within its fields, its exposures take at most "
        f"{rule['most_hours']:g} h, it begins at most {rule['latest_start']:g} h after the event, and the event is not retracted"
    )
    retracted = "What was sent is taken back if the event is retracted." if rule["cancel_retracted"] else ""
    sentences = (
        f"A plan of default plan {name} on allocation {rule['allocation_id']} is approved and sent by itself{conditions} {when}.",
        _NEWER[rule["newer"]],
        retracted,
        _standing(rule, stopped),
    )
    return " ".join(sentence for sentence in sentences if sentence)


def _conditions(conditions: Mapping[str, Any]) -> str:
    """What the event must be like, in brackets; nothing if any will do."""
    said = [
        words.format(", ".join(value) if isinstance(value, list) else value)
        for name, words in _SAID.items()
        if (value := conditions.get(name)) and value != ["*"]
    ]
    said += [f"{name} at least {value:g}" for name, value in conditions.get("lowest", {}).items()]
    said += [f"{name} at most {value:g}" for name, value in conditions.get("highest", {}).items()]
    return f" for events ({'; '.join(said)})" if said else ""


def _standing(rule: Mapping[str, Any], stopped: str | None) -> str:
    at = f"{str(rule['known_at'])[:16].replace('T', ' ')} UTC"
    if rule["active"]:
        return f"Switched on by {rule['edited_by']} on {at}, in the name of {rule['author']}."
    if rule["version"] == 1:
        return "It is not switched on."
    why = f": {stopped}" if stopped and rule["edited_by"] != rule["author"] else "."
    return f"Off since {at} by {rule['edited_by']}{why}"
