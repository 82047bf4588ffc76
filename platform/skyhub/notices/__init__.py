"""Notices of astronomical events as they come from GCN and others, read into one form."""

from skyhub.notices._notice import Localization, MapFile, MapLink, Notice, Property, Role, dateobs_of
from skyhub.notices._rates import rate_tags
from skyhub.notices._read import LARGEST_NOTICE, read_notice

__all__ = [
    "LARGEST_NOTICE",
    "Localization",
    "MapFile",
    "MapLink",
    "Notice",
    "Property",
    "Role",
    "dateobs_of",
    "rate_tags",
    "read_notice",
]
