"""Galaxies inside a sky map, weighed by the probability of their place times what they hold.

References
----------
.. [1] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (galaxies by probability per volume)
.. [2] Arcavi et al. 2017, ApJL 848, L33. doi:10.3847/2041-8213/aa910f (times luminosity; mass)
.. [3] Kopparapu et al. 2008, ApJ 675, 1459. doi:10.1086/527348 (blue luminosity density of the nearby universe)
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer, floats
from skyhub.science.distances import distance_known, distance_modulus
from skyhub.science.skymaps import SkyMap

__all__ = ["GalaxyWeight", "WeighedGalaxies", "weighed_galaxies"]

GalaxyWeight = Literal["mass", "luminosity", "none"]
Floats = NDArray[np.float64]
_BLUE_SUN = 5.48
"""Absolute blue magnitude of the Sun [3]_."""
_BLUE_DENSITY = 1.98e8
"""Blue luminosity (of the Sun) per Mpc³ [3]_."""
_GALAXIES = """
    SELECT galaxy_id, catalog, name, ra, dec, hpx, distance, redshift, mag_b, log_mass FROM @galaxies
    WHERE ? IS NULL OR catalog = ?
"""


class WeighedGalaxies(NamedTuple):
    """Galaxies inside a credible region."""

    table: pa.Table
    """``galaxy_id, catalog, name, ra, dec`` (ICRS, deg), ``hpx, distance`` (Mpc), ``redshift, mag_b, log_mass, level,
    level_volume, share``."""
    completeness: float | None
    """Blue luminosity inside the level in volume over what is expected there [3]_; None for a map without distances."""


def weighed_galaxies(
    db: Database,
    viewer: Viewer,
    sky_map: SkyMap,
    level: float,
    weight: GalaxyWeight,
    catalog: str | None = None,
    as_of: datetime | None = None,
) -> WeighedGalaxies:
    """Galaxies that the viewer may see inside a map's credible region, with the share of each.

    The probability per volume at a galaxy's place [1]_ (per solid angle, if map or galaxy have no distance) times its mass or
    blue luminosity [2]_, as a share of the sum over all that lie inside. One whose mass or magnitude is not known counts as the
    median of the others.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    sky_map, level
        The localization, and the credible level on the sky up to which galaxies are inside.
    weight
        What the probability is multiplied by: stellar mass, blue luminosity, or nothing.
    catalog
        Only those of this catalogue.
    as_of
        By what was known at this time.
    """
    table = db.reader.query(viewer, _GALAXIES, [catalog, catalog], as_of)
    table = table.filter(pa.array(sky_map.holds(table["hpx"].to_numpy(), level)))
    cell = sky_map.cell_of(table["hpx"].to_numpy())
    far = distance_known(floats(table, "distance"), floats(table, "redshift"))
    volume = sky_map.volume_level_in(cell, far)
    merit = _probability(sky_map, cell, far) * _weight(table, weight, far)
    share = merit / total if (total := merit.sum()) > 0 else np.zeros(len(merit))
    known = {"level": sky_map.credible_level_in(cell), "level_volume": volume, "share": share}
    for name, values in known.items():
        table = table.append_column(name, pa.array(values, pa.float64(), from_pandas=True))
    table = table.set_column(table.column_names.index("distance"), "distance", pa.array(far, from_pandas=True))
    return WeighedGalaxies(table, _completeness(sky_map, _blue(table, far)[volume <= level], level))


def _probability(sky_map: SkyMap, cell: NDArray[np.intp], far: Floats) -> Floats:
    """Probability per volume at places; of a map without distances, or if no place has one, per solid angle."""
    volumes = sky_map.volumes
    if volumes is None or np.isnan(far).all():
        return sky_map.density_in(cell)
    logs = volumes.log_density(cell, far)
    logs = np.where(np.isnan(logs), -np.inf, logs)
    return np.exp(logs - logs.max()) if np.isfinite(logs.max()) else np.zeros(len(logs))


def _weight(table: pa.Table, weight: GalaxyWeight, far: Floats) -> Floats:
    if weight == "none":
        return np.ones(len(table))
    found = 10 ** floats(table, "log_mass") if weight == "mass" else _blue(table, far)
    known = np.isfinite(found)
    return np.where(known, found, np.median(found[known]) if known.any() else 1.0)


def _blue(table: pa.Table, far: Floats) -> Floats:
    """Blue luminosities (of the Sun); NaN where not known."""
    with np.errstate(invalid="ignore"):
        return np.asarray(10 ** (-0.4 * (floats(table, "mag_b") - distance_modulus(far) - _BLUE_SUN)))


def _completeness(sky_map: SkyMap, blue: Floats, level: float) -> float | None:
    size = sky_map.volumes.volume_within(level) if sky_map.volumes else np.inf
    return float(np.nansum(blue) / (size * _BLUE_DENSITY)) if 0 < size < np.inf else None
