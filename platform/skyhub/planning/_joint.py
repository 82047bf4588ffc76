"""Drafting plans of several telescopes for one localization."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import Field, field_validator

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.planning._asked import PlanAsked
from skyhub.planning._draft import document_of_plan, made_from, planner_of
from skyhub.planning._instrument import Equipment
from skyhub.records import check
from skyhub.science.planning import Planner, joint_plans

__all__ = ["JointAsked", "draft_plans"]


class JointAsked(PlanAsked):
    """A localization, several instruments, a time, and how fields shall be observed."""

    instrument: str = Field("", max_length=0, description="Left empty: instruments names them")
    instruments: list[str] = Field(min_length=2, max_length=10, description="Names of the instruments")
    own: dict[str, dict[str, Any]] = Field({}, description="By instrument, wishes that differ from those of all")

    @field_validator("instruments")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        if len(set(names)) < len(names):
            raise ValueError("name each instrument once")
        return names

    def each(self) -> list[PlanAsked]:
        """What is asked of each instrument. Raises `InvalidInput` if wishes are of none of them, or cannot be."""
        if other := sorted(set(self.own) - set(self.instruments)):
            raise InvalidInput(f"{other[0]} is none of the instruments: {', '.join(self.instruments)} are.", "own")
        common = self.model_dump(exclude_unset=True, exclude={"instrument", "instruments", "own"})
        return [self._asked_of(name, common) for name in self.instruments]

    def _asked_of(self, name: str, common: dict[str, Any]) -> PlanAsked:
        with _told_as_own(name):
            asked: PlanAsked = check(PlanAsked, {**common, **self.own.get(name, {}), "instrument": name}, f"own.{name}")
        return asked


def draft_plans(
    db: Database, viewer: Viewer, asked: JointAsked, told: Callable[[str, float], None] | None = None
) -> dict[str, Any]:
    """Plan observations of a localization with several telescopes; nothing is stored.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        Localization, instruments, time and wishes.
    told
        Is told the instrument with its stage (``ZTF: optimise``) and the share of all that is done; what it raises ends the work.

    Returns
    -------
    dict
        ``plans``, a document of `draft_plan` for each telescope that has something to do, with the probability that it has
        ``added`` to the others; ``idle``: instruments that have not, and why; ``probability, area`` (deg²) of all fields together,
        ``upper_bound`` and ``seconds``.

    Raises
    ------
    NotFound, InvalidInput
        If the viewer may not see what is named, or no telescope can observe anything; what is wrong with the wishes of one
        instrument is wrong at ``own.INSTRUMENT``.
    """
    started = time.perf_counter()
    wanted = asked.each()
    ready = [_ready(db, viewer, each) for each in wanted]
    found = joint_plans(
        [planner for planner, _ in ready],
        asked.budget,
        optimise=asked.method == "optimise",
        told=lambda n, stage, share: told and told(f"{asked.instruments[n]}: {stage}", share),
    )
    plans = [
        {**made_from(wanted[n]), **document_of_plan(plan, *ready[n], wanted[n]), "added": found.added[n]}
        for n, plan in found.plans.items()
    ]
    return {
        "plans": plans,
        "idle": {asked.instruments[n]: reason for n, reason in found.idle.items()},
        "probability": found.probability,
        "area": found.area,
        "upper_bound": max(found.upper_bound, found.probability),
        "seconds": time.perf_counter() - started,
    }


def _ready(db: Database, viewer: Viewer, asked: PlanAsked) -> tuple[Planner, Equipment]:
    """The planner of one of the instruments, and what observes."""
    with _told_as_own(asked.instrument):
        return planner_of(db, viewer, asked)


@contextmanager
def _told_as_own(name: str) -> Iterator[None]:
    """What is wrong is wrong with the wishes of one instrument."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(error.message, f"own.{name}.{error.where.rpartition('.')[2]}") from error
