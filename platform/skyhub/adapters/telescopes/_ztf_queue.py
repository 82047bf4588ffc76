"""Exposures as the scheduler of ZTF takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from skyhub.errors import InvalidInput
from skyhub.science.nights import mjd_of_datetime

__all__ = ["Program", "interval_of", "ztf_queue"]

_FILTERS = {"ztfg": 1, "ztfr": 2, "ztfi": 3}


class Program(NamedTuple):
    """On whose time a queue is observed."""

    program_id: int = 2
    """1 public, 2 partnership, 3 Caltech."""
    program_pi: str = ""
    subprogram_name: str = "ToO"
    queue_name: str = ""
    """By default ``ToO`` and the first start."""


def ztf_queue(observations: Sequence[Mapping[str, Any]], program: Program) -> dict[str, Any]:
    """Exposures as ZTF's queue takes them: ``queue_name, validity_window_mjd, queue_type, targets``.

    Parameters
    ----------
    observations
        ``field_id, ra, dec`` (ICRS, deg), ``bandpass, start`` (UTC), ``exposure_s``; at least one.
    program
        On whose time they are observed.

    Raises
    ------
    InvalidInput
        If an observation is in a filter that ZTF does not have.
    """
    if strange := sorted({row["bandpass"] for row in observations} - _FILTERS.keys()):
        raise InvalidInput(f"the filter {strange[0]} is none of ZTF's: {', '.join(_FILTERS)} can be queued.", "filters")
    shared = {"program_id": program.program_id, "program_pi": program.program_pi}
    targets = [
        {
            "request_id": number,
            **shared,
            "field_id": row["field_id"],
            "ra": row["ra"],
            "dec": row["dec"],
            "filter_id": _FILTERS[row["bandpass"]],
            "exposure_time": row["exposure_s"],
            "subprogram_name": program.subprogram_name,
        }
        for number, row in enumerate(observations, start=1)
    ]
    first, last = interval_of(observations)
    return {
        "queue_name": program.queue_name or f"ToO_{first:%Y%m%dT%H%M%S}",
        "validity_window_mjd": [mjd_of_datetime(first), mjd_of_datetime(last)],
        "queue_type": "list",
        "targets": targets,
    }


def interval_of(observations: Sequence[Mapping[str, Any]]) -> tuple[datetime, datetime]:
    """When the first exposure begins and the last ends."""
    begins = [datetime.fromisoformat(row["start"]).replace(tzinfo=UTC) for row in observations]
    seconds = (timedelta(seconds=row["exposure_s"]) for row in observations)
    return min(begins), max(begin + length for begin, length in zip(begins, seconds, strict=True))
