"""What was noted of an object, as HTML to read: names, classes, redshifts, comments, annotations, spectra, lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from skyhub_widgets._static import html_table, text_of
from skyhub_widgets.dashboard._view import note

__all__ = ["NOTED", "comment_html", "noted_html", "summary_html"]

NOTED = frozenset(
    {
        "aliases",
        "annotations",
        "classification_votes",
        "classifications",
        "comments",
        "list_entries",
        "object_tags",
        "redshifts",
        "same_as",
        "spectra",
    }
)
"""Kinds of live changes after which there may be more to read."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SIGNIFICANT = 6


def summary_html(record: Mapping[str, Any]) -> str:
    """The lines below an object's name: other names, what it is taken for, how far it is, tags, lists.

    Parameters
    ----------
    record
        The object as ``Sky.source`` gives it.
    """
    lines = [
        _line("also known as", [escape(name) for name in record["aliases"]]),
        _line("same as", [_object(str(linked["object_id"])) for linked in record["linked"]]),
        _line("within 4″ of", [_near(other) for other in record["duplicates"]]),
        " · ".join(filter(None, (_class(record), _redshift(record["redshift"]), _distance(record["distance"])))),
        "".join(_tag(tag) for tag in record["tags"])
        + _line("on lists", [escape(_list_name(entry)) for entry in record["lists"]]),
    ]
    return "".join(f'<p class="skyhub-summary">{line}</p>' for line in lines if line)


def noted_html(record: Mapping[str, Any], comments: Sequence[Mapping[str, Any]]) -> str:
    """Tables of what was noted, newest first, and a line that names what was not.

    Parameters
    ----------
    record
        The object as ``Sky.source`` gives it.
    comments
        The comments on it, as documents.
    """
    parts = {
        "comments": "".join(comment_html(comment) for comment in comments),
        "classifications": _classifications(record["classifications"]),
        "redshifts": _redshifts(record["redshifts"]),
        "annotations": _annotations(record["annotations"]),
    }
    shown = "".join(
        f'<section class="skyhub-noted-part"><h3>{name.capitalize()}</h3>{html}</section>'
        for name, html in parts.items()
        if html
    )
    missing = [name for name, html in parts.items() if not html]
    nothing = note(f"None yet: {', '.join(missing)}.") if missing else ""
    return f'<div class="skyhub-noted">{shown}</div>{nothing}'


def _line(title: str, items: Sequence[str]) -> str:
    return f"{title} {', '.join(items)}" if items else ""


def _near(other: Mapping[str, Any]) -> str:
    return f"{_object(str(other['object_id']))} ({other['separation_arcsec']:.1f}″)"


def _object(name: str) -> str:
    """A link to the page of an object."""
    address = urlencode({"view": "source", "object_id": name})
    return f'<a href="?{escape(address)}">{escape(name)}</a>'


def _class(record: Mapping[str, Any]) -> str:
    best = record["classification"]
    if not best:
        return ""
    return f"<b>{escape(best['classification'])}</b>{_probability(best)}"


def _probability(row: Mapping[str, Any]) -> str:
    return "" if row["probability"] is None else f" (probability {row['probability']:.2f})"


def _redshift(row: Mapping[str, Any] | None) -> str:
    return f"z = {_with_error(row)} ({escape(row['type'])})" if row else ""


def _with_error(row: Mapping[str, Any]) -> str:
    error = "" if row["error"] is None else f" ± {row['error']:.2g}"
    return f"{row['redshift']:.5g}{error}"


def _distance(distance: Mapping[str, Any] | None) -> str:
    if not distance or distance.get("luminosity_distance") is None:
        return ""
    return f"{distance['luminosity_distance']:.4g} Mpc, m − M = {distance['distance_modulus']:.2f} mag"


def _tag(tag: Mapping[str, Any]) -> str:
    colour = tag["colour"] if _COLOUR.fullmatch(tag["colour"] or "") else "currentColor"
    dot = f'<i style="background:{colour}"></i>'
    return f'<span class="skyhub-tag" title="by {escape(tag["author"])}">{dot}{escape(tag["tag"])}</span>'


def _list_name(entry: Mapping[str, Any]) -> str:
    return f"{entry['list_name']} (of {entry['owner']})"


def _time(row: Mapping[str, Any], name: str = "known_at") -> str:
    return str(row[name])[:16].replace("T", " ")


def comment_html(comment: Mapping[str, Any]) -> str:
    """A comment with its author, its time, and what it is about if not the object as a whole."""
    survey = f"{comment['about_survey']}:" if comment["about_survey"] else ""
    about = f" on {comment['about_table']} {survey}{comment['about_id']}" if comment["about_table"] else ""
    head = f"<b>{escape(comment['author'])}</b> {escape(about)} <time>{_time(comment)} UTC</time>"
    return f'<article class="skyhub-comment"><p>{head}</p>{comment["html"]}</article>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    made = list(rows)
    return html_table(head, made) if made else ""


def _classifications(rows: Sequence[Mapping[str, Any]]) -> str:
    return _table(
        ["class", "probability", "by", "votes", "at (UTC)"],
        (
            [r["classification"], text_of(r["probability"], 2), _author(r), f"+{r['votes_for']} −{r['votes_against']}", _time(r)]
            for r in rows
        ),
    )  # fmt: skip


def _author(row: Mapping[str, Any]) -> str:
    made_by = row.get("origin") or ("a model" if row.get("ml") else "")
    return f"{row['author']} ({made_by})" if made_by else str(row["author"])


def _redshifts(rows: Sequence[Mapping[str, Any]]) -> str:
    return _table(
        ["z (heliocentric)", "how", "by", "at (UTC)"], ([_with_error(r), r["type"], _author(r), _time(r)] for r in rows)
    )


def _annotations(rows: Sequence[Mapping[str, Any]]) -> str:
    return _table(
        ["origin", "what", "value", "at (UTC)"],
        ([r["origin"], key, _value(value), _time(r)] for r in rows for key, value in r["data"].items()),
    )


def _value(value: Any) -> str:
    return f"{value:.{_SIGNIFICANT}g}" if isinstance(value, float) else text_of(value)
