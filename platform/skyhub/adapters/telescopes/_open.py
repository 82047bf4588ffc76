"""The queues that can be declared in the settings, by their kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from skyhub.adapters.telescopes._atlas import AtlasTasks
from skyhub.adapters.telescopes._letter import LetterDesk
from skyhub.adapters.telescopes._portal import ObservationPortal
from skyhub.adapters.telescopes._protocol import Refused, TelescopeQueue
from skyhub.adapters.telescopes._rubin import TargetList
from skyhub.adapters.telescopes._ztf import ZtfScheduler
from skyhub.config import AtlasQueue, LetterQueue, NotificationSettings, PortalQueue, RubinQueue, ZtfQueue

__all__ = ["QUEUE_KINDS", "open_queue"]

_Settings: TypeAlias = AtlasQueue | ZtfQueue | PortalQueue | RubinQueue | LetterQueue

QUEUE_KINDS: Mapping[str, type[TelescopeQueue]] = {
    "ztf": ZtfScheduler,
    "lco": ObservationPortal,
    "rubin": TargetList,
    "atlas": AtlasTasks,
    "letter": LetterDesk,
}
"""What each kind of queue takes and promises."""


def open_queue(settings: _Settings, secrets: Mapping[str, str], notifications: NotificationSettings) -> TelescopeQueue:
    """A queue, with the account of an allocation; nothing is asked yet.

    Parameters
    ----------
    settings, secrets
        What was declared for it, and the allocation's secrets by name.
    notifications
        The mail server, for letters.

    Raises
    ------
    Refused
        If a secret that it needs is missing.
    """
    kind = QUEUE_KINDS[settings.kind]
    if not any(all(secrets.get(name) for name in names) for names in kind.secrets):
        needed = ", or ".join(" and ".join(names) for names in kind.secrets)
        raise Refused(f"the allocation lacks a secret that the queue needs: {needed}.")
    if isinstance(settings, ZtfQueue):
        return ZtfScheduler(settings, secrets)
    if isinstance(settings, PortalQueue):
        return ObservationPortal(settings, secrets)
    if isinstance(settings, AtlasQueue):
        return AtlasTasks(settings, secrets)
    return TargetList(settings, secrets) if isinstance(settings, RubinQueue) else LetterDesk(notifications, secrets)
