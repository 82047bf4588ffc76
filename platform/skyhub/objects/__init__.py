"""Objects on the sky by name: the ones that are known, and new ones with a position; where they lie, and behind how much dust."""

from skyhub.objects._dust import dust_before, dust_in_force
from skyhub.objects._ensure import Place, ensure_object, ensure_objects, unseen_objects
from skyhub.objects._position import position_of

__all__ = [
    "Place",
    "dust_before",
    "dust_in_force",
    "ensure_object",
    "ensure_objects",
    "position_of",
    "unseen_objects",
]
