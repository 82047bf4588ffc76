"""Settings of circulars: the ways on which they may leave the house, and who has to have seen them before."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from skyhub.config._origins import is_address, is_origin

__all__ = ["CircularSettings"]


class CircularSettings(BaseModel):
    """How circulars leave the house; by default only as a form of GCN that is filled in, which a person sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ways: list[Literal["form", "api", "email"]] = Field(
        default=["form"], description="Ways that are permitted: form, api, email"
    )
    origin: str = Field(default="https://gcn.nasa.gov", description="GCN's site; nothing is sent anywhere else by api")
    token_url: str | None = Field(
        default=None, description="Where tokens for the api are from, as https://….amazoncognito.com/oauth2/token"
    )
    mail_to: str | None = Field(
        default=None,
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
        description="GCN's address for circulars; the mail server is that of notifications",
    )
    second_person: bool = Field(
        default=True, description="Whether somebody beside the last editor must have reviewed or approved a circular"
    )

    @field_validator("origin")
    @classmethod
    def _is_an_origin(cls, origin: str) -> str:
        if not is_origin(origin):
            raise ValueError(f"{origin!r} is no origin: a scheme, a host and perhaps a port are permitted")
        return origin.lower()

    @field_validator("token_url")
    @classmethod
    def _is_protected(cls, url: str | None) -> str | None:
        if url is not None and not is_address(url):
            raise ValueError(f"{url!r} is no address: https is permitted, and http on this machine alone")
        return url

    @model_validator(mode="after")
    def _has_what_each_way_needs(self) -> Self:
        for way, name in (("api", "token_url"), ("email", "mail_to")):
            if way in self.ways and getattr(self, name) is None:
                raise ValueError(f"the way {way} needs {name}")
        if "api" in self.ways and not is_address(self.origin):
            raise ValueError(f"the api needs a protected origin, not {self.origin!r}: https, or http on this machine")
        return self
