"""Photometry: the points of light curves, in microjansky (AB)."""

from skyhub.photometry._columns import NAMES
from skyhub.photometry._editing import Choice, Sharing
from skyhub.photometry._exposures import Duplicates, one_per_exposure
from skyhub.photometry._files import arrow_of_astropy, first_line_of, photometry_files, read_photometry_file
from skyhub.photometry._history import photometry_history
from skyhub.photometry._merging import merge_sums
from skyhub.photometry._options import UploadOptions
from skyhub.photometry._partials import measured_here, partial_sums
from skyhub.photometry._read import COLUMNS, light_curves, object_light_curve, photometry_table, statistics_of
from skyhub.photometry._sharing import announce_points, remove_photometry, share_photometry
from skyhub.photometry._statistics import (
    STATISTICS_SQL,
    add_up,
    first_and_last_detections,
    statistics,
    statistics_table,
)
from skyhub.photometry._store import new_points
from skyhub.photometry._times import mjd_of
from skyhub.photometry._upload import Uploaded, upload_photometry
from skyhub.photometry._validations import VALIDATIONS, PhotometryValidation

__all__ = [
    "COLUMNS",
    "KINDS",
    "NAMES",
    "STATISTICS_SQL",
    "Choice",
    "Duplicates",
    "PhotometryValidation",
    "Sharing",
    "UploadOptions",
    "Uploaded",
    "add_up",
    "announce_points",
    "arrow_of_astropy",
    "first_and_last_detections",
    "first_line_of",
    "light_curves",
    "measured_here",
    "merge_sums",
    "mjd_of",
    "new_points",
    "object_light_curve",
    "one_per_exposure",
    "partial_sums",
    "photometry_files",
    "photometry_history",
    "photometry_table",
    "read_photometry_file",
    "remove_photometry",
    "share_photometry",
    "statistics",
    "statistics_of",
    "statistics_table",
    "upload_photometry",
]

KINDS = (VALIDATIONS,)
"""The kinds of records about photometry."""
