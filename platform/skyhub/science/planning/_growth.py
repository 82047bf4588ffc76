"""How the probability grows as one field after another is observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.science.field_tiles import FieldRanges
from skyhub.science.skymaps import SkyMap

__all__ = ["growing_probability"]


def growing_probability(sky_map: SkyMap, fields: FieldRanges) -> NDArray[np.float64]:
    """Probability within the union of the first field, the first two, and so on, shape ``(n_fields,)``.

    Parameters
    ----------
    sky_map
        The localization.
    fields
        What each field sees, in the order in which they are observed.

    Examples
    --------
    >>> from skyhub.science.field_tiles import field_ranges
    >>> from skyhub.science.footprints import rectangle
    >>> from skyhub.science.sky_shapes import Cone, skymap_of
    >>> seen = field_ranges(rectangle(2.0, 2.0), [1, 2], [160.0, 160.0], [10.0, 10.0])
    >>> first, both = growing_probability(skymap_of(Cone(160.0, 10.0, 3.0, 0.9)), seen)
    >>> bool(0 < first == both < 1)
    True
    """
    edges = np.sort(np.concatenate([fields.low, fields.high]))
    weight = sky_map.probability_of(edges[:-1], edges[1:]) if len(edges) else np.zeros(0)
    left, right = np.searchsorted(edges, fields.low), np.searchsorted(edges, fields.high)
    added = np.zeros(len(fields))
    for place in range(len(fields)):
        part = slice(fields.starts[place], fields.starts[place + 1])
        count = right[part] - left[part]
        own = np.repeat(left[part] - (np.cumsum(count) - count), count) + np.arange(count.sum())
        added[place] = weight[own].sum()
        weight[own] = 0.0
    return np.asarray(np.cumsum(added))
