"""Notifications: rules of what users want to be told, their messages, and the channels that these are delivered through."""

from skyhub.notify._addresses import checked_address
from skyhub.notify._channels import CHANNELS, Channel
from skyhub.notify._matching import meets, notices_of
from skyhub.notify._messages import list_messages, read_messages, unread_messages
from skyhub.notify._outbox import LEASE, Outcome, claim_delivery, finish_delivery
from skyhub.notify._rules import RULES, Conditions, Rule
from skyhub.notify._watch import watch_journal

__all__ = [
    "CHANNELS",
    "KINDS",
    "LEASE",
    "RULES",
    "Channel",
    "Conditions",
    "Outcome",
    "Rule",
    "checked_address",
    "claim_delivery",
    "finish_delivery",
    "list_messages",
    "meets",
    "notices_of",
    "read_messages",
    "unread_messages",
    "watch_journal",
]

KINDS = (CHANNELS, RULES)
