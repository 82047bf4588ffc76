"""Settings of brokers: services that can be asked for alerts and objects, each under a name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

__all__ = [
    "AlerceBroker",
    "BoomBroker",
    "BrokerSettings",
    "Brokers",
    "FinkBroker",
    "KowalskiBroker",
    "LasairBroker",
    "Url",
    "travels_encrypted",
]

_HERE = ("127.0.0.1", "::1", "localhost")
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$")]


def travels_encrypted(url: str) -> bool:
    """Whether nobody between here and there can read what is sent to an address."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _HERE


class BrokerSettings(BaseModel):
    """What every broker has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_seconds: float = Field(20, gt=0, le=300, description="How long one answer may take")
    slow_seconds: float = Field(8, gt=0, le=300, description="From when on an answer is called slow")
    retries: int = Field(2, ge=0, le=10, description="How often a request that failed is sent again at once")
    calls_per_hour: int | None = Field(None, ge=1, description="At most so many requests; no bound by default")

    @model_validator(mode="after")
    def _secrets_travel_encrypted(self) -> Self:
        secret = any(isinstance(value, SecretStr) for value in self.__dict__.values())
        if secret and not travels_encrypted(str(getattr(self, "url", ""))):
            raise ValueError("secrets are sent to https:// alone (http:// is for this machine)")
        return self


class _OfOneSurvey(BrokerSettings):
    """Settings of a broker with a service for each survey, at an address of its own."""

    addresses: ClassVar[Mapping[str, str]]
    survey: Literal["ZTF", "LSST"] = Field("ZTF", description="Whose alerts that address has")
    url: Url = Field("", description="Its address; that of the survey by default")

    @model_validator(mode="before")
    @classmethod
    def _at_the_survey(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or "url" in given:
            return given
        address = cls.addresses.get(given.get("survey", "ZTF"))
        return given if address is None else {**given, "url": address}


class FinkBroker(_OfOneSurvey):
    """Fink's object service for one survey; it asks for no account."""

    addresses = MappingProxyType({"ZTF": "https://api.ztf.fink-portal.org", "LSST": "https://api.lsst.fink-portal.org"})
    kind: Literal["fink"] = Field(description="fink: Fink, ZTF's or Rubin's alerts")


class AlerceBroker(_OfOneSurvey):
    """ALeRCE's services for one survey; they ask for no account."""

    addresses = MappingProxyType({"ZTF": "https://api.alerce.online/ztf/v1", "LSST": "https://api-lsst.alerce.online"})
    kind: Literal["alerce"] = Field(description="alerce: ALeRCE, ZTF's or Rubin's alerts")
    stamps_url: Url = Field("https://avro.alerce.online", description="Address of ZTF's cutouts")


class LasairBroker(_OfOneSurvey):
    """Lasair's service for one survey."""

    addresses = MappingProxyType(
        {"ZTF": "https://lasair-ztf.lsst.ac.uk/api", "LSST": "https://api.lasair.lsst.ac.uk/api"}
    )
    kind: Literal["lasair"] = Field(description="lasair: Lasair, ZTF's or Rubin's alerts")
    token: SecretStr = Field(description="Token of an account there")


class BoomBroker(BrokerSettings):
    """BOOM's service."""

    kind: Literal["boom"] = Field(description="boom: BOOM, ZTF's alerts")
    url: Url = Field("https://api.kaboom.caltech.edu", description="Its address")
    username: str = Field(description="User there")
    password: SecretStr = Field(description="Password there")


class KowalskiBroker(BrokerSettings):
    """Kowalski's service."""

    kind: Literal["kowalski"] = Field(description="kowalski: Kowalski, ZTF's alerts")
    url: Url = Field("https://kowalski.caltech.edu", description="Its address")
    token: SecretStr | None = Field(None, description="Token of an account there, or")
    username: str | None = Field(None, description="User there, and")
    password: SecretStr | None = Field(None, description="Password there")

    @model_validator(mode="after")
    def _has_an_account(self) -> Self:
        if self.token is None and (self.username is None or self.password is None):
            raise ValueError("an account is needed: give token, or username and password")
        return self


_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]

Brokers: TypeAlias = dict[
    _Name,
    Annotated[
        FinkBroker | AlerceBroker | LasairBroker | BoomBroker | KowalskiBroker,
        Field(discriminator="kind"),
    ],
]
"""Brokers by name."""
