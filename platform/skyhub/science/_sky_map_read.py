"""Sky maps from FITS files: of many orders or of one, in two dimensions or three, whatever their columns are called.

References
----------
.. [1] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (columns of maps in three dimensions)
.. [2] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (RING and NESTED)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science._fits_table import FitsTable, open_table
from skyhub.science._sky_map import MapFacts, SkyMap
from skyhub.science._sky_map_volume import Distances
from skyhub.science.cells import merged_siblings
from skyhub.science.coordinates import HPX_ORDER

__all__ = ["decode_sky_map", "read_sky_map"]

_DENSITIES = ("PROBDENSITY", "PROB_DENSITY", "PDENSITY")
_PROBABILITIES = ("PROB", "PROBABILITY", "POSTERIOR", "PDF", "T", "TEMPERATURE", "SIGNAL", "P")
_DISTANCES = ("DISTMU", "DISTSIGMA", "DISTNORM")
_PIXELS = ("PIXEL", "PIX", "IPIX", "HPXINDEX")
_EQUATORIAL = {"C", "CEL", "CELESTIAL", "EQUATORIAL", "ICRS", "FK5", "J2000", ""}
_HIGHEST_FLAT = 13
_BLOCK_ORDER = 10
_SPARSE = 16
_MOST_CELLS = 1 << 24
_AS_GIVEN = 1e-6
_MENDED = 0.5


def decode_sky_map(text: str) -> SkyMap:
    """The sky map of a FITS file in base64, as notices carry it.

    Raises
    ------
    InvalidInput
        If it is no base64, or no sky map.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"the sky map is not encoded in base64: {error}", "map") from error
    return read_sky_map(data)


def read_sky_map(source: Path | bytes) -> SkyMap:
    """A sky map from a FITS file, or from its bytes.

    Maps of many orders (UNIQ) keep their cells; in flat ones, RING or NESTED [2]_, equal neighbours are merged; cells without
    probability are left out. Columns may have the names of LVK [1]_, Fermi GBM, IceCube, the interplanetary network or healpy.

    Raises
    ------
    InvalidInput
        If it is damaged, has negative or undefined probabilities, or they are far from summing to one.
    """
    with open_table(source) as table:
        header = table.header
        if str(header.get("COORDSYS", "C")).upper() not in _EQUATORIAL:
            raise InvalidInput(
                f"the map has COORDSYS {header['COORDSYS']!r}: equatorial coordinates (C) are needed; rotate it first.",
                "map",
            )
        name, is_density = _probability_column(table)
        read = _read_uniq if "UNIQ" in table.columns else _read_partial if _pixel_column(table) else _read_flat
        orders, cells, (values, *distances) = read(table, [name, *_distance_columns(table)], is_density)
    kept = Distances(*distances) if distances else None
    return _checked(SkyMap.of_cells(orders, cells, values, kept, _facts(header)))


def _probability_column(table: FitsTable) -> tuple[str, bool]:
    """The column to read, and whether it is a density per steradian."""
    for name in (*_DENSITIES, *_PROBABILITIES):
        if name in table.columns:
            return name, name in _DENSITIES or table.columns[name].unit.lower() in ("sr-1", "1/sr", "sr^-1", "/sr")
    raise InvalidInput(
        f"the map has the columns {', '.join(table.columns)}: one of {', '.join((*_DENSITIES, *_PROBABILITIES))} is needed.",
        "map",
    )


def _distance_columns(table: FitsTable) -> tuple[str, ...]:
    return _DISTANCES if all(name in table.columns for name in _DISTANCES) else ()


def _pixel_column(table: FitsTable) -> str | None:
    return next((name for name in _PIXELS if name in table.columns), None)


Read = tuple[NDArray[np.int64], NDArray[np.int64], list[NDArray[np.float64]]]


