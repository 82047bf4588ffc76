"""Finding charts: a survey's image, or stars drawn from catalogues, with the target and the stars to offset from."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, Unavailable
from skyhub.finding._rules import StarRules
from skyhub.finding._stars import julian_year, offset_stars, stars_around
from skyhub.images import SurveyDesk
from skyhub.science.coordinates import Position, sexagesimal
from skyhub.science.footprints import offsets_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ChartFormat", "finding_chart"]

ChartFormat = Literal["png", "pdf"]

_SMALLEST, _LARGEST = 1.0, 15.0
_PIXELS = 500
_SEEING_ARCSEC = 1.5
_FULL_MAG = 15.0
"""A drawn star of this brightness is black at its centre."""


class _Picture(NamedTuple):
    """What lies behind the marks: grey levels (1 is black) with north up and east left, and where they come from."""

    levels: NDArray[np.float64]
    origin: str


def finding_chart(
    db: Database,
    viewer: Viewer,
    object_id: str,
    format: ChartFormat = "png",
    size_arcmin: float = 4.0,
    rules: StarRules | None = None,
    *,
    day: date | None = None,
    as_of: datetime | None = None,
) -> bytes:
    """A chart to find an object with: north up, east left, the target and its offset stars marked and listed.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and as it was known when.
    object_id
        An object that the viewer may see.
    format
        ``png`` or ``pdf``.
    size_arcmin
        Width of the chart on the sky (arcmin), 1 to 15.
    rules
        Which stars to offset from; within the chart.
    day
        When it is observed, today by default.

    Returns
    -------
    bytes
        The file. Behind the marks is the image of the first deep survey that has the place, where a service is named that gives
        such images; else the catalogues' stars are drawn by their magnitudes, and the chart says so.

    Raises
    ------
    InvalidInput
        If the size or the format is not permitted.
    NotFound
        If there is no such object among those that the viewer may see.
    """
    if not _SMALLEST <= size_arcmin <= _LARGEST:
        raise InvalidInput(
            f"the size is {size_arcmin} arcmin: {_SMALLEST:g} to {_LARGEST:g} are permitted.", "size_arcmin"
        )
    if format not in ("png", "pdf"):
        raise InvalidInput(f"the format is {format!r}: png and pdf are permitted.", "format")
    rules = rules or StarRules()
    inside = rules.model_copy(update={"radius_arcmin": min(rules.radius_arcmin, size_arcmin / 2)})
    found = offset_stars(db, viewer, object_id, inside, day=day, as_of=as_of)
    target = Position(found["ra"], found["dec"])
    picture = _survey(db, target, size_arcmin)
    if picture is None:
        stars = stars_around(db, viewer, target, size_arcmin, julian_year(day), as_of)
        picture = _drawn(stars, target, size_arcmin)
    return _file(_figure(found, picture, size_arcmin), format)


def _survey(db: Database, target: Position, size_arcmin: float) -> _Picture | None:
    """The image of a survey; None where no service is named, none has the place, or it does not answer."""
    desk = db.part(SurveyDesk)
    if desk.settings is None:
        return None
    try:
        found = desk.image(target.ra, target.dec, keep=False, width_arcsec=size_arcmin * 60)
    except (Unavailable, InvalidInput):
        return None
    if found is None:
        return None
    from PIL import Image

    survey, jpeg = found
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        grey = np.asarray(image.convert("L"), dtype=float)
    low, high = np.percentile(grey, [1, 99.7])
    return _Picture(np.clip((grey - low) / max(high - low, 1.0), 0, 1), survey.name)


def _drawn(stars: pa.Table, target: Position, size_arcmin: float) -> _Picture:
    """Stars as round spots, by magnitude; those without one as faint ones."""
    scale = size_arcmin * 60 / _PIXELS
    east, north = offsets_of(stars["ra"].to_numpy(), stars["dec"].to_numpy(), target.ra, target.dec)
    mags = np.nan_to_num(np.asarray(stars["mag"].to_numpy(), dtype=float), nan=20.0)
    levels = np.zeros((_PIXELS, _PIXELS))
    axis = (np.arange(_PIXELS) - (_PIXELS - 1) / 2) * scale
    for x, y, mag in zip(-east * 3600, -north * 3600, mags, strict=True):
        column, row = (np.exp(-((axis - place) ** 2) / (2 * (_SEEING_ARCSEC * 1.2) ** 2)) for place in (x, y))
        levels += 10 ** (-0.4 * (mag - _FULL_MAG)) * np.outer(row, column)
    catalogs = ", ".join(sorted(set(stars["catalog"].to_pylist())))
    origin = f"stars of {catalogs}, drawn" if catalogs else "no image and no stars at hand"
    return _Picture(np.clip(np.arcsinh(400 * levels) / np.arcsinh(400.0), 0, 1), origin)


def _figure(found: dict[str, Any], picture: _Picture, size_arcmin: float) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7.4), layout="constrained")
    chart, text = figure.subplots(1, 2, width_ratios=[2.1, 1])
    half = size_arcmin * 30
    chart.imshow(picture.levels, cmap="Greys", vmin=0, vmax=1, extent=(half, -half, -half, half), origin="upper")
    chart.set_xlabel("east (arcsec)")
    chart.set_ylabel("north (arcsec)")
    _mark(chart, found, half)
    text.set_axis_off()
    text.text(0, 1, _text(found, picture, size_arcmin), va="top", family="monospace", size=9, transform=text.transAxes)
    return figure


def _mark(chart: Axes, found: dict[str, Any], half: float) -> None:
    gap, arm = half / 25, half / 9
    for x, y in (((gap, gap + arm), (0, 0)), ((0, 0), (gap, gap + arm))):
        chart.plot(x, y, color="tab:red", lw=1.6)
    for number, star in enumerate(found["stars"], start=1):
        # From the star to the target: the star lies the other way from it.
        x, y = -star["east"], -star["north"]
        chart.plot(x, y, "o", ms=16, mfc="none", mec="tab:blue", mew=1.3)
        chart.annotate(
            str(number), (x, y), (11, 8), textcoords="offset points", color="tab:blue", size=11, weight="bold"
        )
    bar = 60 if half >= 60 else 30
    left, low = half * 0.92, -half * 0.92
    chart.plot([left, left - bar], [low, low], color="k", lw=2)
    chart.text(left - bar / 2, low + half * 0.02, f"{bar}″", ha="center", va="bottom")
    corner = (-half * 0.72, half * 0.72)
    for dx, dy, name in ((arm, 0.0, "E"), (0.0, arm, "N")):
        chart.annotate("", (corner[0] + dx, corner[1] + dy), corner, arrowprops={"arrowstyle": "->", "color": "k"})
        chart.text(corner[0] + 1.25 * dx, corner[1] + 1.25 * dy, name, ha="center", va="center")


def _text(found: dict[str, Any], picture: _Picture, size_arcmin: float) -> str:
    ra, dec = sexagesimal(found["ra"], found["dec"])
    known = f"mean of {found['n_used']} detections" if found["n_used"] else "as catalogued"
    lines = [
        found["object_id"], f"{ra} {dec}", f"{found['ra']:.6f} {found['dec']:+.6f} deg", f"ICRS, {known}", "",
        f"{size_arcmin:g}′ × {size_arcmin:g}′, north up, east left", picture.origin, f"stars at {found['year']:.1f}", "",
    ]  # fmt: skip
    for number, star in enumerate(found["stars"], start=1):
        ra, dec = sexagesimal(star["ra"], star["dec"])
        lines += [
            f"{number}  {star['name'][:30]}", f"   {ra} {dec}", f"   mag {star['mag']:.2f}",
            f"   to target {_way(star['east'], 'E', 'W')} {_way(star['north'], 'N', 'S')}",
            f"   {star['separation']:.2f}″ at PA {star['position_angle']:.1f}°", "",
        ]  # fmt: skip
    return "\n".join(lines if found["stars"] else [*lines, "no star to offset from"])


def _way(arcsec: float, positive: str, negative: str) -> str:
    return f"{abs(arcsec):.2f}″ {positive if arcsec >= 0 else negative}"


def _file(figure: Figure, format: ChartFormat) -> bytes:
    out = BytesIO()
    figure.savefig(out, format=format, dpi=110, metadata={"Creator": "skyhub"} if format == "pdf" else None)
    return out.getvalue()
