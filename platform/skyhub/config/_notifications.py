"""Settings of notifications: the mail server, and where messages may be sent to."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from skyhub.config._origins import is_origin

__all__ = ["NotificationSettings"]


class NotificationSettings(BaseModel):
    """How messages leave the house; nothing is permitted by default, so that they are shown in the dashboards alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    smtp_host: str | None = Field(default=None, description="Mail server; no e-mail is sent without one")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection to it is protected; none only for this machine's own"
    )
    smtp_user: str | None = Field(default=None, description="Account at the mail server, if it asks for one")
    smtp_password: SecretStr | None = Field(default=None, description="Its password")
    sender: str = Field(default="skyhub@localhost", pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="From whom e-mail is")
    mail_domains: list[str] = Field(
        default=[], description="Domains to whose addresses e-mail may be sent, as example.org; * is any"
    )
    origins: list[str] = Field(
        default=[], description="Servers that webhooks may be at, as https://hooks.slack.com or http://127.0.0.1:8080"
    )
    platform_url: str | None = Field(
        default=None, description="Where users find this platform, as https://sky.example.org: messages link to it"
    )

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not is_origin(origin):
                raise ValueError(f"{origin!r} is no origin: a scheme, a host and perhaps a port are permitted")
        return [origin.lower() for origin in origins]

    @model_validator(mode="after")
    def _passwords_are_protected(self) -> Self:
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("a password needs smtp_security starttls or tls")
        return self
