"""A candidate's card as plain HTML, for reports."""

from __future__ import annotations

from html import escape

from skyhub_widgets._axes import LightCurveAxes
from skyhub_widgets._cutouts import cutouts_html
from skyhub_widgets._figure import figure_html, light_curve_figure
from skyhub_widgets._photometry import photometry_from
from skyhub_widgets._protocols import Card
from skyhub_widgets._shown import shown_photometry
from skyhub_widgets._static import html_table, text_of

__all__ = ["card_html"]

MARKS = {"good": " (+)", "bad": " (−)"}
WORDS = {"save": "saved", "reject": "rejected"}


def card_html(card: Card) -> str:
    """Heading, cutouts, light curve and the card's numbers, as HTML that needs nothing else."""
    name = str(card["object_id"])
    points = shown_photometry(photometry_from(card["photometry"])).points
    curve = figure_html(light_curve_figure(points, LightCurveAxes()), "svg", f"Light curve of {name}")
    heading = f"<h3>{escape(name)}</h3><p>{escape(_subtitle(card))}</p>"
    parts = [heading, cutouts_html(card["cutouts"], name), curve.html, *_tables(card)]
    return f'<article class="skyhub-static skyhub-card-static">{"".join(parts)}</article>'


def _subtitle(card: Card) -> str:
    position = " ".join(card["position"]["sexagesimal"])
    return f"{card['survey']}, night {card['dayobs']}, candid {text_of(card['candid'])}, {position} (ICRS)"


def _tables(card: Card) -> list[str]:
    notes = [
        [str(note["label"] or note["key"]), text_of(note["value"]) + MARKS.get(note["verdict"] or "", "")]
        for note in card["annotations"]
    ]
    decisions = [
        [str(d["user"]), WORDS.get(d["verdict"], str(d["verdict"])), ", ".join(d["groups"]), str(d["decided_at"])]
        for d in card["decisions"]
    ]
    tables = [html_table(["statistic", "value"], _statistics(card), "Statistics")]
    if notes:
        tables.append(html_table(["annotation", "value"], notes, "Annotations"))
    if decisions:
        tables.append(html_table(["user", "decision", "groups", "at (UTC)"], decisions, "Decisions"))
    return tables


def _statistics(card: Card) -> list[list[str]]:
    s = card["statistics"]
    points = [[label, _point(s.get(key))] for label, key in _POINTS]
    return [
        ["detections", text_of(s["n_detections"])],
        ["upper limits", text_of(s["n_limits"])],
        *points,
        ["rise (mag/day)", text_of(s.get("rise_mag_per_day"), 3)],
        ["age (days)", text_of(s.get("age_days"), 1)],
    ]


_POINTS = (("first", "first"), ("last", "last"), ("peak", "peak"), ("last limit", "last_limit"))


def _point(point: dict[str, object] | None) -> str:
    if point is None:
        return text_of(None)
    return f"{point['filter']} {text_of(point['mag'], 2)} at MJD {text_of(point['mjd'], 5)}"
