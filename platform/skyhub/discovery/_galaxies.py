"""Galaxies inside an event's localization, ranked by the probability of their place times what they weigh.

References
----------
.. [1] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (galaxies by probability per volume)
.. [2] Arcavi et al. 2017, ApJL 848, L33. doi:10.3847/2041-8213/aa910f (times luminosity; mass)
.. [3] Kopparapu et al. 2008, ApJ 675, 1459. doi:10.1086/527348 (blue luminosity density of the nearby universe)
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer
from skyhub.discovery._asked import GalaxySearch
from skyhub.discovery._columns import floats
from skyhub.discovery._place import Place, place_of
from skyhub.science.distances import distance_known, distance_modulus

__all__ = ["event_galaxies"]

Floats = NDArray[np.float64]
_BLUE_SUN = 5.48
"""Absolute blue magnitude of the Sun [3]_."""
_BLUE_DENSITY = 1.98e8
"""Blue luminosity (of the Sun) per Mpc³ [3]_."""
_GALAXIES = """
    SELECT galaxy_id, catalog, name, ra, dec, hpx, distance, redshift, mag_b, log_mass FROM @galaxies
    WHERE ? IS NULL OR catalog = ?
"""


def event_galaxies(
    db: Database, viewer: Viewer, event: str, asked: GalaxySearch, as_of: datetime | None = None
) -> tuple[pa.Table, dict[str, str]]:
    """Galaxies that may be the host of an event, the likeliest first.

    The probability per volume at a galaxy's place [1]_ (per solid angle, if map or galaxy have no distance) times its mass or
    blue luminosity [2]_, as a share of the sum over all that lie inside. One whose mass or magnitude is not known counts as the
    median of the others.

    Parameters
    ----------
    db, viewer, event, asked, as_of
        As for `event_counterparts`.

    Returns
    -------
    pyarrow.Table, dict of str
        ``galaxy_id, catalog, name, ra, dec, distance`` (Mpc), ``redshift, mag_b, log_mass, level, level_volume, share``; and
        ``event``, ``localization_id``, ``total`` and, of a map with distances, ``completeness``: blue luminosity of the galaxies
        inside the level in volume over what is expected there [3]_.

    Raises
    ------
    NotFound
        If the viewer may see no such event, or it has no such localization.
    """
    place = place_of(db, viewer, event, asked.localization, as_of)
    table = db.reader.query(viewer, _GALAXIES, [asked.catalog, asked.catalog], as_of)
    table = table.filter(pa.array(place.sky_map.holds(table["hpx"].to_numpy(), asked.level)))
    cell = place.sky_map.cell_of(table["hpx"].to_numpy())
    level = place.sky_map.credible_level_in(cell)
    table = table.drop_columns(["hpx"])
    far = distance_known(floats(table, "distance"), floats(table, "redshift"))
    volume = place.sky_map.volume_level_in(cell, far)
    merit = _probability(place, cell, far) * _weight(table, asked.weight, far)
    share = merit / total if (total := merit.sum()) > 0 else np.zeros(len(merit))
    for name, values in (("level", level), ("level_volume", volume), ("share", share)):
        table = table.append_column(name, pa.array(values, pa.float64(), from_pandas=True))
    table = table.set_column(table.column_names.index("distance"), "distance", pa.array(far, from_pandas=True))
    about = {"event": place.event, "localization_id": place.localization["localization_id"], "total": str(len(table))}
    complete = _completeness(place, table, volume, far, asked.level)
    if complete is not None:
        about["completeness"] = f"{complete:.4g}"
    return table.take(np.argsort(-share, kind="stable")).slice(0, asked.limit), about


def _probability(place: Place, cell: NDArray[np.intp], far: Floats) -> Floats:
    """Probability per volume at places; of a map without distances, or if no place has one, per solid angle."""
    volumes = place.sky_map.volumes
    if volumes is None or np.isnan(far).all():
        return place.sky_map.density_in(cell)
    logs = volumes.log_density(cell, far)
    logs = np.where(np.isnan(logs), -np.inf, logs)
    return np.exp(logs - logs.max()) if np.isfinite(logs.max()) else np.zeros(len(logs))


def _weight(table: pa.Table, weight: str, far: Floats) -> Floats:
    if weight == "none":
        return np.ones(len(table))
    found = 10 ** floats(table, "log_mass") if weight == "mass" else _blue(table, far)
    known = np.isfinite(found)
    return np.where(known, found, np.median(found[known]) if known.any() else 1.0)


def _blue(table: pa.Table, far: Floats) -> Floats:
    """Blue luminosities (of the Sun); NaN where not known."""
    with np.errstate(invalid="ignore"):
        return np.asarray(10 ** (-0.4 * (floats(table, "mag_b") - distance_modulus(far) - _BLUE_SUN)))


def _completeness(place: Place, table: pa.Table, volume: Floats, far: Floats, level: float) -> float | None:
    volumes = place.sky_map.volumes
    size = volumes.volume_within(level) if volumes else np.inf
    if not 0 < size < np.inf:
        return None
    return float(np.nansum(_blue(table, far)[volume <= level]) / (size * _BLUE_DENSITY))
