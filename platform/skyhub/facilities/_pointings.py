"""What pointings of an instrument cover; each is computed when first asked for and kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.db import Database, Viewer
from skyhub.facilities._coverage import camera_of
from skyhub.facilities._fields import instrument_named
from skyhub.science.field_tiles import FieldRanges, field_ranges, tile_order
from skyhub.science.skymaps import pointing_order

__all__ = ["pointing_tiles"]

_MOST_RANGES = 20_000_000
_FINER = 2
"""So many orders finer than what suits a field, if there are few of them."""


@dataclass
class _Tiles:
    """The pointings of one camera that were computed so far."""

    places: dict[tuple[float, float, float], int] = field(default_factory=dict)
    parts: list[FieldRanges] = field(default_factory=list)

    @property
    def n_ranges(self) -> int:
        """How many ranges are kept."""
        return sum(len(part.low) for part in self.parts)


class _Kept:
    """The pointings of the cameras that were used last."""

    def __init__(self, db: Database) -> None:
        self.lock = threading.Lock()
        self.cameras: OrderedDict[Hashable, _Tiles] = OrderedDict()

    def of(self, key: Hashable) -> _Tiles:
        """Those of a camera; the ones used least make room, and a camera that has too many alone begins anew."""
        tiles = self.cameras.pop(key, _Tiles())
        self.cameras[key] = tiles
        while sum(each.n_ranges for each in self.cameras.values()) > _MOST_RANGES:
            self.cameras.popitem(last=False)
        return self.cameras.setdefault(key, _Tiles())


def pointing_tiles(
    db: Database,
    viewer: Viewer,
    instrument: str,
    ra: ArrayLike,
    dec: ArrayLike,
    angle: ArrayLike = 0.0,
    as_of: datetime | None = None,
) -> tuple[list[FieldRanges], NDArray[np.int64]]:
    """What pointings of an instrument cover.

    Parameters
    ----------
    db, viewer, instrument, as_of
        The database, who asks, the instrument by its name, and its footprint as it was known when.
    ra, dec, angle
        Where it pointed (ICRS, deg) and how it was turned (deg, from north to east), shape ``(n,)``.

    Returns
    -------
    tiles, place
        Ranges of order-29 NESTED indices, and the place of each pointing in them, counted on from one to the next.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such instrument, or its footprint is not known.
    """
    row = instrument_named(db, viewer, instrument, as_of)
    camera = camera_of(row)
    wanted = np.column_stack(np.broadcast_arrays(np.asarray(ra, float) % 360, dec, np.asarray(angle, float) % 360))
    different, inverse = np.unique(wanted, axis=0, return_inverse=True)
    keys = [(float(a), float(d), float(turn)) for a, d, turn in different]
    kept = db.part(_Kept)
    with kept.lock:
        tiles = kept.of((row["footprint"], row["gaps"]))
        missing = np.array([key not in tiles.places for key in keys], dtype=bool)
        for turn in np.unique(different[missing, 2]).tolist():
            some = different[missing & (different[:, 2] == turn)]
            start = len(tiles.places)
            order = min(pointing_order(camera, len(some)), tile_order(camera) + _FINER)
            tiles.parts.append(field_ranges(camera.turned(turn), np.arange(len(some)), some[:, 0], some[:, 1], order))
            tiles.places |= {(float(a), float(d), turn): start + n for n, (a, d, _) in enumerate(some)}
        places = np.array([tiles.places[key] for key in keys], dtype=np.int64)
        return list(tiles.parts), places[inverse.ravel()]
