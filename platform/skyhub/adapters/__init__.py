"""The outside world, one module per partner: what brings packets in."""

from skyhub.adapters._feed import Feed, Message, Outlook
from skyhub.adapters._open import open_feed

__all__ = ["Feed", "Message", "Outlook", "open_feed"]
