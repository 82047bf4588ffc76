"""The circular about what was observed of an event's localization, whose sentences follow from executed observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from skyhub.circulars._layout import (
    Draft,
    ascii_of,
    authors_line,
    cited,
    counted,
    days_after,
    listed,
    paragraph,
    plain,
    table,
)
from skyhub.errors import InvalidInput

__all__ = ["ObservationFacts", "ObservedBand", "observations_draft"]

_MOST_NAMED = 3


@dataclass(frozen=True)
class ObservedBand:
    """What the images of one instrument in one filter covered."""

    instrument: str
    filter: str
    n_images: int
    exposure_s: float
    """Zero where no image tells."""
    area_deg2: float
    """Of the union of the footprints."""
    probability: float
    """Of the localization, within the footprints."""
    depth: float | None = None
    """Median of the deepest limits (AB), weighted with the probability."""


@dataclass(frozen=True)
class ObservationFacts:
    """What was observed of the localization of an event."""

    event: str
    t0: datetime
    """UTC."""
    localization: str
    level: float
    region_area_deg2: float
    """Of the credible region of this level."""
    until: datetime
    """Later images were left out; UTC."""
    authors: Sequence[str]
    bands: Sequence[ObservedBand]
    instruments: Sequence[str]
    n_images: int
    """All of this time, wherever they point, also those whose filter is not known."""
    n_pointings: int
    first: datetime | None
    """When the first image began; UTC."""
    last: datetime | None
    exposure_s: float
    area_deg2: float
    """Of the union of all footprints."""
    area_inside_deg2: float
    """The part of it in the credible region."""
    probability: float
    probability_twice: float
    """Of what was seen twice or more often."""
    unmapped: Sequence[str] = ()
    """Instruments whose images are left out, as their footprints are not known."""
    nsigma: float = 5.0
    retracted: bool = False
    collaboration: str = ""
    references: Sequence[tuple[str, int]] = ()
    acknowledgements: Sequence[str] = ()


def observations_draft(facts: ObservationFacts) -> Draft:
    """Write the circular.

    Raises
    ------
    InvalidInput
        If there is no author, no image with a footprint, fewer images than the filters have, or a table is too wide.
    """
    if facts.n_images < 1 or facts.first is None or facts.last is None:
        missing = f" The footprints of {listed(facts.unmapped)} are not known: set them." if facts.unmapped else ""
        raise InvalidInput(
            f"no image with a footprint is there of the time between {facts.t0:%Y-%m-%d %H:%M:%S} and "
            f"{facts.until:%Y-%m-%d %H:%M:%S} UTC: one at least is needed. Bring a log in, or take a longer time.{missing}",
            "n_images",
        )
    if sum(band.n_images for band in facts.bands) > facts.n_images:
        raise InvalidInput(
            f"the filters have {sum(band.n_images for band in facts.bands)} images and {facts.n_images} are there in all: "
            "no more than there are may be listed. Count them anew.",
            "bands",
        )
    parts = [
        authors_line(facts.authors, facts.collaboration),
        _taken(facts, facts.first, facts.last),
        _covered(facts),
        *([_bands(facts.bands), _depths(facts)] if facts.bands else []),
        *(paragraph(text) for text in facts.acknowledgements),
    ]
    return Draft(ascii_of(_subject(facts)), "\n\n".join(parts) + "\n")


def _subject(facts: ObservationFacts) -> str:
    names = facts.instruments
    who = listed(names) if len(names) <= _MOST_NAMED else counted(len(names), "instrument")
    return f"{facts.event}{' (retracted)' if facts.retracted else ''}: observations with {who}"


def _taken(facts: ObservationFacts, first: datetime, last: datetime) -> str:
    exposure = f", with a total exposure time of {plain(facts.exposure_s)} s" if facts.exposure_s else ""
    when = (
        f"It began {days_after(facts.t0, first)} d after T0, at {first:%Y-%m-%d %H:%M:%S} UTC."
        if facts.n_images == 1
        else f"The first began {days_after(facts.t0, first)} d after T0, at {first:%Y-%m-%d %H:%M:%S} UTC, "
        f"and the last {days_after(facts.t0, last)} d after T0, at {last:%Y-%m-%d %H:%M:%S} UTC."
    )
    return paragraph(
        f"{facts.event} has since been retracted." if facts.retracted else "",
        f"After {facts.event} {cited(facts.references)} we took {counted(facts.n_images, 'image')} with "
        f"{listed(facts.instruments)} at {counted(facts.n_pointings, 'pointing')}{exposure}, between "
        f"{facts.t0:%Y-%m-%d %H:%M:%S} UTC (the time of the event, T0) and {facts.until:%Y-%m-%d %H:%M:%S} UTC.",
        when,
    )


def _covered(facts: ObservationFacts) -> str:
    if facts.probability <= 0:
        covered = f"None of the probability of the localization {facts.localization} was covered."
    else:
        covered = (
            f"{'It covers' if facts.n_images == 1 else 'They cover'} {_percent(facts.probability)} of the probability of the "
            f"localization {facts.localization}, and {plain(facts.area_inside_deg2)} of the {plain(facts.region_area_deg2)} deg2 "
            f"of its {facts.level:.0%} credible region."
        )
    twice = facts.probability_twice
    again = (
        f"{_percent(twice)} of the probability was covered at least twice."
        if twice > 0
        else "No part was covered twice."
    )
    union = "The footprint has" if facts.n_images == 1 else "The union of the footprints has"
    return paragraph(
        f"{union} an area of {plain(facts.area_deg2)} deg2, in which gaps between detectors are not counted.",
        covered,
        again if facts.n_images > 1 and facts.probability > 0 else "",
        _left_out(facts),
    )


def _percent(probability: float) -> str:
    return "less than 0.1%" if probability < 0.001 else f"{probability:.1%}"


def _left_out(facts: ObservationFacts) -> str:
    nameless = facts.n_images - sum(band.n_images for band in facts.bands)
    unknown = f"Of {counted(nameless, 'image')} the filter is not known." if nameless else ""
    unmapped = (
        f"Images of {listed(facts.unmapped)} are left out, as it is not known what they cover."
        if facts.unmapped
        else ""
    )
    return " ".join(filter(None, (unknown, unmapped)))


def _bands(bands: Sequence[ObservedBand]) -> str:
    rows = [
        [
            band.instrument,
            band.filter,
            str(band.n_images),
            plain(band.exposure_s) if band.exposure_s else "-",
            plain(band.area_deg2),
            f"{band.probability:.1%}",
            "-" if band.depth is None else f"> {band.depth:.2f}",
        ]
        for band in sorted(bands, key=lambda band: (band.instrument, band.filter))
    ]
    return table(["Instrument", "Filter", "Images", "Exposure (s)", "Area (deg2)", "Prob.", "Depth (AB)"], rows)


def _depths(facts: ObservationFacts) -> str:
    known = [band for band in facts.bands if band.depth is not None]
    if not known:
        return paragraph("How deep the images are is not known.")
    return paragraph(
        f"Depths are {facts.nsigma:g}-sigma limiting magnitudes in the AB system: those of the deepest image at each place, of "
        "which the median is taken, weighted with the probability. They are not corrected for Galactic extinction.",
    )
