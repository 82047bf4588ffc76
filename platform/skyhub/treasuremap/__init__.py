"""The Treasure Map: our pointings out, when somebody says so, and those of others in."""

from skyhub.treasuremap._asked import DoiAsked, Fetching, Sharing
from skyhub.treasuremap._fetch import fetch_pointings
from skyhub.treasuremap._kept import shared_pointings
from skyhub.treasuremap._share import cancel_pointings, request_doi, share_pointings

__all__ = [
    "DoiAsked",
    "Fetching",
    "Sharing",
    "cancel_pointings",
    "fetch_pointings",
    "request_doi",
    "share_pointings",
    "shared_pointings",
]
