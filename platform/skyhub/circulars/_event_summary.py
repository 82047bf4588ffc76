"""The summary of an event: who reports, its sources and rejected objects, their photometry, galaxies; tables in Markdown.

The order is that of the summaries that SkyPortal writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from skyhub.circulars._choices import PHOTOMETRY_COLUMNS
from skyhub.circulars._layout import (
    Draft,
    ascii_of,
    authors_line,
    cited,
    counted,
    markdown_table,
    paragraph,
)
from skyhub.circulars._search_draft import Candidate

__all__ = ["Galaxy", "SummaryFacts", "SummarySource", "event_summary"]


@dataclass(frozen=True)
class SummarySource:
    """An object in the localization, and what people hold it for."""

    candidate: Candidate
    status: str | None = None
    tns_name: str | None = None
    comment: str = ""


@dataclass(frozen=True)
class Galaxy:
    """A galaxy that may be the host."""

    name: str
    ra_deg: float
    dec_deg: float
    """ICRS."""
    share: float
    """Of the probability of all galaxies."""
    distance_mpc: float | None = None


@dataclass(frozen=True)
class SummaryFacts:
    """All that is told of an event."""

    event: str
    t0: datetime
    """UTC."""
    written_at: datetime
    """UTC."""
    localization: str
    area_deg2: float
    """Of the credible region."""
    level: float
    authors: Sequence[str]
    sources: Sequence[SummarySource] = ()
    """Those that were rejected have the status ``rejected``."""
    galaxies: Sequence[Galaxy] = ()
    retracted: bool = False
    number: int | None = None
    """Of the circular, if it is known."""
    columns: Sequence[str] = ("time", "days", "magnitude", "filter")
    """Of the tables of photometry."""
    collaboration: str = ""
    references: Sequence[tuple[str, int]] = ()
    acknowledgements: Sequence[str] = ()


def event_summary(facts: SummaryFacts) -> Draft:
    """Write the summary; sections of which there is nothing are left out.

    Raises
    ------
    InvalidInput
        If there is no author.
    """
    parts = [authors_line(facts.authors, facts.collaboration), _about(facts), *_sections(facts)]
    parts += [paragraph(text) for text in facts.acknowledgements]
    subject = (
        f"{facts.event}{' (retracted)' if facts.retracted else ''}: summary of {counted(len(facts.sources), 'source')}"
    )
    return Draft(ascii_of(subject), "\n\n".join(parts) + "\n", _headers(facts))


def _headers(facts: SummaryFacts) -> tuple[tuple[str, str], ...]:
    date = f"{facts.written_at:%y/%m/%d %H:%M:%S} GMT"
    number = () if facts.number is None else (("NUMBER", str(facts.number)),)
    return (("TITLE", "GCN SUMMARY"), *number, ("DATE", date), ("FROM", ascii_of(facts.authors[0])))


def _about(facts: SummaryFacts) -> str:
    n_rejected = sum(source.status == "rejected" for source in facts.sources)
    has = "has" if n_rejected == 1 else "have"
    return paragraph(
        f"{facts.event} {cited(facts.references)} was at {facts.t0:%Y-%m-%d %H:%M:%S} UTC (T0).",
        "It has since been retracted." if facts.retracted else "",
        f"We found {counted(len(facts.sources), 'source')} in the {facts.level:.0%} credible region ({facts.area_deg2:.4g} deg2) "
        f"of the localization {facts.localization}"
        + (f", {n_rejected} of which {has} been rejected." if n_rejected else "."),
        "Magnitudes are in the AB system and are not corrected for Galactic extinction; limits are those of their surveys."
        if any(source.candidate.points for source in facts.sources)
        else "",
    )


def _sections(facts: SummaryFacts) -> Iterator[str]:
    kept = [source for source in facts.sources if source.status != "rejected"]
    rejected = [source for source in facts.sources if source.status == "rejected"]
    for title, some in (("Sources", kept), ("Rejected sources", rejected)):
        if some:
            yield f"### {title}\n\n{_sources(some)}"
    for source in kept:
        if source.candidate.points:
            yield f"### Photometry of {ascii_of(source.candidate.name)}\n\n{_photometry(facts, source.candidate)}"
    if facts.galaxies:
        yield f"### Galaxies\n\n{_galaxies(facts.galaxies)}"


def _sources(sources: Sequence[SummarySource]) -> str:
    rows = [
        [
            one.candidate.name,
            one.tns_name or "",
            f"{one.candidate.ra_deg:.5f}",
            f"{one.candidate.dec_deg:+.5f}",
            "" if one.candidate.redshift is None else f"{one.candidate.redshift:.4g}",
            f"{one.candidate.level:.1%}",
            one.status or "",
            one.comment,
        ]
        for one in sources
    ]
    return markdown_table(["id", "tns", "ra (deg, J2000)", "dec (deg, J2000)", "z", "level", "status", "comment"], rows)


def _photometry(facts: SummaryFacts, candidate: Candidate) -> str:
    rows = [point.cells(facts.columns, candidate.name, facts.t0) for point in candidate.points]
    return markdown_table([PHOTOMETRY_COLUMNS[column] for column in facts.columns], rows)


def _galaxies(galaxies: Sequence[Galaxy]) -> str:
    rows = [
        [
            galaxy.name,
            f"{galaxy.ra_deg:.5f}",
            f"{galaxy.dec_deg:+.5f}",
            "" if galaxy.distance_mpc is None else f"{galaxy.distance_mpc:.1f}",
            f"{galaxy.share:.2%}",
        ]
        for galaxy in galaxies
    ]
    return markdown_table(["galaxy", "ra (deg, J2000)", "dec (deg, J2000)", "distance (Mpc)", "probability"], rows)
