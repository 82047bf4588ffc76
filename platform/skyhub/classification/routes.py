"""HTTP routes of classifications beyond those that every kind of record has."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from skyhub.classification import SHIPPED, classify, taxonomy_tree, vote
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api", tags=["classification"])


class Ballot(BaseModel):
    """A vote: 1 for, -1 against, 0 takes it back."""

    vote: int = Field(ge=-1, le=1)


class Probabilities(BaseModel):
    """Several classes of one object."""

    object_id: str
    probabilities: dict[str, float] = Field(min_length=1, max_length=1000)
    taxonomy: str = SHIPPED
    edition: str | None = None
    ml: bool = False
    origin: str | None = None
    groups: list[str] | None = None
    normalise: bool = Field(False, description="Scale those below one parent so that their sum is 1")


@router.post("/classifications/probabilities")
async def several(request: Request, caller: Caller, body: Probabilities) -> dict[str, Any]:
    """Give an object several classes with their probabilities at once."""
    context = context_of(request)
    given = body.model_dump()
    return await context.run(
        classify, context.db, caller, given.pop("object_id"), given.pop("probabilities"), given.pop("groups"), **given
    )


@router.put("/classifications/{classification_id}/vote")
async def cast(request: Request, caller: Caller, classification_id: Number, body: Ballot) -> dict[str, Any]:
    """Vote on a classification."""
    context = context_of(request)
    return await context.run(vote, context.db, caller, classification_id, body.vote)


@router.get("/taxonomies/classes")
async def classes(
    request: Request, caller: Caller, as_of: AsOf, taxonomy: str = SHIPPED, edition: str | None = None
) -> dict[str, Any]:
    """The classes of a taxonomy, each with its place and other names."""
    context = context_of(request)
    found, tree = await context.run(taxonomy_tree, context.db, caller, taxonomy, edition, as_of)
    rows = [{"classification": t.name, "path": list(t.path), "other_names": list(t.aliases)} for t in tree.taxa]
    return {"taxonomy": taxonomy, "edition": found, "rows": rows}