def _read_uniq(table: FitsTable, names: list[str], is_density: bool) -> Read:
    uniq, columns = _whole(table, ["UNIQ", *names])
    if not np.all((uniq >= 4) & (uniq < 16 * 4**HPX_ORDER)):
        raise InvalidInput("the map has UNIQ numbers of no HEALPix cell: 4 · 4^order + index is needed.", "map")
    orders = (np.frexp(uniq.astype(float))[1] - 1) // 2 - 1
    orders += (uniq >= 4 ** (orders + 2)).astype(np.int64) - (uniq < 4 ** (orders + 1)).astype(np.int64)
    return _occupied(orders, uniq - 4 * 4**orders, columns, is_density)


def _read_partial(table: FitsTable, names: list[str], is_density: bool) -> Read:
    """A flat map of some pixels, each with its number."""
    cells, columns = _whole(table, [_pixel_column(table) or "", *names])
    order = _flat_order(table, None)
    if not np.all((cells >= 0) & (cells < 12 * 4**order)):
        raise InvalidInput(f"the map has pixels beyond the {12 * 4**order} of its NSIDE.", "map")
    if _is_ring(table):
        from astropy_healpix.core import ring_to_nested

        cells = np.asarray(ring_to_nested(cells, 2**order), dtype=np.int64)
    return _occupied(np.full(len(cells), order), cells, columns, is_density)


def _read_flat(table: FitsTable, names: list[str], is_density: bool) -> Read:
    order = _flat_order(table, table.n_values)
    blocks = _ring_blocks if _is_ring(table) else _nested_blocks
    parts: list[tuple[NDArray[Any], ...]] = [
        (np.empty(0, np.int64), np.empty(0, np.int64), *([np.empty(0)] * len(names)))
    ]
    total = 0
    for begin, columns in blocks(table, order, names):
        some = np.flatnonzero(columns[0])
        kept = [column[some].astype(float) for column in columns]
        orders, cells, merged = merged_siblings(order, begin + some, kept)
        parts.append((orders, cells, *merged))
        total += len(cells)
        if total > _MOST_CELLS:
            raise InvalidInput(
                f"the map has more than {_MOST_CELLS} different pixels: give it as a map of many orders (UNIQ).", "map"
            )
    orders, cells, values, *distances = (np.concatenate(column) for column in zip(*parts, strict=True))
    return orders, cells, [values if is_density else values * _per_steradian(np.array(order)), *distances]


def _nested_blocks(table: FitsTable, order: int, names: list[str]) -> Iterator[tuple[int, list[NDArray[Any]]]]:
    size = 4 ** min(order, _BLOCK_ORDER)
    if size % table.repeat and table.repeat % size:
        size = table.n_values
    begin = 0
    for block in table.blocks(size):
        yield begin, [block[name] for name in names]
        begin += len(block[names[0]])


