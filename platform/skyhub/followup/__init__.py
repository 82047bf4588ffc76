"""Follow-up: allocations of observing time, and shifts of people who look after the sky."""

from skyhub.followup._allocations import ALLOCATIONS, Allocation, Validity, allocation_secrets, require_member
from skyhub.followup._roster import current_shifts, join, leave, need_replacement, replace
from skyhub.followup._sealed import Sealer
from skyhub.followup._shifts import SHIFTS, Member, Shift

__all__ = [
    "ALLOCATIONS",
    "KINDS",
    "SHIFTS",
    "Allocation",
    "Member",
    "Sealer",
    "Shift",
    "Validity",
    "allocation_secrets",
    "current_shifts",
    "join",
    "leave",
    "need_replacement",
    "replace",
    "require_member",
]

KINDS = (ALLOCATIONS, SHIFTS)
