"""Requests for observations: asked for by people or by rule, sent to telescopes by a worker, followed, taken back, with data."""

from skyhub.requests._ask import ask
from skyhub.requests._by_rule import send_by_rules
from skyhub.requests._clicks import cancel_request, request_status, retrieve_request, submit_request
from skyhub.requests._models import REQUESTS, FollowupRequest
from skyhub.requests._outbox import claim_request
from skyhub.requests._outcome import RequestOutcome, finish_request
from skyhub.requests._queues import list_queues
from skyhub.requests._rule_sendings import list_sendings
from skyhub.requests._sending_rules import SENDING_RULES, SendingRule, switch_off

__all__ = [
    "KINDS",
    "REQUESTS",
    "SENDING_RULES",
    "FollowupRequest",
    "RequestOutcome",
    "SendingRule",
    "ask",
    "cancel_request",
    "claim_request",
    "finish_request",
    "list_queues",
    "list_sendings",
    "request_status",
    "retrieve_request",
    "send_by_rules",
    "submit_request",
    "switch_off",
]

KINDS = (REQUESTS, SENDING_RULES)
