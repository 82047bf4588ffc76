"""The circular about what an object is by its spectra, whose sentences follow from spectra, classification, redshift and host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from skyhub.circulars._layout import (
    Draft,
    ascii_of,
    authors_line,
    cited,
    counted,
    days_after,
    listed,
    paragraph,
    table,
    with_article,
)
from skyhub.errors import InvalidInput

__all__ = [
    "ClassificationFacts",
    "ClassifiedAs",
    "Host",
    "Line",
    "MeasuredRedshift",
    "TakenSpectrum",
    "classification_draft",
]


@dataclass(frozen=True)
class TakenSpectrum:
    """A spectrum, without its fluxes."""

    obstime: datetime
    """Beginning of the exposure; UTC."""
    instrument: str | None = None
    telescope: str | None = None
    exposure_s: float | None = None
    span: tuple[float, float] | None = None
    """Observed wavelengths (Angstrom) between which it lies."""

    @property
    def taken_with(self) -> str:
        """Instrument and telescope, as far as they are known."""
        return " on ".join(filter(None, (self.instrument, self.telescope)))


@dataclass(frozen=True)
class Line:
    """A line that was recognised."""

    name: str
    rest: float
    """Wavelength at rest (Angstrom)."""


@dataclass(frozen=True)
class ClassifiedAs:
    """What an object is taken for."""

    name: str
    probability: float | None = None
    by_machine: bool = False
    origin: str | None = None
    """The program, spectrum or paper that it is from."""


@dataclass(frozen=True)
class MeasuredRedshift:
    """A redshift with how it was measured."""

    value: float
    error: float | None
    kind: Literal["spectroscopic", "host", "photometric"]


@dataclass(frozen=True)
class Host:
    """The galaxy in which an object probably lies."""

    name: str
    separation_arcsec: float
    catalog: str
    redshift: float | None = None


@dataclass(frozen=True)
class ClassificationFacts:
    """What is known of an object by its spectra."""

    event: str
    t0: datetime
    """UTC."""
    name: str
    ra_deg: float
    dec_deg: float
    """ICRS."""
    authors: Sequence[str]
    spectra: Sequence[TakenSpectrum]
    classified: ClassifiedAs | None = None
    redshift: MeasuredRedshift | None = None
    lines: Sequence[Line] = ()
    """Those of which the redshift was measured."""
    matches: Sequence[str] = ()
    """Templates that match, as somebody names them, the best first."""
    host: Host | None = None
    level: float | None = None
    """Credible level of the event's localization at this place."""
    retracted: bool = False
    collaboration: str = ""
    references: Sequence[tuple[str, int]] = ()
    acknowledgements: Sequence[str] = ()


def classification_draft(facts: ClassificationFacts) -> Draft:
    """Write the circular.

    Raises
    ------
    InvalidInput
        If there is no author or no spectrum, lines without a redshift or where no spectrum reaches, or a table is too wide.
    """
    if not facts.spectra:
        raise InvalidInput(
            f"there is no spectrum of {facts.name}: one at least is needed. Store it, or take a longer time.", "spectra"
        )
    parts = [
        authors_line(facts.authors, facts.collaboration),
        _taken(facts),
        *([_spectra(facts)] if len(facts.spectra) > 1 else []),
        _result(facts),
        *(paragraph(text) for text in facts.acknowledgements),
    ]
    return Draft(ascii_of(_subject(facts)), "\n\n".join(parts) + "\n")


def _subject(facts: ClassificationFacts) -> str:
    event = f"{facts.event}{' (retracted)' if facts.retracted else ''}"
    if facts.classified is None:
        return f"{event}: spectroscopy of {facts.name}"
    return f"{event}: classification of {facts.name} as {with_article(facts.classified.name)}"


def _taken(facts: ClassificationFacts) -> str:
    level = (
        "" if facts.level is None else f", which is at the {facts.level:.1%} credible level of the event's localization"
    )
    spectra = facts.spectra
    tools = list(dict.fromkeys(spectrum.taken_with for spectrum in spectra if spectrum.taken_with))
    tool = f" with {listed(tools)}" if tools else ""
    return paragraph(
        f"{facts.event} has since been retracted." if facts.retracted else "",
        f"After {facts.event} {cited(facts.references)} we took {counted(len(spectra), 'spectrum', 'spectra')}{tool} of "
        f"{facts.name} (RA = {facts.ra_deg:.5f}, Dec = {facts.dec_deg:+.5f} deg, J2000){level}. "
        f"The time of the event (T0) is {facts.t0:%Y-%m-%d %H:%M:%S} UTC.",
        _exposure(spectra[0], facts.t0) if len(spectra) == 1 else "The spectra are:",
    )


