"""Photometry: the points of light curves, in microjansky (AB)."""

from skyhub.photometry._read import COLUMNS, light_curves, photometry_table, statistics_of
from skyhub.photometry._store import new_points

__all__ = ["COLUMNS", "light_curves", "new_points", "photometry_table", "statistics_of"]
