"""What a stored spectrum resembles: templates that are made, and the classified spectra that somebody may see."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer, json_value
from skyhub.science.spectral_matching import (
    GOOD_MATCH,
    Flattened,
    Match,
    best_matches,
    drawn_over,
    flattened,
    made_templates,
    type_shares,
)
from skyhub.spectra._read import spectrum_row, spectrum_table
from skyhub.spectra._templates import stored_templates

__all__ = ["compare_spectrum"]

_DIGITS = 5


def compare_spectrum(
    db: Database,
    viewer: Viewer,
    spectrum_id: int,
    redshifts: tuple[float, float] = (-0.01, 0.5),
    limit: int = 10,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """The templates that a spectrum resembles most, as `skyhub.science.spectral_matching` finds them.

    Parameters
    ----------
    db, viewer, spectrum_id
        The database, who asks, and for which spectrum.
    redshifts
        Between which the redshift is looked for; of a spectrum at rest, what is left of it.
    limit
        At most so many matches.
    as_of
        Only facts known at this time.

    Returns
    -------
    dict
        ``spectrum_id``, ``object_id``, ``frame``, ``n_templates``; ``types``: ``type, share, n_matches, redshift,
        redshift_error`` of good matches; ``matches``: ``template, type, phase`` (d), ``spectrum_id`` (of a stored one),
        ``redshift, redshift_error, rlap, r, overlap`` (ln λ), ``height, good``, and to be drawn ``wavelengths`` (Å, in
        the spectrum's frame) and ``fluxes`` (in its unit).

    Raises
    ------
    NotFound
        If the viewer may not see the spectrum.
    InvalidInput
        If it covers too little, or the redshifts are not permitted.
    """
    row = spectrum_row(db, viewer, spectrum_id, ("object_id", "frame"), None, as_of)
    object_id, frame = (row[name].as_py() for name in ("object_id", "frame"))
    arrays = spectrum_table(db, viewer, spectrum_id, None, as_of)
    lines = flattened(arrays["wavelength"].to_numpy(), arrays["flux"].to_numpy())
    templates = [*made_templates(), *stored_templates(db, viewer, object_id, as_of)]
    matches = best_matches(lines, templates, redshifts)
    document: dict[str, Any] = json_value(
        {
            "spectrum_id": str(spectrum_id),
            "object_id": object_id,
            "frame": frame,
            "n_templates": len(templates),
            "types": [asdict(share) for share in type_shares(matches)],
            "matches": [_document(lines, match) for match in matches[:limit]],
        }
    )
    return document


def _document(lines: Flattened, match: Match) -> dict[str, Any]:
    wave, flux = drawn_over(lines, match)
    numbers = {name: value for name, value in match._asdict().items() if name != "template"}
    return {
        "template": match.template.name,
        "type": match.template.type,
        "phase": match.template.phase,
        "spectrum_id": match.template.spectrum_id,
        **numbers,
        "good": match.rlap >= GOOD_MATCH,
        "wavelengths": wave.round(2).tolist(),
        "fluxes": [float(f"{value:.{_DIGITS}g}") for value in flux],
    }
