"""Asking brokers for objects, with the platform's accounts and the asker's rights, and saving what they have."""

from skyhub.brokers._desk import BrokerDesk
from skyhub.brokers._questions import cone, cutout, fetch, listed, newest, reopen
from skyhub.brokers._saving import save

__all__ = ["BrokerDesk", "cone", "cutout", "fetch", "listed", "newest", "reopen", "save"]
