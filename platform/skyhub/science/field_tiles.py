"""Which part of the sky each field of a survey covers, as ranges of HEALPix indices.

The footprint is drawn once, in the gnomonic projection about the pointing, and every HEALPix pixel whose centre falls
into it belongs to the field: areas are right on average, whereas pixels that merely touch the footprint would make a
mosaic of 64 detectors 10 % larger than it is.

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.science.cells import PIXEL_DEG, cells_touched, directions
from skyhub.science.coordinates import HPX_ORDER
from skyhub.science.footprints import Footprint, filled_polygon, offset_axes

__all__ = ["FieldRanges", "field_ranges", "joined_ranges", "tile_order"]

_BLOCK = 5
"""Pixels are looked at in blocks of so many orders: 1024 of them."""
_CELLS_AT_ONCE = 256
_LOWEST, _HIGHEST = 10, 14
_PIXELS_PER_SIDE = 12
_CELLS_PER_PIXEL = 8


@dataclass(frozen=True)
class FieldRanges:
    """What fields cover: half-open ranges of order-29 NESTED indices, sorted within each field.

    Parameters
    ----------
    field_ids
        The fields, shape ``(n_fields,)``.
    starts
        Where the ranges of each field begin, and where the last ends, shape ``(n_fields + 1,)``.
    low, high
        The ranges, shape ``(n_ranges,)``.
    """

    field_ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.field_ids)

    def of(self, number: int) -> NDArray[np.int64]:
        """The ranges of the field at a place in `field_ids`, shape ``(n, 2)``."""
        part = slice(self.starts[number], self.starts[number + 1])
        return np.column_stack([self.low[part], self.high[part]])

    @property
    def fields(self) -> NDArray[np.int64]:
        """The place in `field_ids` of each range's field, shape ``(n_ranges,)``."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def areas(self) -> NDArray[np.float64]:
        """Area of each field (deg²)."""
        pixels = np.concatenate([[0], np.cumsum(self.high - self.low)])
        return np.asarray(np.diff(pixels[self.starts]) * (PIXEL_DEG**2 / 4**HPX_ORDER))


def joined_ranges(parts: Sequence[FieldRanges]) -> FieldRanges:
    """The fields of several, one after another.

    Examples
    --------
    >>> from skyhub.science.footprints import rectangle
    >>> one, two = (field_ranges(rectangle(2.0, 2.0), [n], [160.0 + n], [10.0]) for n in (1, 2))
    >>> bool(np.allclose(joined_ranges([one, two]).areas, [*one.areas, *two.areas]))
    True
    """
    none = np.empty(0, dtype=np.int64)
    ids, counts, low, high = (
        np.concatenate([none, *(values(part) for part in parts)])
        for values in (
            lambda part: part.field_ids,
            lambda part: np.diff(part.starts),
            lambda part: part.low,
            lambda part: part.high,
        )
    )
    return FieldRanges(ids, np.concatenate([[0], np.cumsum(counts)]), low, high)


def tile_order(footprint: Footprint) -> int:
    """HEALPix order at which the smallest part of a footprint is a dozen pixels wide; 10 to 14."""
    side = float(np.sqrt(footprint.areas.min())) / _PIXELS_PER_SIDE
    return int(np.clip(np.ceil(np.log2(PIXEL_DEG / side)), _LOWEST, _HIGHEST))


def field_ranges(
    footprint: Footprint, field_ids: ArrayLike, ra: ArrayLike, dec: ArrayLike, order: int | None = None
) -> FieldRanges:
    """What the fields of a survey cover.

    Parameters
    ----------
    footprint
        What the camera sees.
    field_ids, ra, dec
        The fields and where the camera points (ICRS, deg), shape ``(n_fields,)``.
    order
        HEALPix order of the pixels; `tile_order` by default.
    """
    ids = np.asarray(field_ids, dtype=np.int64)
    ras, decs = np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
    depth = tile_order(footprint) if order is None else order
    mask = _Mask(footprint, depth)
    axes = offset_axes(ras, decs)
    parts = [_covered(mask, axes, *group) for group in _blocks(footprint, ras, decs, depth)]
    owner, low, high = (
        np.concatenate([part[k] for part in parts]) if parts else np.empty(0, dtype=np.int64) for k in range(3)
    )
    return _assembled(ids, owner, low, high, depth)


