"""What is asked of the Treasure Map."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DoiAsked", "Fetching", "Sharing"]

_Number = Annotated[int, Field(ge=1, lt=2**63)]


class _Asked(BaseModel):
    """What every question says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allocation_id: _Number = Field(
        description="Whose secret treasuremap_token is used, and whose instrument it is about"
    )


class Creator(BaseModel):
    """An author of a DOI."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    affiliation: str = Field(min_length=1, max_length=500)


class DoiAsked(_Asked):
    """Pointings that were shared, for a DOI or to be cancelled."""

    pointing_ids: list[_Number] = Field(
        min_length=1, max_length=10_000, description="Their numbers at the Treasure Map"
    )
    creators: list[Creator] = Field(
        [], max_length=500, description="Authors of the DOI; the account's owner by default"
    )


class Fetching(_Asked):
    """Pointings of others to bring in."""

    graceid: str = Field(min_length=1, max_length=40, pattern=r"^[\w-]+$", description="The event, such as S190425z")
    groups: list[str] | None = Field(None, description="Who shall see them: some of one's groups, all by default")


class Sharing(_Asked):
    """Pointings of ours to share: of a plan that is approved, or executed ones."""

    graceid: str = Field(min_length=1, max_length=40, pattern=r"^[\w-]+$", description="The event, such as S190425z")
    localization_id: _Number | None = Field(None, description="Share the observations since this one's time, or ...")
    plan_id: _Number | None = Field(None, description="... the exposures of this plan")
    end: datetime | None = Field(None, description="Only observations before this time (UTC)")
    request_doi: bool = Field(False, description="Whether to ask for a DOI of them")
    creators: list[Creator] = Field(
        [], max_length=500, description="Authors of the DOI; the account's owner by default"
    )
    approved: str | None = Field(None, description="The digest of the preview; without it nothing is sent")
