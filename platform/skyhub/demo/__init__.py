"""A synthetic night of alerts in the survey's own packet format, for demonstrations and tests."""

from __future__ import annotations

from skyhub.demo.catalogs import CATALOGS
from skyhub.demo.writer import NightSummary, write_night

__all__ = ["CATALOGS", "NightSummary", "write_night"]
