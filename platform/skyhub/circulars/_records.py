"""Records and words of parameters as facts of a circular."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from skyhub.circulars._classification_draft import Line, TakenSpectrum
from skyhub.circulars._limits_draft import Limit
from skyhub.circulars._observations_draft import ObservedBand
from skyhub.circulars._search_draft import Candidate, Point
from skyhub.errors import InvalidInput
from skyhub.science.nights import datetime_of_mjd

__all__ = [
    "band_of",
    "candidate_of",
    "limit_of",
    "parse_lines",
    "parse_references",
    "point_of",
    "spectrum_of",
    "subject_name",
]

_REFERENCE = re.compile(r"^(?P<author>\S.*?)[\s,]+(?:GCN\s+)?(?:Circ(?:ular)?\.?\s*)?#?(?P<number>\d{1,6})$")
_LINE = re.compile(r"^(?P<name>\S.*?)\s+(?P<rest>\d+(?:\.\d+)?)$")
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT")
_SUPEREVENT = re.compile(r"^M?S\d{6}[a-z]+$")


def candidate_of(record: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> Candidate:
    """A candidate from records: an object's ``object_id, ra, dec`` (ICRS, deg), ``level`` and perhaps ``redshift``, and its points'
    ``mjd, filter, mag`` and ``magerr`` (None for a limit)."""
    measured = [point_of(point) for point in points]
    return Candidate(
        record["object_id"], record["ra"], record["dec"], record["level"], record.get("redshift"), measured
    )


def point_of(record: Mapping[str, Any]) -> Point:
    """A measurement from a record with ``mjd, filter, mag`` and ``magerr`` (None for a limit)."""
    return Point(
        datetime_of_mjd(record["mjd"]),
        record["filter"],
        record["mag"],
        record["magerr"],
        record.get("instrument") or "",
    )


def limit_of(record: Mapping[str, Any]) -> Limit:
    """A limit from a record with ``mjd, filter, limiting_mag, limiting_nsigma``."""
    return Limit(datetime_of_mjd(record["mjd"]), record["filter"], record["limiting_mag"], record["limiting_nsigma"])


def band_of(coverage: Mapping[str, Any]) -> ObservedBand:
    """A row of what was observed, from the coverage (as `skyhub.client.Localizations.coverage` tells it) by one instrument in one
    filter."""
    [instrument], [seen] = coverage["instruments"], coverage["filters"]
    return ObservedBand(
        instrument,
        seen["filter"],
        seen["n_observations"],
        coverage["exposure_s"],
        seen["area"],
        seen["probability"],
        seen["depth"],
    )


def spectrum_of(record: Mapping[str, Any]) -> TakenSpectrum:
    """A spectrum from a record with ``mjd, instrument, telescope, exposure`` (s), ``frame`` and ``wavelength_min, wavelength_max``
    (Å), which are told where they are those that were observed."""
    observed = record["frame"] == "observed"
    return TakenSpectrum(
        datetime_of_mjd(record["mjd"]),
        record["instrument"],
        record["telescope"],
        record["exposure"],
        (record["wavelength_min"], record["wavelength_max"]) if observed else None,
    )


def parse_lines(text: str) -> list[Line]:
    """Spectral lines, as names and wavelengths at rest (Å).

    Raises
    ------
    InvalidInput
        If one has no name or no wavelength.

    Examples
    --------
    >>> parse_lines("Ca II K 3933.66; H-alpha 6562.8")
    [Line(name='Ca II K', rest=3933.66), Line(name='H-alpha', rest=6562.8)]
    """
    found = []
    for part in filter(None, map(str.strip, text.split(";"))):
        match = _LINE.match(part)
        if match is None or float(match["rest"]) <= 0:
            raise InvalidInput(
                f"{part!r} is no line: give its name and wavelength at rest (Angstrom), 'H-alpha 6562.8', several apart by ';'.",
                "lines",
            )
        found.append(Line(match["name"], float(match["rest"])))
    return found


def parse_references(text: str) -> list[tuple[str, int]]:
    """Circulars that are cited, as authors and number.

    Raises
    ------
    InvalidInput
        If one has no authors or no number.

    Examples
    --------
    >>> parse_references("A. Author et al. 33816; B. Author, GCN Circ. 33817")
    [('A. Author et al.', 33816), ('B. Author', 33817)]
    """
    found = []
    for part in filter(None, map(str.strip, text.split(";"))):
        match = _REFERENCE.match(part)
        if match is None:
            raise InvalidInput(
                f"{part!r} cites no circular: give 'A. Author et al. 33816', several apart by ';'.", "references"
            )
        found.append((match["author"].rstrip(","), int(match["number"])))
    return found


def subject_name(name: str, aliases: Sequence[str] = ()) -> str:
    """What an event is called in a subject, so that GCN knows it: a superevent with its observatories, a trigger with its mission.

    Parameters
    ----------
    name
        As somebody called it; if this is a time, the first of its aliases is taken.
    aliases
        Its names as ``LVC#S230518h`` or ``SWIFT#1234567``.

    Examples
    --------
    >>> subject_name("S230518h"), subject_name("2026-11-22T03:00:00", ["SWIFT#1234567"]), subject_name("GRB 230812B")
    ('LIGO/Virgo/KAGRA S230518h', 'Swift trigger 1234567', 'GRB 230812B')
    """
    if _TIME.match(name) and aliases:
        name = aliases[0]
    mission, _, own = name.rpartition("#")
    if _SUPEREVENT.match(own):
        return f"LIGO/Virgo/KAGRA {own}"
    return f"{mission.capitalize()} trigger {own}" if mission and own.isdigit() else own
