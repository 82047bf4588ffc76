"""The points of light curves that were known when alerts came."""

from __future__ import annotations

from datetime import UTC

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.candidates._filters import Filter
from skyhub.db import ADMINISTRATOR, Database
from skyhub.photometry import measured_here

__all__ = ["points_known_to"]

_COLUMNS = (
    "object_id", "mjd", "filter", "flux", "fluxerr", "mag", "magerr", "limiting_mag", "ra", "dec", "origin",
)  # fmt: skip


def points_known_to(db: Database, version: Filter, alerts: pa.Table) -> pa.Table:
    """Of each alert the points of its object that were known when it came, up to its time; its own is among them.

    What comes of an alert is shown to a filter's group and to those entitled to the alert's streams: points that
    not all of them may see are left out, and so are those that others measured and published.

    Returns
    -------
    pyarrow.Table
        ``candid`` of the alert, and columns of ``photometry``: MJD, µJy, AB magnitudes, ICRS degrees.
    """
    parts = [_of_time(db, version, alerts, moment) for moment in pc.unique(alerts["known_at"]).to_pylist()]
    return pa.concat_tables(parts) if parts else _of_time(db, version, alerts, None)


def _of_time(db: Database, version: Filter, alerts: pa.Table, moment: object) -> pa.Table:
    chosen = alerts.filter(pc.equal(alerts["known_at"], pa.scalar(moment, alerts["known_at"].type)))
    as_of = None if moment is None else moment.replace(tzinfo=UTC)  # type: ignore[attr-defined]
    names = pc.unique(chosen["object_id"]).to_pylist()
    points = measured_here(db.reader.points(ADMINISTRATOR, names, (*_COLUMNS, "acl"), as_of))
    places, owners = _matched(db, version, chosen, points)
    found = points.select(_COLUMNS).take(places)
    return found.add_column(0, "candid", chosen["candid"].take(pa.array(owners)))


def _matched(
    db: Database, version: Filter, alerts: pa.Table, points: pa.Table
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of points, and of the alert that each of them was known to."""
    names = points["object_id"].to_numpy()
    mjd, acls = points["mjd"].to_numpy(), points["acl"].to_numpy()
    order = np.argsort(names, kind="stable")
    sorted_names = names[order]
    places, owners = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
    columns = (alerts[name].to_pylist() for name in ("object_id", "mjd", "acl"))
    for number, (name, time, acl) in enumerate(zip(*columns, strict=True)):
        begin, end = np.searchsorted(sorted_names, name), np.searchsorted(sorted_names, name, "right")
        own = order[begin:end]
        own = own[mjd[own] <= time]
        seen = [a for a in np.unique(acls[own]).tolist() if _may_show(db, version, acl, a)]
        own = own[np.isin(acls[own], seen)]
        places.append(own)
        owners.append(np.full(len(own), number, dtype=np.intp))
    return np.concatenate(places), np.concatenate(owners)


def _may_show(db: Database, version: Filter, alert_acl: int, point_acl: int) -> bool:
    groups, streams = db.access.members(point_acl)
    return streams <= db.access.members(alert_acl)[1] and (not groups or version.group_id in groups)
