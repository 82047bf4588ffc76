"""Analyses: fits of models to light curves, kept with the notebook that made them."""

from skyhub.analyses._models import ANALYSES, Analysis
from skyhub.analyses._parts import analysis_notebook, analysis_overlays, corner_plot
from skyhub.analyses._request import FitRequest, request_fit
from skyhub.analyses._storing import store_fit

KINDS = (ANALYSES,)

__all__ = [
    "ANALYSES",
    "KINDS",
    "Analysis",
    "FitRequest",
    "analysis_notebook",
    "analysis_overlays",
    "corner_plot",
    "request_fit",
    "store_fit",
]
