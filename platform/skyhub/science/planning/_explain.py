"""Why a field is in a plan, and why another one is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._asked import SECONDS
from skyhub.science.planning._atoms import Atoms, atoms_of
from skyhub.science.planning._cover import LEAST_GAIN
from skyhub.science.planning._near import near_probability
from skyhub.science.planning._plan import Planner
from skyhub.science.planning._sight import sight_of
from skyhub.science.planning._timetable import Exposure
from skyhub.science.visibility import Constraints, airmass, local_sky

__all__ = ["VERDICTS", "FieldVerdict", "Verdict", "explain_fields"]

Verdict = Literal[
    "observed", "excluded", "no probability", "out of limits", "visits do not fit", "adds too little", "no room"
]
VERDICTS: tuple[str, ...] = get_args(Verdict)
"""What may become of a field."""

_STEP = 300.0 / SECONDS
_FREE = {
    "airmass": None, "altitude": -90.0, "moon_separation": 0.0, "moon_illumination": 1.0, "hour_angle": None, "horizon": None,
}  # fmt: skip
"""Limits, and their values that limit nothing."""

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class FieldVerdict:
    """What became of one field of a plan, and why."""

    field: int
    """Its place in the grid."""
    verdict: Verdict
    probability: float
    """Of the map within the field."""
    gain: float
    """What the plan would lose without it, or gain with it."""
    starts: tuple[float, ...] = ()
    """When it is observed (MJD, UTC)."""
    airmass: tuple[float, ...] = ()
    """At the middle of each of its exposures."""
    limits: tuple[str, ...] = ()
    """Which limits it never keeps while it is dark; all that there are, if it keeps each at times but never all at once."""
    best_airmass: float | None = None
    """The lowest while it is dark; None if it never rises then."""
    observable: float = 0.0
    """How long it keeps all limits (h)."""


def explain_fields(planner: Planner, exposures: Sequence[Exposure], fields: Iterable[int]) -> list[FieldVerdict]:
    """Why fields are in a plan or not.

    Parameters
    ----------
    planner
        Of which the plan is.
    exposures
        The plan; fields by their places in the planner's grid.
    fields
        Which fields to explain, by their places.

    Raises
    ------
    InvalidInput
        If it is never dark.
    """
    asked = np.unique(np.fromiter(fields, dtype=np.int64))
    chosen = np.unique(np.array([each.field for each in exposures], dtype=np.int64))
    near = near_probability(planner.sky_map, planner.footprint, planner.ra[asked], planner.dec[asked])
    places = np.union1d(asked[near], chosen)
    atoms = atoms_of(planner.sky_map, planner.seen.ranges(places), planner.strategy.credible_level)
    chosen_here = np.searchsorted(places, chosen)
    gains = _gains(atoms, chosen_here)
    weighed = {int(p): (float(s), float(g)) for p, s, g in zip(places, atoms.single, gains, strict=True)}
    best = _best_airmass(planner, asked)
    observed: dict[int, list[Exposure]] = {}
    for each in sorted(exposures, key=lambda e: e.start):
        observed.setdefault(each.field, []).append(each)
    found = [
        _explained(planner, place, *weighed.get(place, (0.0, 0.0)), observed.get(place, []), lowest)
        for place, lowest in zip(asked.tolist(), best, strict=True)
    ]
    never = _never_kept(planner, [each.field for each in found if each.verdict == "out of limits"])
    return [replace(each, limits=never.get(each.field, ())) for each in found]


def _gains(atoms: Atoms, chosen: Indices) -> NDArray[np.float64]:
    """What each field adds to the chosen ones; of a chosen one, to the others."""
    is_chosen = np.zeros(atoms.n_fields, dtype=bool)
    is_chosen[chosen] = True
    times = np.bincount(atoms.atom[is_chosen[atoms.field]], minlength=len(atoms.weight))
    alone = times[atoms.atom] == is_chosen[atoms.field]
    return np.bincount(atoms.field[alone], atoms.weight[atoms.atom[alone]], minlength=atoms.n_fields).astype(float)


def _best_airmass(planner: Planner, places: Indices) -> list[float | None]:
    times = np.concatenate([np.append(np.arange(w.begin, w.end, _STEP), w.end) for w in planner.sight.dark])
    highest = local_sky(planner.site, times).altitude(planner.ra[places], planner.dec[places]).max(axis=1)
    formula = planner.strategy.constraints.formula
    return [float(airmass(h, formula)) if h > 0 else None for h in highest.tolist()]


def _explained(
    planner: Planner, place: int, probability: float, gain: float, own: list[Exposure], best: float | None
) -> FieldVerdict:
    """The verdict on a field; its limits are not told yet."""
    hours = 24 * float(np.nansum(planner.sight.end[place] - planner.sight.begin[place]))
    made = FieldVerdict(place, "observed", probability, gain, best_airmass=best, observable=hours)
    if own:
        middles = [each.start + each.seconds / SECONDS / 2 for each in own]
        height = local_sky(planner.site, middles).altitude(planner.ra[[place]], planner.dec[[place]])[0]
        at = tuple(airmass(height, planner.strategy.constraints.formula).tolist())
        return replace(made, starts=tuple(each.start for each in own), airmass=at)
    if place in planner.strategy.excluded:
        return replace(made, verdict="excluded")
    if probability < LEAST_GAIN:
        return replace(made, verdict="no probability")
    if not planner.sight.of([place]).ever(planner.strategy.shortest / SECONDS)[0]:
        return replace(made, verdict="out of limits")
    if planner.strategy.balanced and not _visits_fit(planner, place):
        return replace(made, verdict="visits do not fit")
    return replace(made, verdict="adds too little" if gain < LEAST_GAIN else "no room")


def _never_kept(planner: Planner, places: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The limits that fields never keep long enough, each taken alone."""
    asked, limits = planner.strategy, planner.strategy.constraints
    real = [name for name, free in _FREE.items() if getattr(limits, name) != free]
    if limits.airmass is not None and limits.lowest > limits.altitude:
        real.remove("altitude")
    ra, dec = planner.ra[list(places)], planner.dec[list(places)]
    kept = [
        sight_of(planner.site, ra, dec, asked.begin, asked.end, _only(limits, name)).ever(asked.shortest / SECONDS)
        for name in real
    ]
    never = [tuple(name for name, own in zip(real, kept, strict=True) if not own[n]) for n in range(len(places))]
    return {place: names or tuple(real) for place, names in zip(places, never, strict=True)}


def _only(limits: Constraints, name: str) -> Constraints:
    others = {other: free for other, free in _FREE.items() if other != name}
    return replace(limits, **others)  # type: ignore[arg-type]


def _visits_fit(planner: Planner, place: int) -> bool:
    """Whether the visits of a field, taken as early as can be, fit in its windows: in the filters' order or the other."""
    gap = planner.strategy.gap / SECONDS
    for sets in (planner.strategy.sets, planner.strategy.sets[::-1]):
        ready: float | None = planner.strategy.begin
        for each in sets:
            lasts = (planner.machine.cycle(each) - planner.machine.overhead) / SECONDS
            start = planner.sight.earliest(place, ready, lasts) if ready is not None else None
            ready = None if start is None else start + max(gap, lasts)
        if ready is not None:
            return True
    return False
