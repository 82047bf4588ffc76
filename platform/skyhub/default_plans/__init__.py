"""Default plans: drafted by themselves when a localization comes, for an allocation and events as they are asked for."""

from skyhub.default_plans._defaults import DEFAULT_PLANS, DefaultPlan
from skyhub.default_plans._drafts import drafts_of_defaults
from skyhub.default_plans._watch import watch_default_plans

__all__ = ["DEFAULT_PLANS", "KINDS", "DefaultPlan", "drafts_of_defaults", "watch_default_plans"]

KINDS = (DEFAULT_PLANS,)
