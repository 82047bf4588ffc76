"""What a spectrum resembles: its type and redshift by cross-correlation with templates.

Both are put in even steps of ln λ, where a redshift is a shift, divided by their continua and filtered: what remains
is the pattern of the lines. The quality of a match is rlap [2]_: Tonry and Davis's r, the height of the peak in units of
the noise that its asymmetry shows [1]_, times the overlap in ln λ. The error of a redshift is a multiple of the peak's
width over 1 + rlap [2]_; the multiple is what the redshifts of real spectra need, each matched with those of other objects.

References
----------
.. [1] Tonry & Davis 1979, AJ 84, 1511. https://doi.org/10.1086/112569
.. [2] Blondin & Tonry 2007, ApJ 666, 1024. https://doi.org/10.1086/520494
"""

from skyhub.science.spectral_matching._flattened import Flattened, flattened
from skyhub.science.spectral_matching._made import made_templates
from skyhub.science.spectral_matching._matches import (
    GOOD_MATCH,
    Match,
    TypeShare,
    best_matches,
    drawn_over,
    type_shares,
)
from skyhub.science.spectral_matching._template import Template

__all__ = [
    "GOOD_MATCH",
    "Flattened",
    "Match",
    "Template",
    "TypeShare",
    "best_matches",
    "drawn_over",
    "flattened",
    "made_templates",
    "type_shares",
]
