"""Observability: when something can be observed from telescopes on the ground, tonight and over the year."""

from skyhub.observability._asked import Asked, Place, places_asked
from skyhub.observability._horizon import sky_over
from skyhub.observability._nights import hours_of_year, night_curves, observability

__all__ = ["Asked", "Place", "hours_of_year", "night_curves", "observability", "places_asked", "sky_over"]
