"""Settings of telescope queues: where which instruments are asked for observations, each queue under a name."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from skyhub.config._brokers import Url, travels_encrypted

__all__ = ["AtlasQueue", "LetterQueue", "PortalQueue", "QueueSettings", "Queues", "RubinQueue", "ZtfQueue"]


class QueueSettings(BaseModel):
    """What every queue has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instruments: list[str] = Field(min_length=1, max_length=50, description="Instruments that are asked for there")
    timeout_seconds: float = Field(20, gt=0, le=300, description="How long one answer may take")
    poll_seconds: float = Field(300, ge=1, le=86_400, description="How often it is asked what became of a request")

    @model_validator(mode="after")
    def _secrets_travel_encrypted(self) -> Self:
        for name in ("url", "archive_url"):
            url = getattr(self, name, None)
            if url is not None and not travels_encrypted(url):
                raise ValueError("secrets are sent to https:// alone (http:// is for this machine)")
        return self


class ZtfQueue(QueueSettings):
    """The queue of ZTF's scheduler, for targets of opportunity."""

    kind: Literal["ztf"] = Field(description="ztf: queues of ZTF's scheduler")
    url: Url = Field("https://kowalski.caltech.edu/api/triggers/ztf", description="Its address")


class PortalQueue(QueueSettings):
    """An observation portal, as LCO, SOAR and others of the AEON network have it."""

    kind: Literal["lco"] = Field(description="lco: request groups of an observation portal")
    url: Url = Field("https://observe.lco.global", description="Address of the portal")
    archive_url: Url | None = Field(None, description="Address of its archive; nothing is fetched without one")
    data_origins: list[Url] = Field([], description="Servers that spectra are fetched from, beside the archive")
    instrument_types: dict[str, str] = Field(
        {}, description="What the portal calls instruments that have another name here, as 1M0-SCICAM-SINISTRO"
    )
    telescope_class: str | None = Field(
        None,
        pattern=r"^\w{1,20}$",
        description="Class of its telescopes; by default the first part of an instrument's name",
    )


class RubinQueue(QueueSettings):
    """A list of targets of opportunity that a survey's scheduler reads."""

    kind: Literal["rubin"] = Field(description="rubin: a list of targets in JSON")
    url: Url = Field(description="Address of the list")


class AtlasQueue(QueueSettings):
    """ATLAS's service for forced photometry."""

    kind: Literal["atlas"] = Field(description="atlas: forced photometry by ATLAS")
    url: Url = Field("https://fallingstar-data.com/forcedphot", description="Its address")


class LetterQueue(QueueSettings):
    """A telescope without an interface: somebody there reads e-mail or Slack."""

    kind: Literal["letter"] = Field(description="letter: e-mail or Slack, as notifications permit")


_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]

Queues: TypeAlias = dict[
    _Name, Annotated[ZtfQueue | PortalQueue | RubinQueue | AtlasQueue | LetterQueue, Field(discriminator="kind")]
]
"""Queues by name."""
