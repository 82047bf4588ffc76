"""The demo's accounts, groups and filters: one definition for the hub and for the database."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ACCOUNTS", "ADMINISTRATORS", "FILTERS", "GROUPS", "SCIENTISTS", "DemoFilter"]

ADMINISTRATORS = ("admin",)
SCIENTISTS = ("scientist",)
"""Who, beyond scanning, uploads data and asks for observations."""

ACCOUNTS = {
    "scanner-ztf": ("ztf-transients", "night-shift"),
    "scanner-grb": ("grb-afterglows", "night-shift"),
    "scientist": ("ztf-transients", "grb-afterglows"),
    "visitor": (),
    "admin": ("ztf-transients", "grb-afterglows", "night-shift"),
}
"""Accounts and their groups; who is in a group may scan for it."""

GROUPS = {
    "ztf-transients": ("ztf-partnership",),
    "grb-afterglows": ("ztf-partnership",),
    "night-shift": ("ztf-partnership",),
}
"""Groups and the streams that their members may see."""


class DemoFilter(NamedTuple):
    """A candidate filter of a group."""

    name: str
    group: str
    expression: str


_REAL = "coalesce(drb, rb) >= 0.65 AND positive AND (sso_distance IS NULL OR sso_distance > 5)"
_NO_STAR = "NOT coalesce(star_score > 0.76 AND star_distance < 2, false)"

FILTERS = (
    DemoFilter(
        "Extragalactic transients", "ztf-transients", f"{_REAL} AND {_NO_STAR} AND n_detections >= 2 AND age < 100"
    ),
    DemoFilter(
        "Fast and young", "grb-afterglows", f"{_REAL} AND {_NO_STAR} AND n_detections BETWEEN 1 AND 4 AND age <= 4"
    ),
    DemoFilter("Bright and new", "night-shift", f"{_REAL} AND mag < 18.5 AND age < 30 AND n_detections >= 2"),
)
