"""Questions that files alone answer: what a sky map says, which positions it holds, what pointings covered of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.coordinates import hpx_index
from skyhub.science.footprints import parse_footprint
from skyhub.science.skymaps import (
    Combination,
    SkyMap,
    combined,
    cover_pointings,
    overlap_integral,
    read_sky_map,
    write_sky_map,
)

__all__ = ["FileAnswer", "combine_files", "coverage_of_files", "levels_at", "read_map", "search_file", "stats_of_map"]

FileAnswer = dict[str, Any]


def stats_of_map(sky_map: SkyMap) -> FileAnswer:
    """Areas (deg²), mode (ICRS, deg), distance (Mpc) and what the header says, as a document."""
    facts, mode, distance = sky_map.facts, sky_map.mode, sky_map.distance or (None, None)
    return {
        "object_id": facts.object_id,
        "date_obs": facts.date_obs,
        "instruments": facts.instruments,
        "creator": facts.creator,
        "area_50": sky_map.area_within(0.5),
        "area_90": sky_map.area_within(0.9),
        "prob_sum": facts.prob_sum,
        "max_ra": mode.ra,
        "max_dec": mode.dec,
        "distmean": distance[0],
        "diststd": distance[1],
        "log_bci": facts.log_bci,
        "log_bsn": facts.log_bsn,
        "n_cells": len(sky_map),
        "highest_order": int(sky_map.orders.max()),
        "notes": list(facts.notes),
    }


def search_file(sky_map: SkyMap, catalog: Path, level: float) -> FileAnswer:
    """The entries of a catalogue whose credible level is no more than a level, in the catalogue's order.

    Parameters
    ----------
    sky_map
        The map.
    catalog
        Table with the columns ra and dec (ICRS, deg) and perhaps distance (Mpc).
    level
        Probability, more than 0 and at most 1.

    Raises
    ------
    InvalidInput
        If a position is none, a column is missing, or the level is no probability.
    """
    if not 0 < level <= 1:
        raise InvalidInput(f"the level {level} is no probability: more than 0 and at most 1 is permitted.", "level")
    ra, dec, table = _positions(catalog)
    far = _distances(table, catalog) if sky_map.distances and "distance" in table.column_names else None
    inside = np.flatnonzero(sky_map.credible_level(ra, dec) <= level)
    found = levels_at(sky_map, ra[inside], dec[inside], None if far is None else far[inside])
    columns = {"index": inside.tolist(), **found}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return {"rows": rows, "n_inside": len(rows)}


def levels_at(
    sky_map: SkyMap, ra: ArrayLike, dec: ArrayLike, distance: ArrayLike | None = None
) -> dict[str, list[float | None]]:
    """What a map says of positions (ICRS, deg), column by column.

    Returns
    -------
    dict
        ``searched_prob`` (credible level), ``prob_density`` (sr⁻¹), and with distances (Mpc) ``searched_prob_vol``, the level in
        volume; null where it is not known.
    """
    cell = sky_map.cell_of(hpx_index(ra, dec))
    columns: dict[str, list[float | None]] = {
        "searched_prob": sky_map.credible_level_in(cell).tolist(),
        "prob_density": sky_map.density_in(cell).tolist(),
    }
    if distance is not None:
        found = sky_map.volume_level_in(cell, np.asarray(distance, dtype=float)).tolist()
        columns["searched_prob_vol"] = [value if value == value else None for value in found]
    return columns


def coverage_of_files(sky_map: SkyMap, pointings: Path, footprint: Path) -> FileAnswer:
    """Probability and area (deg²) of what pointings covered together.

    Parameters
    ----------
    sky_map
        The map.
    pointings
        Table with the columns ra and dec (ICRS, deg).
    footprint
        ds9 region of what the camera sees at once.

    Raises
    ------
    InvalidInput
        If a position is none, a column is missing, or the region is none.
    """
    try:
        camera = parse_footprint(footprint.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{footprint} cannot be read as text: {error}", str(footprint)) from error
    ra, dec, table = _positions(pointings)
    covered = cover_pointings(sky_map, camera, ra, dec)
    return {"probability": covered.probability, "area": covered.area, "n_pointings": table.num_rows}


def combine_files(first: Path, second: Path, how: Combination, out: Path) -> FileAnswer:
    """Write the product or the mixture of two maps.

    Parameters
    ----------
    first, second
        FITS files of the maps.
    how
        ``product`` or ``mixture``.
    out
        FITS file to write.

    Returns
    -------
    dict
        What `stats_of_map` says of it, and the overlap integral of both.

    Raises
    ------
    InvalidInput
        If a map cannot be used, they have no product, or there is such a file already.
    """
    one, other = read_map(first), read_map(second)
    made = combined(one, other, how)
    try:
        with out.open("xb") as file:
            file.write(write_sky_map(made))
    except OSError as error:
        raise InvalidInput(
            f"{out} cannot be written: {error.strerror}. Name a file that is not there yet.", str(out)
        ) from error
    return {"out": str(out), "overlap": overlap_integral(one, other), **stats_of_map(made)}


def read_map(path: Path) -> SkyMap:
    """The sky map of a file; errors name the file."""
    try:
        return read_sky_map(path)
    except InvalidInput as error:
        raise InvalidInput(error.message, str(path)) from error


def _positions(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], pa.Table]:
    from skyhub.catalogs import table_of_file

    table = table_of_file(path)
    table = table.rename_columns([name.strip().lower() for name in table.column_names])
    missing = [name for name in ("ra", "dec") if table.column_names.count(name) != 1]
    if missing:
        raise InvalidInput(
            f"{path} has the columns {', '.join(table.column_names) or '(none)'}: ra and dec (ICRS, deg) are needed once.",
            str(path),
        )
    if not table.num_rows:
        raise InvalidInput(f"{path} has no rows: at least one position is needed.", str(path))
    ra, dec = _numbers(table, "ra", path), _numbers(table, "dec", path)
    bad = np.flatnonzero(~((ra >= 0) & (ra <= 360) & (dec >= -90) & (dec <= 90)))
    if len(bad):
        raise InvalidInput(
            f"{path} has ra {ra[bad[0]]}, dec {dec[bad[0]]} in row {bad[0]} (of {len(bad)} such): "
            "0 ≤ ra ≤ 360 and −90 ≤ dec ≤ 90 deg are permitted.",
            str(path),
        )
    return ra, dec, table


def _distances(table: pa.Table, path: Path) -> NDArray[np.float64]:
    far = _numbers(table, "distance", path)
    bad = np.flatnonzero((far < 0) | np.isinf(far))
    if len(bad):
        raise InvalidInput(
            f"{path} has a distance of {far[bad[0]]} Mpc in row {bad[0]}: 0 or more is permitted.", str(path)
        )
    return far


def _numbers(table: pa.Table, name: str, path: Path) -> NDArray[np.float64]:
    try:
        values = pc.cast(table[name], pa.float64())
    except pa.ArrowException as error:
        raise InvalidInput(f"{path} has no numbers in its column {name}: {error}", str(path)) from error
    return np.asarray(values.to_numpy(), dtype=float)