def _exposure(spectrum: TakenSpectrum, t0: datetime) -> str:
    seconds = "" if spectrum.exposure_s is None else f", with an exposure time of {spectrum.exposure_s:g} s"
    span = "" if spectrum.span is None else f" It covers {spectrum.span[0]:.0f} to {spectrum.span[1]:.0f} Angstrom."
    return (
        f"The exposure began at {spectrum.obstime:%Y-%m-%d %H:%M:%S} UTC, {days_after(t0, spectrum.obstime)} d after T0"
        f"{seconds}.{span}"
    )


def _spectra(facts: ClassificationFacts) -> str:
    rows = [
        [
            f"{spectrum.obstime:%Y-%m-%d %H:%M:%S}",
            days_after(facts.t0, spectrum.obstime),
            spectrum.instrument or "-",
            "-" if spectrum.exposure_s is None else f"{spectrum.exposure_s:g}",
            "-" if spectrum.span is None else "{:.0f} - {:.0f}".format(*spectrum.span),
        ]
        for spectrum in sorted(facts.spectra, key=lambda spectrum: spectrum.obstime)
    ]
    return table(["Time (UTC)", "T-T0 (d)", "Instrument", "Exposure (s)", "Wavelengths (A)"], rows)


def _result(facts: ClassificationFacts) -> str:
    return paragraph(_class(facts), _matches(facts.matches), _redshift(facts), _lines(facts), _host(facts))


def _class(facts: ClassificationFacts) -> str:
    found = facts.classified
    if found is None:
        return f"We give no classification of {facts.name}."
    probability = "" if found.probability is None else f", with a probability of {found.probability:.0%}"
    origin = f" (by {found.origin})" if found.origin else ""
    who = f"{facts.name} is classified by a program" if found.by_machine else f"We classify {facts.name}"
    return f"{who} as {with_article(found.name)}{probability}{origin}."


def _matches(matches: Sequence[str]) -> str:
    if not matches:
        return ""
    others = f", followed by {listed(matches[1:])}" if len(matches) > 1 else ""
    return f"The best match is {matches[0]}{others}."


def _redshift(facts: ClassificationFacts) -> str:
    found = facts.redshift
    if found is None:
        return "No redshift was measured."
    what = {
        "spectroscopic": "The redshift is",
        "host": "The redshift of its host is",
        "photometric": "The photometric redshift is",
    }
    error = f" +/- {found.error:.2g}" if found.error else ""
    return f"{what[found.kind]} z = {found.value:.5g}{error}."


def _lines(facts: ClassificationFacts) -> str:
    if not facts.lines:
        return ""
    if facts.redshift is None or facts.redshift.kind == "photometric":
        raise InvalidInput(
            f"lines of {facts.name} are given and no redshift of a spectrum: note the redshift, or give no lines.",
            "lines",
        )
    stretched = 1 + facts.redshift.value
    spans = [spectrum.span for spectrum in facts.spectra]
    for line in facts.lines:
        at = line.rest * stretched
        if not any(span is None or span[0] <= at <= span[1] for span in spans):
            raise InvalidInput(
                f"{line.name} would be at {at:.0f} Angstrom, where no spectrum reaches: mend the line or the redshift.",
                "lines",
            )
    seen = [f"{line.name} at {line.rest * stretched:.0f} Angstrom" for line in facts.lines]
    return f"It rests on {'the line' if len(seen) == 1 else 'the lines'} {listed(seen)} (observed wavelengths)."


def _host(facts: ClassificationFacts) -> str:
    host = facts.host
    if host is None:
        return ""
    redshift = "" if host.redshift is None else f", which has z = {host.redshift:.4g} there"
    return f"Its host is probably {host.name} ({host.catalog}), {host.separation_arcsec:.1f} arcsec away{redshift}."
