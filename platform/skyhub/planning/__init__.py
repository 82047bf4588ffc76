"""Planning: which fields of a telescope to observe when, over a localization."""

from skyhub.planning._asked import PlanAsked
from skyhub.planning._draft import draft_plan
from skyhub.planning._instrument import Equipment, bandpasses, equipment_of

__all__ = ["Equipment", "PlanAsked", "bandpasses", "draft_plan", "equipment_of"]