def _ring_blocks(table: FitsTable, order: int, names: list[str]) -> Iterator[tuple[int, list[NDArray[Any]]]]:
    """The map in NESTED order, block after block; those without probability are passed over."""
    from astropy_healpix.core import nested_to_ring, ring_to_nested

    read = list(table.blocks(4**_BLOCK_ORDER))
    columns = [np.concatenate([block.pop(name) for block in read]) for name in names]
    size, nside = 4 ** min(order, _BLOCK_ORDER), 2**order
    occupied = np.flatnonzero(columns[0])
    if len(occupied) * _SPARSE < len(columns[0]):
        numbers = np.unique(ring_to_nested(occupied, nside) // size)
    else:
        numbers = np.arange(12 * 4**order // size)
    for number in numbers.tolist():
        pixels = nested_to_ring(np.arange(number * size, (number + 1) * size), nside)
        yield number * size, [column[pixels] for column in columns]


def _flat_order(table: FitsTable, n_pixels: int | None) -> int:
    """Order of a flat map by its NSIDE, which must be that of as many pixels as it has."""
    nside = table.header.get("NSIDE")
    if nside is None and n_pixels is not None:
        nside = round((n_pixels / 12) ** 0.5)
    if not (isinstance(nside, int) and 0 < nside <= 2**_HIGHEST_FLAT and nside & (nside - 1) == 0):
        raise InvalidInput(f"the map has NSIDE {nside!r}: a power of two up to {2**_HIGHEST_FLAT} is needed.", "map")
    if n_pixels is not None and n_pixels != 12 * nside**2:
        raise InvalidInput(f"the map has {n_pixels} pixels: {12 * nside**2} are needed at NSIDE {nside}.", "map")
    return int(nside).bit_length() - 1


def _is_ring(table: FitsTable) -> bool:
    ordering = str(table.header.get("ORDERING", "")).upper()
    if ordering not in ("RING", "NESTED", "NEST"):
        raise InvalidInput(f"the map has ORDERING {ordering!r}: RING, NESTED or NUNIQ (with UNIQ) is needed.", "map")
    return ordering == "RING"


def _whole(table: FitsTable, names: list[str]) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """The numbers of the cells and the other columns, of all rows."""
    if table.n_values > _MOST_CELLS:
        raise InvalidInput(f"the map has {table.n_values} cells: {_MOST_CELLS} at most are permitted.", "map")
    blocks = [[block[name] for name in names] for block in table.blocks(4**_BLOCK_ORDER)]
    numbers, *columns = (
        (np.concatenate(parts) for parts in zip(*blocks, strict=True)) if blocks else map(np.array, [[]] * 9)
    )
    if len(numbers) and numbers.dtype.kind not in "iu":
        raise InvalidInput(f"the map's column {names[0]} has numbers with a fraction: whole ones are needed.", "map")
    return numbers.astype(np.int64), [column.astype(float) for column in columns]


def _occupied(
    orders: NDArray[Any], cells: NDArray[np.int64], columns: list[NDArray[np.float64]], is_density: bool
) -> Read:
    """Cells that have probability, with densities."""
    some = columns[0] != 0
    orders, cells, (values, *others) = orders[some].astype(np.int64), cells[some], [column[some] for column in columns]
    return orders, cells, [values if is_density else values * _per_steradian(orders), *others]


def _per_steradian(orders: NDArray[Any]) -> NDArray[np.float64]:
    """How many cells of an order are a steradian."""
    return np.asarray(3 / np.pi * 4.0**orders)


def _checked(sky_map: SkyMap) -> SkyMap:
    """The map with probabilities that sum to one, and a note if they did not."""
    density = sky_map.density
    if not np.all(np.isfinite(density) & (density >= 0)):
        bad = int(np.count_nonzero(~(density >= 0) | ~np.isfinite(density)))
        raise InvalidInput(f"the map has {bad} negative or undefined probabilities: none is permitted.", "map")
    total = float(sky_map.probability.sum())
    if not abs(total - 1) <= _MENDED:
        raise InvalidInput(
            f"the map's probabilities sum to {total:.6g}: a sum of one is needed (a map of likelihoods is to be "
            "normalised first).",
            "map",
        )
    facts = replace(sky_map.facts, prob_sum=total)
    if abs(total - 1) <= _AS_GIVEN:
        return replace(sky_map, facts=facts)
    note = f"Its probabilities summed to {total:.6g} and were divided by that."
    return replace(sky_map, density=density / total, facts=replace(facts, notes=(note,)))


def _facts(header: Mapping[str, Any]) -> MapFacts:
    def text(key: str) -> str | None:
        value = str(header.get(key, "")).strip()
        return value or None

    def number(key: str) -> float | None:
        value = header.get(key)
        return float(value) if isinstance(value, int | float) and np.isfinite(value) else None

    return MapFacts(
        text("OBJECT"),
        text("DATE-OBS"),
        text("CREATOR"),
        text("INSTRUME"),
        number("DISTMEAN"),
        number("DISTSTD"),
        number("LOGBCI"),
        number("LOGBSN"),
    )
