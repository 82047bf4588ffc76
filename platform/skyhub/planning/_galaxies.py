"""The galaxies at which a plan points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer
from skyhub.localizations import weighed_galaxies
from skyhub.planning._asked import PlanAsked
from skyhub.science.field_tiles import FieldRanges
from skyhub.science.planning import galaxy_map
from skyhub.science.skymaps import SkyMap, cover

__all__ = ["Galaxies", "galaxies_asked"]

_LEVEL = 0.95
_MOST_TOLD = 500
_TOLD = ("galaxy_id", "catalog", "name", "ra", "dec", "distance", "share")


@dataclass(frozen=True)
class Galaxies:
    """Galaxies inside a credible region, and how likely each is the host."""

    table: pa.Table
    sky: SkyMap
    """The localization."""
    note: str

    @property
    def ra(self) -> NDArray[np.float64]:
        """Right ascensions (ICRS, deg)."""
        return np.asarray(self.table["ra"].to_numpy())

    @property
    def dec(self) -> NDArray[np.float64]:
        """Declinations (ICRS, deg)."""
        return np.asarray(self.table["dec"].to_numpy())

    @property
    def share(self) -> NDArray[np.float64]:
        """How likely each is the host; 1 in all."""
        return np.asarray(self.table["share"].to_numpy())

    @property
    def sky_map(self) -> SkyMap:
        """The map that a plan covers: probability at galaxies alone."""
        return galaxy_map(self.table["hpx"].to_numpy(), self.share)

    def told(self, fields: FieldRanges) -> dict[str, Any]:
        """Those within fields, the likeliest first, and the probability of the localization there."""
        hpx = self.table["hpx"].to_numpy()
        owner = np.full(len(hpx), -1)
        for place in reversed(range(len(fields))):
            low, high = fields.of(place).T
            at = np.searchsorted(low, hpx, side="right") - 1
            owner[(at >= 0) & (hpx < high[at])] = place
        seen = np.flatnonzero(owner >= 0)
        seen = seen[np.argsort(-self.share[seen], kind="stable")][:_MOST_TOLD]
        rows = self.table.select(_TOLD).take(seen).to_pylist()
        named = [
            {**row, "galaxy_id": str(row["galaxy_id"]), "place": int(owner[n])}
            for row, n in zip(rows, seen, strict=True)
        ]
        return {"galaxies": named, "sky_probability": cover(self.sky, fields).probability}


def galaxies_asked(db: Database, viewer: Viewer, asked: PlanAsked, sky_map: SkyMap) -> Galaxies | None:
    """The galaxies that a plan is for, if it is for galaxies."""
    if asked.pointings != "galaxies":
        return None
    level = asked.credible_level or _LEVEL
    found = weighed_galaxies(db, viewer, sky_map, level, asked.weight, asked.catalog, asked.as_of)
    complete = f", with {found.completeness:.3g} of the blue light expected there" if found.completeness else ""
    by = {"mass": " times stellar mass", "luminosity": " times blue luminosity", "none": ""}[asked.weight]
    note = (
        f"the probability is that of {len(found.table)} galaxies of {asked.catalog or 'all catalogues'} in the "
        f"{100 * level:g} % region (probability of the place{by}){complete}"
    )
    return Galaxies(found.table, sky_map, note)
