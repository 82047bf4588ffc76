"""The picture of a plan: pages of a PDF, or an animation of its night.

The document is plain: ``title, lines`` (what it reaches), ``sky`` (of `SkyAxes`), ``fields`` with ``outline`` in their order,
``observations`` with ``field_id, filter, start, end`` (MJD, UTC), ``airmass`` and ``probability``, ``nights`` with ``twilights``,
``bound, limit``, and the ``head`` and ``rows`` of the table as texts.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from PIL import Image

from skyhub.pictures._sky import SkyAxes

__all__ = ["drawn"]

_A4 = (8.27, 11.69)
_ROWS = 62
"""Lines of the table on a page."""
_WIDTHS = (0.06, 0.1, 0.08, 0.2, 0.11, 0.12, 0.12, 0.1, 0.11)
"""Of the columns of the table, as parts of the page."""
_MOST_PAGES = 24
_MOST_FRAMES = 48
_FRAME = (6.4, 4.8)
_COLOURS = 64
_OBSERVED, _AHEAD = (0.09, 0.13, 0.16, 0.8), (0.5, 0.5, 0.5, 0.25)
"""Colours of outlines."""
_OPAQUE = 0.75
_MILLISECONDS, _LAST_MILLISECONDS = 180, 2500
_SHADES = (("sunset", 0.10), ("civil", 0.08), ("nautical", 0.07), ("astronomical", 0.05))
"""Of the time outside of each twilight; they add up to the day."""
_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)


def drawn(form: str, document: Mapping[str, Any]) -> bytes:
    """The picture as a file, of one of `skyhub.pictures.PICTURES`."""
    return _pages(document) if form == "pdf" else _animation(document)


def _pages(document: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    with PdfPages(out, metadata={"Title": document["title"], "Creator": "skyhub"}) as pages:
        pages.savefig(_overview(document))
        for figure in _tables(document):
            pages.savefig(figure)
    return out.getvalue()


def _overview(document: Mapping[str, Any]) -> Figure:
    """Sky, exposures by filter, airmass and probability on one page."""
    figure = Figure(figsize=_A4)
    figure.text(0.08, 0.965, document["title"], fontsize=14, weight="bold")
    figure.text(0.08, 0.955, "\n".join(document["lines"]), fontsize=8, va="top")
    colours = _order_colours(len(document["fields"]))
    sky = SkyAxes(figure, (0.08, 0.52, 0.86, 0.39), document["sky"])
    sky.fields([field["outline"] for field in document["fields"]], colours)
    by_field = {field["field_id"]: colour for field, colour in zip(document["fields"], colours, strict=True)}
    bands = list(dict.fromkeys(row["filter"] for row in document["observations"]))
    lanes, heights, grown = (
        figure.add_axes((0.1, bottom, 0.84, tall)) for bottom, tall in ((0.38, 0.09), (0.22, 0.14), (0.06, 0.14))
    )
    for axes in (lanes, heights, grown):
        _night(axes, document)
    rows = document["observations"]
    begin, end = (np.array([_time(row[name]) for row in rows]) for name in ("start", "end"))
    own = [tuple(by_field[row["field_id"]]) for row in rows]
    lanes.barh([bands.index(row["filter"]) for row in rows], end - begin, left=begin, height=0.7, color=own)
    heights.scatter((begin + end) / 2, [row["airmass"] for row in rows], s=6, color=own)
    lanes.set_yticks(range(len(bands)), bands)
    lanes.set_ylim(len(bands) - 0.4, -0.6)
    heights.invert_yaxis()
    heights.set_ylabel("airmass", fontsize=8)
    if document["limit"]:
        heights.axhline(document["limit"], color="k", lw=0.8, ls="--")
    _growth(grown, document)
    return figure


def _growth(axes: Axes, document: Mapping[str, Any]) -> None:
    rows = document["observations"]
    times = [_time(document["nights"][0]["begin"]), *(_time(row["end"]) for row in rows)]
    axes.step(times, [0.0, *(row["probability"] for row in rows)], where="post", color="#0b5cad")
    axes.axhline(document["bound"], color="k", lw=0.8, ls="--")
    axes.text(
        0.01,
        document["bound"],
        f"at most {document['bound']:.3f}",
        transform=axes.get_yaxis_transform(),
        fontsize=7,
        va="bottom",
    )
    axes.set_ylim(0, 1.15 * document["bound"])
    axes.set_ylabel("probability", fontsize=8)
    axes.set_xlabel("UTC", fontsize=8)


def _night(axes: Axes, document: Mapping[str, Any]) -> None:
    """The time of all nights, shaded by day and twilights."""
    begin, end = (document["nights"][place][name] for place, name in ((0, "begin"), (-1, "end")))
    axes.set_xlim(_time(begin), _time(end))
    for name, opacity in _SHADES:
        at = begin
        dark = [night["twilights"][name] for night in document["nights"] if name in night["twilights"]]
        for first, last in [*dark, (end, end)]:
            if first > at:
                axes.axvspan(_time(at), _time(first), color="k", alpha=opacity, lw=0)
            at = max(at, last)
    locator, formatter = _hours()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.tick_params(labelsize=7)


def _hours() -> tuple[Any, Any]:
    """Where times are marked, and how."""
    from matplotlib.dates import AutoDateLocator, DateFormatter

    return AutoDateLocator(tz=UTC, maxticks=9), DateFormatter("%H:%M", tz=UTC)


def _tables(document: Mapping[str, Any]) -> Iterator[Figure]:
    """The table in pages, of which there are so many at most."""
    rows: Sequence[Sequence[str]] = document["rows"]
    parts = [rows[n : n + _ROWS] for n in range(0, len(rows), _ROWS)]
    for number, part in enumerate(parts[:_MOST_PAGES], start=1):
        figure = Figure(figsize=_A4)
        axes = figure.add_axes((0.05, 0.03, 0.9, 0.92))
        axes.set_axis_off()
        axes.set_title(f"{document['title']}: observations, page {number} of {len(parts)}", fontsize=9, loc="left")
        table = axes.table(
            [*map(list, part)], colLabels=list(document["head"]), loc="upper center", cellLoc="right", colWidths=_WIDTHS
        )
        table.auto_set_font_size(False)
        table.set_fontsize(6.5)
        if number == _MOST_PAGES < len(parts):
            figure.text(
                0.05, 0.015, f"{len(rows) - _ROWS * _MOST_PAGES} more observations are in the table as csv.", fontsize=7
            )
        yield figure


def _animation(document: Mapping[str, Any]) -> bytes:
    """What is observed one after another, with time and probability."""
    figure = Figure(figsize=_FRAME)
    canvas = FigureCanvasAgg(figure)
    figure.text(0.03, 0.95, document["title"], fontsize=11, weight="bold")
    said = figure.text(0.03, 0.03, "", fontsize=9, family="monospace")
    sky = SkyAxes(figure, (0.08, 0.13, 0.86, 0.78), document["sky"])
    fields, rows = document["fields"], document["observations"]
    colours = _order_colours(len(fields))
    outlines = sky.fields([field["outline"] for field in fields], colours)
    copies = [sky.copies_of(field["outline"]) for field in fields]
    first = {row["field_id"]: n for n, row in reversed([*enumerate(rows)])}
    begins = np.repeat([first.get(field["field_id"], len(rows)) for field in fields], copies)
    faces = np.repeat(colours, copies, axis=0)
    outlines.set_visible(False)
    canvas.draw()
    empty = canvas.copy_from_bbox(figure.bbox)
    outlines.set_visible(True)
    frames = []
    for last in _steps(len(rows)):
        shown = begins <= last
        outlines.set_facecolor([*map(tuple, np.where(shown[:, None], faces, 0.0))])
        outlines.set_edgecolor([_OBSERVED if done else _AHEAD for done in shown.tolist()])
        row = rows[last]
        time = (_EPOCH + timedelta(days=row["end"])).strftime("%Y-%m-%d %H:%M UTC")
        said.set_text(
            f"{time}  {last + 1:4d}/{len(rows)} {row['filter']:>6}  probability {row['probability']:.3f} of {document['bound']:.3f}"
        )
        canvas.restore_region(empty)
        sky.axes.draw_artist(outlines)
        figure.draw_artist(said)
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        frames.append(image.quantize(_COLOURS, dither=Image.Dither.NONE))
    out = io.BytesIO()
    durations = [_MILLISECONDS] * (len(frames) - 1) + [_LAST_MILLISECONDS]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)
    return out.getvalue()


def _steps(count: int) -> list[int]:
    """After which observations a frame is drawn: of so many at most, the last among them."""
    return sorted(set(np.linspace(0, count - 1, min(count, _MOST_FRAMES)).round().astype(int).tolist()))


def _order_colours(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    colours = np.asarray(colormaps["viridis"](np.linspace(0.05, 0.9, max(count, 1)))[:count])
    colours[:, 3] = _OPAQUE
    return colours


def _time(mjd: float) -> float:
    """A time (MJD, UTC) as matplotlib counts it: in days since 1970."""
    return mjd - 40_587.0


if __name__ == "__main__":
    sys.stdout.buffer.write(drawn(sys.argv[1], json.load(sys.stdin)))
