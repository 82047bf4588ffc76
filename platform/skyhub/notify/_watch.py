"""The watch: goes through the journal of changes, and writes down of what users are to be told.

How far it has come is written in the same transaction as what it found: each change is looked at once, whatever breaks.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from skyhub.candidates import Mark, marks_behind, put_behind
from skyhub.db import ADMINISTRATOR, PERSONAL, Database, Transaction
from skyhub.notify._causes import Cause, causes_between
from skyhub.notify._matching import Match, matches
from skyhub.notify._rules import RULES, Rule

__all__ = ["watch_journal"]

_WATCH = "messages"
_MOST_AT_ONCE = 5000
_IDLE_STEP = 500
"""How many changes that concern nobody are passed before it is noted that they were."""
_RULES = """
    SELECT r.*, f.since FROM @rules AS r
        JOIN (SELECT rule_id, min(known_at) AS since FROM @rules* GROUP BY rule_id) AS f USING (rule_id)
    ORDER BY rule_id
"""
_CHANNELS = "SELECT channel_id, author, name FROM @channels"
_MARK = "SELECT coalesce(max(seq), 0) AS seq FROM {}message_marks"
_MENTIONED = "SELECT user_name, about FROM messages WHERE occasion = 'mention' AND list_contains(?, about)"


def watch_journal(db: Database) -> int:
    """Look at the changes that were not looked at yet; the number of messages that came of them.

    For authors of rules whose rights cannot be known now it is looked at again, when they can be.
    """
    mark, version = db.reader.rows(ADMINISTRATOR, _MARK.format("@"))[0]["seq"], db.version()
    until = min(version, mark + _MOST_AT_ONCE)
    causes = causes_between(db, mark, until) if until > mark else []
    before = marks_behind(db, _WATCH)
    rules = _rules(db) if causes or before else []
    found, unknown = matches(db, [rule for rule in rules if rule[1] not in before], causes)
    after = {name: Mark(mark) for name in unknown}
    for name, begin in before.items():
        last = min(version, begin.seq + _MOST_AT_ONCE)
        late, unknown = matches(db, [rule for rule in rules if rule[1] == name], causes_between(db, begin.seq, last))
        found += late
        if unknown or last < until:
            after[name] = begin if unknown else Mark(last)
    if not causes and until - mark < _IDLE_STEP and before == after:
        return 0
    channels = {(row["author"], row["name"]): row["channel_id"] for row in db.reader.rows(ADMINISTRATOR, _CHANNELS)}

    def write(transaction: Transaction) -> int:
        if transaction.rows(_MARK.format(""))[0]["seq"] != mark or not put_behind(transaction, _WATCH, before, after):
            return 0  # another watch was here
        return _write(db, transaction, until, found, channels)

    return db.writer.write(write)


def _rules(db: Database) -> list[tuple[int, str, Any, Rule]]:
    rows = db.reader.rows(ADMINISTRATOR, _RULES)
    return [(row["rule_id"], row["author"], row["since"], RULES.record(row)) for row in rows]


def _write(
    db: Database,
    transaction: Transaction,
    until: int,
    found: Sequence[Match],
    channels: Mapping[tuple[str, str], int],
) -> int:
    found = _each_mention_once(transaction, found)
    transaction.insert("message_marks", [{"seq": until}])
    if not found:
        return 0
    first = transaction.next_id("messages", "message_id", len(found))
    for number, match in enumerate(found, start=first):
        _write_message(db, transaction, number, match, channels)
    return len(found)


def _each_mention_once(transaction: Transaction, found: Sequence[Match]) -> list[Match]:
    about = [match.cause.about for match in found if match.cause.occasion == "mention"]
    told = {(row["user_name"], row["about"]) for row in transaction.rows(_MENTIONED, [about])} if about else set()
    kept = []
    for match in found:
        place = (match.user, match.cause.about)
        if match.cause.occasion == "mention":
            if place in told:
                continue
            told.add(place)
        kept.append(match)
    return kept


def _write_message(
    db: Database, transaction: Transaction, number: int, match: Match, channels: Mapping[tuple[str, str], int]
) -> None:
    cause: Cause = match.cause
    acl = transaction.acl(groups=[db.access.groups[f"{PERSONAL}{match.user}"]])
    message = {
        "message_id": number,
        "user_name": match.user,
        "seq": cause.seq,
        "occasion": cause.occasion,
        "about": cause.about,
        "rule_ids": match.rule_ids,
        "urgent": match.urgent,
        "acl": acl,
    }
    transaction.insert("messages", [message])
    numbers = [channels[match.user, name] for name in sorted(match.channels) if (match.user, name) in channels]
    first = transaction.next_id("deliveries", "delivery_id", len(numbers)) if numbers else 0
    for delivery_id, channel_id in enumerate(numbers, start=first):
        row = {"delivery_id": delivery_id, "message_id": number, "channel_id": channel_id, "acl": acl}
        transaction.insert("deliveries", [{**row, "key": uuid.uuid4().hex}])
    told = {"action": "added", "user": match.user, "message_id": str(number), "occasion": cause.occasion}
    transaction.announce("messages", told, acl)
