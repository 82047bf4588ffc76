"""Rows kept in memory for all viewers, of which each is shown those that may be seen."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db._access import AccessTable, Viewer
from skyhub.db._records import naive_utc

__all__ = ["HeldRows"]


class HeldRows:
    """Rows of a table without corrections.

    Parameters
    ----------
    access
        The sets behind every ``acl``.
    rows
        All rows, with ``acl`` and ``known_at``.
    """

    def __init__(self, access: AccessTable, rows: pa.Table) -> None:
        self.rows = rows
        self._access = access
        self._acl = rows["acl"].to_numpy()
        self._known_at = rows["known_at"].to_numpy()

    def visible(
        self, viewer: Viewer, as_of: datetime | None = None, places: NDArray[np.intp] | None = None
    ) -> NDArray[np.intp]:
        """Places of the rows that a viewer may see, of those known at a time (now by default).

        Parameters
        ----------
        viewer, as_of
            Who asks, and for what time.
        places
            Which rows to look at; all of them by default.
        """
        within = np.arange(len(self._acl)) if places is None else places
        seen = self._access.visible(viewer)[self._acl[within]]
        if as_of is not None:
            seen &= self._known_at[within] <= np.datetime64(naive_utc(as_of), "us")
        found: NDArray[np.intp] = within[seen]
        return found
