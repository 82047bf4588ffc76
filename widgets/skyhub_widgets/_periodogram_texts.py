"""What a periodogram says in words: of its peaks, its bands and its false alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyhub_widgets._static import html_table, text_of

__all__ = ["DIGITS", "band_rows", "false_alarm_text", "levels_of", "peaks_html", "relation_of"]

DIGITS = 7
"""Of periods and frequencies: a peak of a survey of years is as narrow as this."""


def levels_of(found: Mapping[str, Any]) -> list[dict[str, float]]:
    """Powers of false-alarm probabilities: known of one band, whose power is then the one that is drawn."""
    bands = found["bands"]
    if len(bands) != 1:
        return []
    return [{"probability": float(p), "power": power} for p, power in bands[0]["levels"].items()]


def false_alarm_text(found: Mapping[str, Any]) -> str:
    """How probable it is that noise has as high a peak."""
    probability, method, bands = found["false_alarm"], found["false_alarm_method"], len(found["bands"])
    if probability is None:
        return "False-alarm probability: none is known with several harmonics (a bootstrap would give one)."
    if method == "bootstrap":
        return f"False-alarm probability = {probability:.2g} (bootstrap)."
    summed = f", the smallest of {bands} bands times {bands}" if bands > 1 else ""
    return f"False-alarm probability ≤ {probability:.2g} (Baluev 2008{summed})."


def relation_of(peak: Mapping[str, Any]) -> str:
    """What a peak may be of the highest one; empty if nothing is known."""
    if peak["relation"] == "harmonic":
        return f"{peak['factor']:g} × the best frequency"
    if peak["relation"] == "alias":
        return f"alias by {peak['cycle'] or format(peak['window_frequency'], '.4g') + ' 1/d'}"
    return ""


def band_rows(found: Mapping[str, Any]) -> list[list[str]]:
    """Of each filter, instrument and origin: points, amplitude (µJy), power, false-alarm probability."""
    return [
        [
            " · ".join(filter(None, (band["filter"], band["instrument"], band["origin"]))),
            str(band["n_points"]),
            text_of(band["amplitude"], 2),
            text_of(band["power"], 3),
            "" if band["false_alarm"] is None else f"{band['false_alarm']:.2g}",
        ]
        for band in found["bands"]
    ]


def peaks_html(found: Mapping[str, Any] | None) -> str:
    """The peaks as an HTML table, the highest first, with what is said of false alarms."""
    rows = [
        [
            str(n),
            f"{peak['period']:.{DIGITS}g}",
            f"{peak['frequency']:.{DIGITS}g}",
            text_of(peak["power"], 3),
            relation_of(peak),
        ]
        for n, peak in enumerate(found["peaks"] if found else [], 1)
    ]
    head = ["", "period (d)", "frequency (1/d)", "power", "may be"]
    return html_table(head, rows, false_alarm_text(found) if found else "No periodogram.")
