"""The circular about a search for counterparts of an event, whose sentences follow from what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from skyhub.circulars._choices import PHOTOMETRY_COLUMNS
from skyhub.circulars._layout import (
    Draft,
    ascii_of,
    authors_line,
    cited,
    counted,
    days_after,
    listed,
    number_word,
    paragraph,
    plain,
    table,
)
from skyhub.science.nights import mjd_of_datetime

__all__ = ["Candidate", "Point", "SearchFacts", "search_draft"]


@dataclass(frozen=True)
class Point:
    """A measurement, or a limit if `magerr` is None."""

    obstime: datetime
    """UTC."""
    filter: str
    mag: float
    """AB."""
    magerr: float | None = None
    instrument: str = ""

    def cells(self, columns: Sequence[str], name: str, t0: datetime) -> list[str]:
        """What stands in the columns (of `PHOTOMETRY_COLUMNS`) of a table of photometry."""
        told = {
            "name": name,
            "time": f"{self.obstime:%Y-%m-%d %H:%M:%S}",
            "mjd": f"{mjd_of_datetime(self.obstime):.5f}",
            "days": days_after(t0, self.obstime),
            "filter": self.filter,
            "magnitude": self.magnitude,
            "instrument": self.instrument,
        }
        return [told[column] for column in columns]

    @property
    def magnitude(self) -> str:
        """As it is written in a table."""
        return f"> {self.mag:.2f}" if self.magerr is None else f"{self.mag:.2f} +/- {self.magerr:.2f}"


@dataclass(frozen=True)
class Candidate:
    """An object that may be the counterpart."""

    name: str
    ra_deg: float
    dec_deg: float
    """ICRS."""
    level: float
    """Credible level of the localization at its place."""
    redshift: float | None = None
    points: Sequence[Point] = ()


@dataclass(frozen=True)
class SearchFacts:
    """What a search for counterparts found."""

    event: str
    t0: datetime
    """UTC."""
    localization: str
    area_deg2: float
    """Of the credible region that was searched."""
    level: float
    until: datetime
    """Objects first detected later were left out; UTC."""
    authors: Sequence[str]
    candidates: Sequence[Candidate] = ()
    limits: Sequence[Point] = ()
    """Limits of the images of the region, where nothing was found."""
    n_rejected: int = 0
    reasons: Sequence[tuple[str, str]] = ()
    """Of rejected objects the name and why, in a few words, as far as it is known."""
    retracted: bool = False
    nsigma: float = 5.0
    since: datetime | None = None
    """Objects first detected earlier were left out; T0 by default. UTC."""
    n_found: int | None = None
    """How many candidates there are, if not all of them are told."""
    instruments: Sequence[str] = ()
    """Whose photometry is told, if not that of all."""
    columns: Sequence[str] = ("name", "time", "days", "filter", "magnitude")
    """Of the table of photometry."""
    collaboration: str = ""
    references: Sequence[tuple[str, int]] = ()
    acknowledgements: Sequence[str] = ()


def search_draft(facts: SearchFacts) -> Draft:
    """Write the circular.

    Raises
    ------
    InvalidInput
        If there is no author, or a table is too wide.
    """
    parts = [authors_line(facts.authors, facts.collaboration), _search(facts), _result(facts)]
    if facts.candidates:
        parts.append(_places(facts.candidates))
    points = [(candidate.name, point) for candidate in facts.candidates for point in candidate.points]
    points += [("-", point) for point in facts.limits]
    if points:
        parts += [_heading(facts, points), _photometry(facts, points), _system(facts)]
    parts += [paragraph(text) for text in facts.acknowledgements]
    return Draft(ascii_of(_subject(facts)), "\n\n".join(parts) + "\n")


def _subject(facts: SearchFacts) -> str:
    if facts.retracted:
        found = "search for counterparts of the retracted event"
    elif facts.candidates:
        found = counted(len(facts.candidates), "candidate counterpart")
    else:
        found = "upper limits of a search for counterparts" if facts.limits else "no candidate counterparts"
    return f"{facts.event}: {found}"


def _search(facts: SearchFacts) -> str:
    return paragraph(
        f"We searched the {facts.level:.0%} credible region ({plain(facts.area_deg2)} deg2) of the localization "
        f"{facts.localization} of {facts.event} {cited(facts.references)} for objects first detected between",
        _span(facts),
    )


def _span(facts: SearchFacts) -> str:
    t0, until = f"{facts.t0:%Y-%m-%d %H:%M:%S} UTC", f"{facts.until:%Y-%m-%d %H:%M:%S} UTC"
    if facts.since is None or facts.since == facts.t0:
        return f"{t0} (the time of the event, T0) and {until}."
    return f"{facts.since:%Y-%m-%d %H:%M:%S} UTC and {until}. The event was at {t0} (T0)."


def _result(facts: SearchFacts) -> str:
    rejected = _rejected(facts) if facts.n_rejected else ""
    retraction = f"{facts.event} has since been retracted." if facts.retracted else ""
    found = facts.candidates
    if not found:
        result = "No candidate counterpart was found."
    elif facts.retracted:
        result = f"The search had found {counted(len(found), 'object')}, no longer considered {_as_what(len(found))}:"
    elif facts.n_found is not None and facts.n_found > len(found):
        told = f"{number_word(len(found))} {'is' if len(found) == 1 else 'are'}"
        result = f"We find {counted(facts.n_found, 'candidate counterpart')}, of which {told} reported here:"
    else:
        result = f"We find {counted(len(found), 'candidate counterpart')}:"
    return paragraph(retraction, rejected, result)


def _rejected(facts: SearchFacts) -> str:
    told = f"After inspection, {counted(facts.n_rejected, 'object')} {_was(facts.n_rejected)} rejected"
    if not facts.reasons:
        return f"{told}."
    named = [f"{name} ({why.strip().rstrip('.')})" for name, why in facts.reasons]
    others = facts.n_rejected - len(named)
    return f"{told}: {listed([*named, counted(others, 'other')] if others > 0 else named)}."


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _as_what(number: int) -> str:
    return "a candidate counterpart" if number == 1 else "candidate counterparts"


def _places(candidates: Sequence[Candidate]) -> str:
    rows = [
        [
            c.name,
            f"{c.ra_deg:.5f}",
            f"{c.dec_deg:+.5f}",
            f"{c.level:.1%}",
            "-" if c.redshift is None else f"{c.redshift:.4g}",
        ]
        for c in candidates
    ]
    return table(["Name", "RA (deg, J2000)", "Dec (deg, J2000)", "Level", "z"], rows)


def _heading(facts: SearchFacts, points: Sequence[tuple[str, Point]]) -> str:
    names = list(dict.fromkeys(point.filter for _, point in points))
    filters = f"{'filter' if len(names) == 1 else 'filters'} {listed(names)}"
    if all(point.magerr is None for _, point in points):
        return paragraph(f"Nothing was detected in the {filters}. The {facts.nsigma:g}-sigma upper limits are:")
    by = f" by {listed(facts.instruments)}" if facts.instruments else ""
    return paragraph(f"The photometry{by} in the {filters} is:")


def _photometry(facts: SearchFacts, points: Sequence[tuple[str, Point]]) -> str:
    rows = [point.cells(facts.columns, name, facts.t0) for name, point in points]
    return table([PHOTOMETRY_COLUMNS[column] for column in facts.columns], rows)


def _system(facts: SearchFacts) -> str:
    points = [*facts.limits, *(p for c in facts.candidates for p in c.points)]
    limited = any(p.magerr is None for p in points) and any(p.magerr is not None for p in points)
    return paragraph(
        "Magnitudes are in the AB system and are not corrected for Galactic extinction.",
        f"Limits are at {facts.nsigma:g} sigma." if limited else "",
    )
