"""Observability: when something can be observed from telescopes on the ground, tonight and over the year."""

from skyhub.observability._asked import Asked, Place, places_asked
from skyhub.observability._horizon import sky_over
from skyhub.observability._nights import hours_of_year, night_curves, observability
from skyhub.observability._observers import observers_of
from skyhub.observability._targets import TargetsAsked, observability_of_targets

__all__ = [
    "Asked",
    "Place",
    "TargetsAsked",
    "hours_of_year",
    "night_curves",
    "observability",
    "observability_of_targets",
    "observers_of",
    "places_asked",
    "sky_over",
]
