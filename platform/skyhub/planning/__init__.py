"""Planning: which fields of a telescope to observe when, over a localization."""

from skyhub.planning._asked import PlanAsked
from skyhub.planning._draft import draft_plan
from skyhub.planning._explanation import ExplanationAsked, explain_kept_plan, explain_plan
from skyhub.planning._exports import EXPORT_FORMATS, ExportFormat, circular_of_plan, export_plan
from skyhub.planning._instrument import Equipment, equipment_of
from skyhub.planning._joint import JointAsked, draft_plans
from skyhub.planning._kept import PLANS, KeptPlan, Observation, asked_of, kept_plan, observations_of
from skyhub.planning._timeline import (
    JointTimelineAsked,
    TimelineAsked,
    timeline_of_kept_plan,
    timeline_of_plan,
    timeline_of_plans,
)

__all__ = [
    "EXPORT_FORMATS",
    "KINDS",
    "PLANS",
    "Equipment",
    "ExplanationAsked",
    "ExportFormat",
    "JointAsked",
    "JointTimelineAsked",
    "KeptPlan",
    "Observation",
    "PlanAsked",
    "TimelineAsked",
    "asked_of",
    "circular_of_plan",
    "draft_plan",
    "draft_plans",
    "equipment_of",
    "explain_kept_plan",
    "explain_plan",
    "export_plan",
    "kept_plan",
    "observations_of",
    "timeline_of_kept_plan",
    "timeline_of_plan",
    "timeline_of_plans",
]

KINDS = (PLANS,)
