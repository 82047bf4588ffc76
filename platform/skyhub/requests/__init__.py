"""Requests for observations: asked for by people, sent to telescopes by a worker, followed, taken back, their data taken in."""

from skyhub.requests._ask import ask
from skyhub.requests._clicks import cancel_request, request_status, retrieve_request, submit_request
from skyhub.requests._models import REQUESTS, FollowupRequest
from skyhub.requests._outbox import claim_request
from skyhub.requests._outcome import RequestOutcome, finish_request
from skyhub.requests._queues import list_queues

__all__ = [
    "KINDS",
    "REQUESTS",
    "FollowupRequest",
    "RequestOutcome",
    "ask",
    "cancel_request",
    "claim_request",
    "finish_request",
    "list_queues",
    "request_status",
    "retrieve_request",
    "submit_request",
]

KINDS = (REQUESTS,)
