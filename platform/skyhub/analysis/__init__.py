"""Analysis: what the light curve of an object tells, computed for who asks from the points that they may see."""

from skyhub.analysis._periodogram import PeriodSearch, object_periodogram

__all__ = ["PeriodSearch", "object_periodogram"]
