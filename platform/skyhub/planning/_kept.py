"""Plans that are kept: with the wishes and the localization that they were made from, approved as they are or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator

from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.planning._asked import PlanAsked
from skyhub.records import Kind, Record, check, current_row, get
from skyhub.science.nights import datetime_of_mjd

__all__ = ["PLANS", "KeptPlan", "Observation", "asked_of", "document_of", "kept_plan", "observations_of", "start_of"]

_MOST_OBSERVATIONS = 20_000
_BY_RULE = """
    SELECT plan_id, sending_rule_id, state FROM @rule_sendings WHERE list_contains(?, plan_id)
    QUALIFY row_number() OVER (PARTITION BY plan_id ORDER BY rule_sending_id DESC) = 1
"""
_SENT_BY_RULE = ("sent", "updated", "cancelled")


class Observation(BaseModel):
    """One exposure of a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    field_id: int = Field(ge=0, description="The field; of a telescope without fields the number of the tile")
    ra: float = Field(ge=0, le=360, description="Where the telescope points (ICRS, deg)")
    dec: float = Field(ge=-90, le=90, description="Where the telescope points (ICRS, deg)")
    filter: str = Field(min_length=1, max_length=40, description="Filter, as it was asked for")
    bandpass: str = Field(min_length=1, max_length=40, description="Filter, as the instrument names it")
    start: str = Field(description="Begin (UTC), as 2019-04-25T08:18:05.000")
    exposure_s: float = Field(gt=0, lt=86_400, description="How long it lasts (s)")

    @field_validator("start")
    @classmethod
    def _is_a_time(cls, text: str) -> str:
        if datetime.fromisoformat(text).tzinfo is not None:
            raise ValueError("times of observations are UTC: leave the zone out")
        return text

    @property
    def begin(self) -> datetime:
        """When it begins."""
        return datetime.fromisoformat(self.start).replace(tzinfo=UTC)


def start_of(mjd: float) -> str:
    """A time (MJD, UTC) as observations have it."""
    return datetime_of_mjd(mjd).replace(tzinfo=None).isoformat(timespec="milliseconds")


class KeptPlan(Record):
    """A plan of observations over a localization."""

    name: str = Field(min_length=1, max_length=100, description="What it is called")
    localization_id: int | None = Field(None, ge=1, description="What it is over; null for a map from a file")
    instrument: str = Field(min_length=1, max_length=100, description="What observes")
    telescope: str = Field(min_length=1, max_length=100, description="Where it is mounted")
    wishes: dict[str, Any] = Field(description="What was asked for, as POST /api/plans/draft takes it")
    observations: list[Observation] = Field(max_length=_MOST_OBSERVATIONS, description="The exposures, in order")
    visits: int = Field(description="Visits that each field gets")
    probability: float = Field(description="Within the fields that get all visits")
    upper_bound: float = Field(description="A probability that no plan exceeds")
    area: float = Field(ge=0, description="Of the fields, overlaps once", json_schema_extra={"unit": "deg2"})
    notes: list[str] = Field([], description="What was assumed")
    planned_at: datetime = Field(description="With the fields and limits known at this time (UTC)")
    state: Literal["draft", "approved", "sent", "cancelled"] = Field("draft", description="How far it has come")
    approved: str | None = Field(None, description="The digest that was approved")
    together: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="The same for plans of several telescopes that were made together",
    )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def n_fields(self) -> int:
        """How many fields are observed."""
        return len({each.field_id for each in self.observations})

    @computed_field  # type: ignore[prop-decorator]
    @property
    def n_observations(self) -> int:
        """How many exposures there are."""
        return len(self.observations)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def digest(self) -> str:
        """SHA-256 of what a telescope is told: equal for equal plans."""
        told = [self.localization_id, self.instrument, [each.model_dump() for each in self.observations]]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def asked_of(plan: KeptPlan) -> PlanAsked:
    """What was asked of a kept plan, with what was known then.

    Raises
    ------
    InvalidInput
        If its wishes cannot be.
    """
    there = {"localization_id": plan.localization_id, "instrument": plan.instrument, "as_of": plan.planned_at}
    asked: PlanAsked = check(PlanAsked, {**plan.wishes, **there}, "wishes")
    return asked


def kept_plan(db: Database, viewer: Viewer, plan_id: int, as_of: datetime | None = None) -> KeptPlan:
    """A kept plan with its observations. Raises `NotFound` if the viewer may see none of this number."""
    return PLANS.record(current_row(db, viewer, PLANS, plan_id, as_of))


def observations_of(db: Database, viewer: Viewer, plan_id: int, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The exposures of a kept plan, in order. Raises `NotFound` if the viewer may see none of this number."""
    return [each.model_dump() for each in kept_plan(db, viewer, plan_id, as_of).observations]


def document_of(db: Database, viewer: Viewer, plan_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """A kept plan as a document, with its observations."""
    document = get(db, viewer, PLANS, plan_id, as_of)
    return {**document, "observations": observations_of(db, viewer, plan_id, as_of)}


def _prepare(db: Database, viewer: Viewer, plans: Sequence[KeptPlan]) -> Sequence[KeptPlan]:
    """Refuse plans of nothing, of impossible figures or wishes, and approvals of another plan."""
    for plan in plans:
        if not plan.observations:
            raise InvalidInput("the plan has no observations: save one that has.", "observations")
        starts = [each.begin for each in plan.observations]
        if starts != sorted(starts):
            raise InvalidInput("the observations are not in the order of their starts: sort them.", "observations")
        if not 0 <= plan.probability <= plan.upper_bound <= 1:
            raise InvalidInput(
                f"the probability is {plan.probability:g} and its bound {plan.upper_bound:g}: 0 ≤ probability ≤ bound ≤ 1 is "
                "permitted.",
                "probability",
            )
        if plan.state in ("approved", "sent") and plan.approved != plan.digest:
            raise InvalidInput(
                f"this plan is not {plan.state}: what was approved is {plan.approved or 'nothing'}, what it says now has the "
                f"digest {plan.digest}. Look at it and approve that, or make it a draft again.",
                "approved",
            )
        asked_of(plan)
    return plans


def _made_from(db: Database, viewer: Viewer, plan: KeptPlan) -> set[int]:
    """The access sets of the localization: where a plan points tells of it."""
    if plan.localization_id is None:
        return set()
    sql = "SELECT DISTINCT acl FROM @localizations* WHERE localization_id = ?"
    found = {row["acl"] for row in db.reader.rows(viewer, sql, [plan.localization_id])}
    if not found:
        raise NotFound(f"there is no localization {plan.localization_id} among those that you may see.")
    return found


def _present(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Plans as they are read: with the sending rule that has sent each, if one did. Who sees a plan is told that."""
    numbers = [int(document["plan_id"]) for document in documents]
    rows = db.reader.rows(ADMINISTRATOR, _BY_RULE, [numbers], as_of)
    rules = {row["plan_id"]: str(row["sending_rule_id"]) for row in rows if row["state"] in _SENT_BY_RULE}
    return [{**document, "sending_rule_id": rules.get(int(document["plan_id"]))} for document in documents]


PLANS = Kind(
    "plans",
    "plan",
    KeptPlan,
    bulky=frozenset({"observations"}),
    announced=("name", "state"),
    made_from=_made_from,
    prepare=_prepare,
    present=_present,
)
"""The kind of record."""
