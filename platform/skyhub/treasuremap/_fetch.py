"""Pointings of others: completed ones become observations, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa

from skyhub.adapters.treasuremap import Pointing
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities import bandpasses
from skyhub.observations import Selection, observations_asked, store_observations
from skyhub.science.nights import datetime_of_mjd, mjd_of_datetime
from skyhub.treasuremap._asked import Fetching
from skyhub.treasuremap._desk import account_of

__all__ = ["fetch_pointings"]

_SLACK = timedelta(minutes=1)


def fetch_pointings(db: Database, viewer: Viewer, asked: Fetching) -> dict[str, Any]:
    """Bring the completed pointings of an event in as observations, of instruments that are known by their numbers there.

    Exposures that the viewer sees already, ours above all, are left as they are.

    Returns
    -------
    dict
        ``read``, ``stored``, ``duplicates``; ``planned`` and ``cancelled`` (how many there are, which are not stored);
        ``unknown``: how many are of instruments that are not known, by their numbers.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If the allocation cannot be used, or the viewer may not upload.
    Unavailable
        If the Treasure Map does not answer.
    """
    viewer.require("upload")
    with account_of(db, viewer, asked.allocation_id) as account:
        found = account.service.pointings(asked.graceid)
    known = db.reader.rows(
        viewer, "SELECT name, filters, treasuremap_id FROM @instruments WHERE treasuremap_id IS NOT NULL"
    )
    instruments = {row["treasuremap_id"]: row for row in known}
    completed = [pointing for pointing in found if pointing.status == "completed"]
    mine = [pointing for pointing in completed if pointing.instrument in instruments]
    stored = sum(
        _store(db, viewer, instruments[number], [p for p in mine if p.instrument == number], asked.groups)
        for number in sorted({pointing.instrument for pointing in mine})
    )
    counts = Counter(pointing.status for pointing in found)
    unknown = Counter(str(p.instrument) for p in completed if p.instrument not in instruments)
    return {
        "read": len(found),
        "stored": stored,
        "duplicates": len(mine) - stored,
        "planned": counts["planned"],
        "cancelled": counts["cancelled"],
        "unknown": dict(unknown),
    }


def _store(
    db: Database,
    viewer: Viewer,
    instrument: Mapping[str, Any],
    pointings: Sequence[Pointing],
    groups: Sequence[str] | None,
) -> int:
    """Store pointings of one instrument that are not there; how many."""
    times = [pointing.time for pointing in pointings]
    span = Selection(instrument=(instrument["name"],), start=min(times) - _SLACK, end=max(times) + _SLACK)
    there = observations_asked(db, viewer, span)
    number = pointings[0].instrument
    before = [
        Pointing(ra, dec, datetime_of_mjd(mjd), number, "completed", "")
        for ra, dec, mjd in zip(*(there[name].to_pylist() for name in ("ra", "dec", "mjd")), strict=True)
    ]
    fresh = [pointing for pointing in pointings if not any(pointing.same_as(old) for old in before)]
    if not fresh:
        return 0
    columns = {
        "exposure_id": [f"treasuremap {pointing.number}" for pointing in fresh],
        "ra": [pointing.ra for pointing in fresh],
        "dec": [pointing.dec for pointing in fresh],
        "mjd": [mjd_of_datetime(pointing.time) for pointing in fresh],
        "filter": pa.array([_filter(instrument, pointing.band) for pointing in fresh], pa.string()),
        "position_angle": [pointing.position_angle for pointing in fresh],
        "limiting_magnitude": pa.array([_limit(pointing.depth) for pointing in fresh], pa.float64()),
    }
    return store_observations(db, viewer, instrument["name"], pa.table(columns), groups, "treasuremap").stored


def _limit(depth: float | None) -> float | None:
    return depth if depth is not None and 0 < depth <= 40 else None


def _filter(instrument: Mapping[str, Any], band: str) -> str | None:
    """The instrument's filter that a band is; None if it is none or not one alone."""
    try:
        return bandpasses(instrument["name"], instrument["filters"], [band])[band] if instrument["filters"] else None
    except InvalidInput:
        return None
