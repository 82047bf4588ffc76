"""Telescopes, instruments with their fields and footprints, and detectors of other messengers."""

from skyhub.facilities._kinds import KINDS
from skyhub.facilities._shipped import load_facilities, shipped_records

__all__ = ["KINDS", "load_facilities", "shipped_records"]
