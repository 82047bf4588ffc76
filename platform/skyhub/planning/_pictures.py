"""Kept plans as pictures: pages with sky, night, airmass, probability and table, or an animation of the night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from skyhub.db import Database, Viewer
from skyhub.pictures import PictureForm, picture_of
from skyhub.planning._draft import planner_of
from skyhub.planning._kept import asked_of, document_of, kept_plan
from skyhub.planning._timeline import timeline_of_kept_plan
from skyhub.science.skymaps import SkyMap, contours_of
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = ["picture_of_plan"]

_LEVELS = (0.5, 0.9)
_WIDEST = 40.0
"""Half of what is drawn as a plane (deg); what is wider is drawn as the whole sky."""
_MARGIN = 1.15
_POINTS = 160
_COLUMNS = ("no.", "field", "filter", "start (UTC)", "exposure (s)", "RA (deg)", "Dec (deg)", "airmass", "probability")


def picture_of_plan(
    db: Database, viewer: Viewer, plan_id: int, form: PictureForm, as_of: datetime | None = None
) -> bytes:
    """A kept plan as a picture, by what was known when it was made; drawn by a process of its own.

    Raises
    ------
    NotFound
        If the viewer may see no plan of this number, or not what it was made from.
    InvalidInput
        If it was made from a file.
    Unavailable
        If it cannot be drawn in time.
    """
    plan = document_of(db, viewer, plan_id, as_of)
    timeline = timeline_of_kept_plan(db, viewer, plan_id, as_of)
    planner, _ = planner_of(db, viewer, asked_of(kept_plan(db, viewer, plan_id, as_of)))
    return picture_of(form, _document(plan, timeline, planner.sky_map))


def _document(plan: Mapping[str, Any], timeline: Mapping[str, Any], sky_map: SkyMap) -> dict[str, Any]:
    """What is drawn, in plain values."""
    rows = plan["observations"]
    begin, end = rows[0]["start"][:16].replace("T", " "), rows[-1]["start"][:16].replace("T", " ")
    where = f"{plan['instrument']} at {plan['telescope']}, {begin} to {end} UTC"
    reached = f"probability {plan['probability']:.4f} of at most {plan['upper_bound']:.4f}, {plan['area']:.0f} deg²"
    lines = [
        f"{where}, plan {plan['plan_id']} ({plan['state']}) by {plan['author']}",
        f"{reached}, {plan['n_fields']} fields, {plan['n_observations']} observations, localization {plan['localization_id']}",
    ]
    told = zip(rows, timeline["observations"], strict=True)
    return {
        "title": plan["name"],
        "lines": lines,
        "sky": _sky(sky_map, timeline["fields"]),
        "bound": plan["upper_bound"],
        "limit": plan["wishes"].get("airmass"),
        "head": _COLUMNS,
        "rows": [_row(number, *each) for number, each in enumerate(told, start=1)],
        **{name: timeline[name] for name in ("nights", "observations", "fields")},
    }


def _row(number: int, row: Mapping[str, Any], timed: Mapping[str, Any]) -> list[str]:
    return [
        str(number), str(row["field_id"]), row["filter"], row["start"][:19].replace("T", " "), f"{row['exposure_s']:g}",
        f"{row['ra']:.4f}", f"{row['dec']:+.4f}", f"{timed['airmass']:.2f}", f"{timed['probability']:.4f}",
    ]  # fmt: skip


def _sky(sky_map: SkyMap, fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The localization about the fields, or on the whole sky."""
    lines = {f"{level:.0%}": contours_of(sky_map, level) for level in _LEVELS}
    corners = np.concatenate([np.asarray(field["outline"]) for field in fields] + lines["50%"])
    places = unit_vectors(corners[:, 0], corners[:, 1])
    middle = places.mean(axis=0)
    ra, dec = (float(value[0]) for value in lonlat(middle[None, :] / max(float(np.linalg.norm(middle)), 1e-9)))
    away = float(np.degrees(np.arccos(np.clip(places @ unit_vectors([ra], [dec])[0], -1, 1))).max())
    half = min(away * _MARGIN, _WIDEST) if away < _WIDEST else None
    density = _plane_density(sky_map, ra, dec, half) if half else _whole_density(sky_map, ra)
    told = {name: [np.round(line, 3).tolist() for line in some] for name, some in lines.items()}
    return {"half": half, "ra": ra, "dec": dec if half else 0.0, "density": density, "contours": told}


def _whole_density(sky_map: SkyMap, middle: float) -> list[list[float]]:
    """By rows from the south, and columns of longitudes about the middle from the west: per deg²."""
    lon, lat = np.meshgrid(np.arange(-179.0, 180, 2) + middle, np.arange(-89.0, 90, 2))
    return _rounded(sky_map, lon % 360, lat)


def _plane_density(sky_map: SkyMap, ra: float, dec: float, half: float) -> list[list[float]]:
    """The same about a place, on a plane."""
    axis = (np.arange(_POINTS) + 0.5) / _POINTS * 2 * half - half
    east, north = np.meshgrid(np.radians(axis), np.radians(axis))
    away, pole = np.hypot(east, north), np.radians(dec)
    part = np.where(away > 0, np.sin(away) / np.maximum(away, 1e-12), 1.0)
    lat = np.arcsin(np.clip(np.cos(away) * np.sin(pole) + part * north * np.cos(pole), -1, 1))
    lon = np.arctan2(part * east, np.cos(away) * np.cos(pole) - part * north * np.sin(pole))
    return _rounded(sky_map, (np.degrees(lon) + ra) % 360, np.degrees(lat))


def _rounded(sky_map: SkyMap, ra: np.ndarray[Any, Any], dec: np.ndarray[Any, Any]) -> list[list[float]]:
    """Densities as parts of the highest, to a thousandth."""
    density = sky_map.density_at(ra.ravel(), dec.ravel()).reshape(ra.shape)
    found: list[list[float]] = np.round(density / max(float(density.max()), 1e-300), 3).tolist()
    return found
