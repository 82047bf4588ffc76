"""What is asked of a plan, and how long things take at the telescope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.visibility import Constraints

__all__ = ["SECONDS", "Machine", "Pass", "Strategy"]

SECONDS = 86_400.0
"""Seconds of a day."""
_LONGEST_WINDOW = 31.0
_MOST_VISITS = 10


class Pass(NamedTuple):
    """One of the exposures of every field."""

    filter: str
    exposure: float
    """Time of the exposure (s)."""


def _changes(passes: Sequence[Pass]) -> int:
    return sum(a.filter != b.filter for a, b in pairwise(passes))


@dataclass(frozen=True)
class Machine:
    """How long things take besides exposing.

    Raises
    ------
    InvalidInput
        If a time is negative, or a motion not positive.
    """

    overhead: float = 10.0
    """Time lost with each exposure, during which the telescope may slew (s)."""
    filter_change: float = 60.0
    """Time of a filter change, after the slew (s)."""
    slew_rate: float = 2.6
    """Fastest motion (deg/s)."""
    slew_acceleration: float = 0.4
    """Acceleration and deceleration of the motion (deg/s²)."""
    settle: float = 0.0
    """Time to come to rest after a slew (s)."""

    def __post_init__(self) -> None:
        for name in ("overhead", "filter_change", "settle"):
            if not 0 <= getattr(self, name) < SECONDS:
                raise InvalidInput(f"{name} is {getattr(self, name)} s: 0 or more is permitted.", name)
        for name in ("slew_rate", "slew_acceleration"):
            if not getattr(self, name) > 0:
                raise InvalidInput(f"{name} is {getattr(self, name)}: more than 0 is permitted.", name)

    def cycle(self, visit: Sequence[Pass]) -> float:
        """Time of a visit without slewing (s): exposures with their overheads, and filter changes between them."""
        return sum(each.exposure + self.overhead for each in visit) + self.filter_change * _changes(visit)

    def slew(self, angle: ArrayLike) -> NDArray[np.float64]:
        """Time (s) of slews by angles (deg): accelerated, at the fastest motion, decelerated, settled.

        Examples
        --------
        >>> Machine(slew_rate=2.0, slew_acceleration=0.5).slew([0.0, 8.0, 28.0]).tolist()
        [0.0, 8.0, 18.0]
        """
        theta = np.asarray(angle, dtype=float)
        short = 2 * np.sqrt(theta / self.slew_acceleration)
        long = theta / self.slew_rate + self.slew_rate / self.slew_acceleration
        moved = np.where(theta <= self.slew_rate**2 / self.slew_acceleration, short, long)
        return np.where(theta > 0, moved + self.settle, 0.0)


@dataclass(frozen=True)
class Strategy:
    """When and how fields shall be observed.

    Raises
    ------
    InvalidInput
        If it cannot be.
    """

    begin: float
    end: float
    """Between which times (MJD, UTC)."""
    filters: tuple[str, ...]
    """In which filters; visits take them in turn."""
    exposure: float | Mapping[str, float] = 300.0
    """Time of an exposure (s), or one by filter."""
    visits: int | None = None
    """How often each field; as many as there are filters by default, and at least."""
    gap: float = 1800.0
    """Smallest time between the starts of two visits of a field (s)."""
    constraints: Constraints = field(default_factory=lambda: Constraints(airmass=2.5, sun_altitude=-12.0))
    """When a field counts as observable."""
    balanced: bool = True
    """Whether a field gets all its visits or none; else each counts for its part."""
    integrated: bool = False
    """Whether a visit takes all filters one after another; else each visit has one."""
    most_fields: int | None = None
    """At most so many fields."""
    most_seconds: float | None = None
    """At most so much time of exposures and what goes with them (s)."""
    low_airmass: bool = False
    """Whether fields are observed as high as can be; else in short ways."""
    credible_level: float | None = None
    """Only probability within this credible region counts; all of it by default."""
    excluded: frozenset[int] = frozenset()
    """Places of fields that are left out."""
    pinned: frozenset[int] = frozenset()
    """Places of fields that come before all others."""

    def __post_init__(self) -> None:
        if not self.begin < self.end:
            raise InvalidInput("the end of the plan is not after its begin: give a later end, or more hours.", "end")
        if self.end - self.begin > _LONGEST_WINDOW:
            raise InvalidInput(
                f"the plan lasts {self.end - self.begin:.1f} days: {_LONGEST_WINDOW:g} or less are permitted.", "end"
            )
        if not self.filters or len(set(self.filters)) < len(self.filters):
            raise InvalidInput(f"the filters are {', '.join(self.filters) or 'none'}: name each once.", "filters")
        if self.visits is not None and not 1 <= self.visits <= _MOST_VISITS:
            raise InvalidInput(f"{self.visits} visits are asked for: 1 to {_MOST_VISITS} are permitted.", "visits")
        if not 0 <= self.gap < SECONDS:
            raise InvalidInput(f"the gap is {self.gap:g} s: from 0 to less than a day is permitted.", "gap")
        if self.most_fields is not None and self.most_fields < 1:
            raise InvalidInput(
                f"at most {self.most_fields} fields are asked for: 1 or more is permitted.", "max_fields"
            )
        if self.most_seconds is not None and not self.most_seconds > 0:
            raise InvalidInput(
                f"the time at the telescope is {self.most_seconds:g} s: more than 0 is permitted.", "total_hours"
            )
        self._check_pinned()
        for each in self.passes:
            if not 0 < each.exposure < SECONDS:
                raise InvalidInput(f"the exposure is {each.exposure:g} s: more than 0 is permitted.", "exposure")

    def _check_pinned(self) -> None:
        if both := self.excluded & self.pinned:
            raise InvalidInput(
                f"{len(both)} fields are pinned and left out: take them from one of the two.", "pinned_fields"
            )
        if self.most_fields is not None and len(self.pinned) > self.most_fields:
            raise InvalidInput(
                f"{len(self.pinned)} fields are pinned, and at most {self.most_fields} asked for: allow more, or pin fewer.",
                "pinned_fields",
            )

    @property
    def passes(self) -> tuple[Pass, ...]:
        """The exposures of every field, in order."""
        count = max(self.visits or 0, len(self.filters))
        names = [self.filters[n % len(self.filters)] for n in range(count)]
        if self.integrated:
            names = [*self.filters] * (self.visits or 1)
        return tuple(Pass(name, self._exposure_in(name)) for name in names)

    @property
    def sets(self) -> tuple[tuple[Pass, ...], ...]:
        """The visits of every field, in order: the exposures that are taken one after another."""
        size = len(self.filters) if self.integrated else 1
        return tuple(self.passes[n : n + size] for n in range(0, len(self.passes), size))

    @property
    def is_partial(self) -> bool:
        """Whether a field may get some of its visits only."""
        return not self.balanced and len(self.sets) > 1

    @property
    def shortest(self) -> float:
        """Time that the shortest visit exposes (s)."""
        return min(sum(each.exposure for each in one) for one in self.sets)

    def fewer_visits(self) -> Iterator[Strategy]:
        """Itself, and if fields may get some of their visits only the same with fewer and fewer: the first of them."""
        yield self
        if not self.balanced:
            for count in range(len(self.sets) - 1, 0, -1):
                filters = self.filters if self.integrated else self.filters[:count]
                yield replace(self, filters=filters, visits=count)

    def _exposure_in(self, name: str) -> float:
        if not isinstance(self.exposure, Mapping):
            return float(self.exposure)
        if name not in self.exposure:
            raise InvalidInput(f"there is no exposure time for the filter {name}: give one for each.", "exposure")
        return float(self.exposure[name])
