"""Queues of telescopes: what observations are asked for through, each behind the same protocol."""

from skyhub.adapters.telescopes._open import QUEUE_KINDS, open_queue
from skyhub.adapters.telescopes._protocol import (
    Exchange,
    Form,
    NotAnswered,
    Order,
    Product,
    Refused,
    Standing,
    Subject,
    Target,
    TelescopeQueue,
    Word,
)
from skyhub.adapters.telescopes._rubin import exposure_list
from skyhub.adapters.telescopes._ztf_queue import Program, interval_of, ztf_queue

__all__ = [
    "QUEUE_KINDS",
    "Exchange",
    "Form",
    "NotAnswered",
    "Order",
    "Product",
    "Program",
    "Refused",
    "Standing",
    "Subject",
    "Target",
    "TelescopeQueue",
    "Word",
    "exposure_list",
    "interval_of",
    "open_queue",
    "ztf_queue",
]