class _Mask:
    """The footprint drawn as a bitmap in the gnomonic plane."""

    def __init__(self, footprint: Footprint, order: int) -> None:
        self.step = np.radians(PIXEL_DEG) / 2**order / _CELLS_PER_PIXEL
        corners = np.concatenate(footprint.planes)
        self.origin = corners.min(axis=0) - 2 * self.step
        columns, rows = np.ceil((corners.max(axis=0) - self.origin) / self.step).astype(int) + 3
        self.bitmap = np.zeros((rows, columns), dtype=bool)
        for plane in footprint.planes:
            self._draw(plane)

    def _draw(self, plane: NDArray[np.float64]) -> None:
        first = np.floor((plane.min(axis=0) - self.origin) / self.step).astype(int)
        last = np.ceil((plane.max(axis=0) - self.origin) / self.step).astype(int) + 1
        x = self.origin[0] + (np.arange(first[0], last[0]) + 0.5) * self.step
        y = self.origin[1] + (np.arange(first[1], last[1]) + 0.5) * self.step
        self.bitmap[first[1] : last[1], first[0] : last[0]] |= filled_polygon(plane, x, y)

    def look(self, offsets: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether directions in sky-offset frames, shape ``(n, 3, m)``, are seen; shape ``(n, m)``."""
        scale = 1 / (offsets[:, 0] * self.step)
        column = offsets[:, 1] * scale - self.origin[0] / self.step
        row = offsets[:, 2] * scale - self.origin[1] / self.step
        rows, columns = self.bitmap.shape
        np.clip(column, 0, columns - 1, out=column)
        np.clip(row, 0, rows - 1, out=row)
        return np.asarray(self.bitmap.ravel()[row.astype(np.int32) * columns + column.astype(np.int32)])


def _blocks(
    footprint: Footprint, ra: NDArray[np.float64], dec: NDArray[np.float64], order: int
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float64]]]:
    """Blocks of pixels that fields may touch, in ascending order: number, fields, directions of shape ``(3, 1024)``."""
    cells, fields = cells_touched(ra, dec, footprint.radius, order - _BLOCK)
    by_cell = np.argsort(cells, kind="stable")
    numbers, first = np.unique(cells[by_cell], return_index=True)
    groups = np.split(fields[by_cell], first[1:])
    inner = np.arange(4**_BLOCK)
    for begin in range(0, len(numbers), _CELLS_AT_ONCE):
        some = numbers[begin : begin + _CELLS_AT_ONCE]
        centres = directions((some[:, None] * 4**_BLOCK + inner).ravel(), order).T
        for n, block in enumerate(some):
            yield int(block), groups[begin + n], centres[:, n * len(inner) : (n + 1) * len(inner)]


def _covered(
    mask: _Mask,
    axes: NDArray[np.float64],
    block: int,
    fields: NDArray[np.int64],
    centres: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Field, first pixel and end of each run of covered pixels of a block."""
    seen = mask.look(axes[fields] @ centres)
    edges = np.diff(np.pad(seen.view(np.int8), ((0, 0), (1, 1))), axis=1)
    row, begin = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    return fields[row], begin + block * 4**_BLOCK, end + block * 4**_BLOCK


def _assembled(
    ids: NDArray[np.int64],
    owner: NDArray[np.int64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    order: int,
) -> FieldRanges:
    """Runs sorted by field and joined where one ends and the next begins, at order 29."""
    by_field = np.argsort(owner, kind="stable")
    owner, low, high = owner[by_field], low[by_field], high[by_field]
    joins = (owner[1:] == owner[:-1]) & (low[1:] == high[:-1])
    begins, ends = np.concatenate([[True], ~joins])[: len(low)], np.concatenate([~joins, [True]])[: len(low)]
    starts = np.searchsorted(owner[begins], np.arange(len(ids) + 1))
    scale = 4 ** (HPX_ORDER - order)
    return FieldRanges(ids, starts.astype(np.int64), low[begins] * scale, high[ends] * scale)
