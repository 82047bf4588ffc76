"""Settings of the Treasure Map, where pointings of all telescopes after gravitational-wave events are gathered."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from skyhub.config._brokers import BrokerSettings, Url

__all__ = ["TreasureMapSettings"]

_HERE = ("127.0.0.1", "::1", "localhost")


class TreasureMapSettings(BrokerSettings):
    """The Treasure Map's interface; tokens are secrets of allocations."""

    url: Url = Field("https://treasuremap.space/api/v1", description="Its address; no other is ever asked")
    retries: int = Field(0, ge=0, le=3, description="How often a request that failed is sent again at once")

    @model_validator(mode="after")
    def _tokens_travel_encrypted(self) -> Self:
        address = urlsplit(self.url)
        if address.scheme == "http" and address.hostname not in _HERE:
            raise ValueError("tokens are sent to https:// alone (http:// is for this machine)")
        return self
