"""HTTP routes of analysis."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.analysis._periodogram import MAX_BOOTSTRAP, PeriodSearch, object_periodogram
from skyhub.photometry import Duplicates
from skyhub.science.periodograms import MAX_HARMONICS
from skyhub.web import AsOf, Caller, context_of, run_while_asked

router = APIRouter(prefix="/api", tags=["analysis"])


@router.get("/objects/{object_id}/periodogram")
async def periodogram_of_object(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    object_id: str,
    min_period: Annotated[float, Query(description="Shortest period (d)")] = 0.1,
    max_period: Annotated[float | None, Query(description="Longest (d); the time from first to last point")] = None,
    oversampling: Annotated[float, Query(description="Frequencies per width of a peak")] = 5.0,
    harmonics: Annotated[int, Query(ge=1, le=MAX_HARMONICS, description="Harmonics of each band")] = 1,
    error_floor: Annotated[float, Query(description="Part of a band's scatter that errors have at least")] = 0.1,
    peaks: Annotated[int, Query(ge=1, le=100, description="How many peaks")] = 10,
    bootstrap: Annotated[int, Query(ge=0, le=MAX_BOOTSTRAP, description="Light curves of exchanged points")] = 0,
    filter: Annotated[list[str] | None, Query(description="Only these filters")] = None,
    duplicates: Annotated[Duplicates, Query(description="Which point of an exposure counts")] = "forced",
    drawn: Annotated[int, Query(ge=10, le=100_000, description="At most so many points to draw")] = 2000,
) -> dict[str, Any]:
    """The period of an object's light curve: peaks, false alarms, aliases and what can be drawn.

    The search ends when the connection is closed.
    """
    search = PeriodSearch(
        min_period,
        max_period,
        oversampling,
        harmonics,
        error_floor,
        peaks,
        bootstrap,
        tuple(filter or ()),
        duplicates,
        drawn,
    )
    ask = partial(object_periodogram, context_of(request).db, caller, object_id, search, as_of)
    return await run_while_asked(request, ask)
