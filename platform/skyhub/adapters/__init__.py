"""The outside world, one module per partner: what brings packets in."""

from skyhub.adapters._feed import Feed, Message
from skyhub.adapters._open import open_feed

__all__ = ["Feed", "Message", "open_feed"]
