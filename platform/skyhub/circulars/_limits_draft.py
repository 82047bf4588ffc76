"""The circular about upper limits at one place in answer to an event, whose sentences follow from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from skyhub.circulars._layout import Draft, ascii_of, authors_line, cited, counted, days_after, listed, paragraph, table
from skyhub.circulars._search_draft import Point
from skyhub.errors import InvalidInput

__all__ = ["Limit", "LimitFacts", "limits_draft"]


@dataclass(frozen=True)
class Limit:
    """The limit of an exposure in which nothing was detected."""

    obstime: datetime
    """UTC."""
    filter: str
    limiting_mag: float
    """AB."""
    nsigma: float


@dataclass(frozen=True)
class LimitFacts:
    """What was measured at one place after an event."""

    event: str
    t0: datetime
    """UTC."""
    name: str
    """Of the object at this place."""
    ra_deg: float
    dec_deg: float
    """ICRS."""
    until: datetime
    """Later exposures were left out; UTC."""
    authors: Sequence[str]
    limits: Sequence[Limit]
    """Those that are listed."""
    n_limits: int
    """How many there are."""
    detections: Sequence[Point] = ()
    level: float | None = None
    """Credible level of the event's localization at this place."""
    retracted: bool = False
    collaboration: str = ""
    references: Sequence[tuple[str, int]] = ()
    acknowledgements: Sequence[str] = ()


def limits_draft(facts: LimitFacts) -> Draft:
    """Write the circular.

    Raises
    ------
    InvalidInput
        If there is no author or no limit, fewer limits than are listed, or a table is too wide.
    """
    if not 0 < len(facts.limits) <= facts.n_limits:
        raise InvalidInput(
            f"{facts.n_limits} limits of {facts.name} are there and {len(facts.limits)} are listed: one at least is needed, "
            "and no more than there are. Take a longer time.",
            "limits",
        )
    parts = [
        authors_line(facts.authors, facts.collaboration),
        _place(facts),
        _result(facts),
        _limits(facts),
        paragraph("Magnitudes are in the AB system and are not corrected for Galactic extinction."),
        *(paragraph(text) for text in facts.acknowledgements),
    ]
    return Draft(ascii_of(_subject(facts)), "\n\n".join(parts) + "\n")


def _subject(facts: LimitFacts) -> str:
    what = "detections and upper limits" if facts.detections else "upper limits"
    return f"{facts.event}{' (retracted)' if facts.retracted else ''}: {what} of {facts.name}"


def _place(facts: LimitFacts) -> str:
    level = (
        "" if facts.level is None else f", which is at the {facts.level:.1%} credible level of the event's localization"
    )
    return paragraph(
        f"{facts.event} has since been retracted." if facts.retracted else "",
        f"Following {facts.event} {cited(facts.references)} we examined exposures of the position of {facts.name} "
        f"(RA = {facts.ra_deg:.5f}, Dec = {facts.dec_deg:+.5f} deg, J2000){level}, that were taken between "
        f"{facts.t0:%Y-%m-%d %H:%M:%S} UTC (the time of the event, T0) and {facts.until:%Y-%m-%d %H:%M:%S} UTC.",
    )


def _result(facts: LimitFacts) -> str:
    filters = listed(list(dict.fromkeys(limit.filter for limit in facts.limits)))
    deepest = max(facts.limits, key=lambda limit: limit.limiting_mag)
    found = (
        "No source was detected."
        if not facts.detections
        else f"It was detected {counted(len(facts.detections), 'time')}, {_first(facts)}; in other exposures it was not."
    )
    return paragraph(
        found,
        f"We have {counted(facts.n_limits, 'upper limit')} in the {'filter' if ' ' not in filters else 'filters'} {filters}.",
        f"{'It' if facts.n_limits == 1 else 'The deepest'} is {deepest.filter} > {deepest.limiting_mag:.2f} mag "
        f"(AB, {deepest.nsigma:g} sigma), "
        f"{days_after(facts.t0, deepest.obstime)} d after T0.",
        "Of each filter and UTC day the deepest is listed:" if len(facts.limits) < facts.n_limits else "",
    )


def _first(facts: LimitFacts) -> str:
    first = min(facts.detections, key=lambda point: point.obstime)
    error = "" if first.magerr is None else f" +/- {first.magerr:.2f}"
    return (
        f"first at {first.filter} = {first.mag:.2f}{error} mag (AB), {days_after(facts.t0, first.obstime)} d after T0"
    )


def _limits(facts: LimitFacts) -> str:
    rows = [
        [
            f"{limit.obstime:%Y-%m-%d %H:%M:%S}",
            days_after(facts.t0, limit.obstime),
            limit.filter,
            f"> {limit.limiting_mag:.2f}",
            f"{limit.nsigma:g}",
        ]
        for limit in sorted(facts.limits, key=lambda limit: limit.obstime)
    ]
    return table(["Time (UTC)", "T-T0 (d)", "Filter", "Limit (AB)", "Sigma"], rows)
