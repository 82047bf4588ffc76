"""The process that brings incoming streams in: one thread for each, and one that reports how they fare."""

from skyhub.streams._receiver import ServiceReceiver
from skyhub.streams._work import work

__all__ = ["ServiceReceiver", "work"]
