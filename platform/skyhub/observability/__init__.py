"""Observability: when something can be observed from telescopes on the ground, tonight and over the year."""

from skyhub.observability._asked import Asked
from skyhub.observability._nights import hours_of_year, night_curves, observability

__all__ = ["Asked", "hours_of_year", "night_curves", "observability"]
