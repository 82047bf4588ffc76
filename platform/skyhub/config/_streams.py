"""Settings of incoming streams: where packets come from, each under a name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

__all__ = ["BrokerStream", "DirectoryStream", "KafkaStream", "StreamSettings", "Streams", "VoeventStream"]

Holds: TypeAlias = Literal["alerts", "notices", "circulars"]
_OWN_OPTIONS = re.compile(r"password|secret|\.pem$|token|^group\.id$|^bootstrap|auto\.commit|auto\.offset\.store")


class StreamSettings(BaseModel):
    """What every incoming stream has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    survey: str = Field("auto", description="Survey of the packets; auto recognises it by their form")
    batch_packets: int = Field(256, ge=1, le=10_000, description="At most so many packets are stored at once")
    batch_bytes: int = Field(32 * 2**20, ge=2**16, le=2**29, description="A batch ends when it has so many bytes")
    batch_seconds: float = Field(0.5, gt=0, le=60, description="A batch ends after so many seconds")


class KafkaStream(StreamSettings):
    """Topics of a Kafka cluster, read as a member of a consumer group."""

    kind: Literal["kafka"] = Field(description="kafka: topics of a Kafka cluster")
    holds: Holds = Field("alerts", description="What messages are: packets of alerts, notices of events, or circulars")
    brokers: list[str] = Field(min_length=1, description="Brokers to begin with, each as host:port")
    topics: list[str] = Field(min_length=1, description="Topics; one that begins with ^ is a regular expression")
    group: str = Field("skyhub", min_length=1, description="Consumer group; its offsets are kept by the brokers")
    start: Literal["earliest", "latest"] = Field("earliest", description="Where a new group begins")
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="Protocol of the connection to the brokers"
    )
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = Field(
        "SCRAM-SHA-512", description="How user and password are shown to the brokers, with security sasl_…"
    )
    username: str | None = Field(None, description="User, or client of OAUTHBEARER, with security sasl_…")
    password: SecretStr | None = Field(None, description="Password, or the client's secret, with security sasl_…")
    token_url: str | None = Field(None, description="Where OAUTHBEARER gets its tokens (OIDC)")
    ca_file: Path | None = Field(None, description="Certificates of authorities, with security ssl or sasl_ssl")
    options: dict[str, str] = Field(
        default_factory=dict, description="Other settings of librdkafka, such as session.timeout.ms; no secrets"
    )

    @model_validator(mode="after")
    def _somebody_signs_in(self) -> Self:
        if self.security.startswith("sasl") and not (self.username and self.password):
            raise ValueError(f"security {self.security} needs username and password")
        return self

    @model_validator(mode="after")
    def _tokens_come_from_somewhere(self) -> Self:
        if self.mechanism == "OAUTHBEARER" and not (self.token_url and self.username and self.password):
            raise ValueError("OAUTHBEARER needs token_url, username and password")
        return self

    @field_validator("options")
    @classmethod
    def _ours_are_not_options(cls, options: dict[str, str]) -> dict[str, str]:
        if wrong := sorted(name for name in options if _OWN_OPTIONS.search(name)):
            raise ValueError(f"{', '.join(wrong)}: secrets have fields of their own, and offsets are kept by skyhub")
        return options


class DirectoryStream(StreamSettings):
    """A directory in which files of packets appear."""

    kind: Literal["directory"] = Field(description="directory: files that appear in a directory")
    holds: Holds = Field("alerts", description="What files are: packets of alerts, notices of events, or circulars")
    path: Path = Field(description="The directory")
    pattern: str = Field("**/*.avro", min_length=1, description="Which files below it, as a glob")
    settle_seconds: float = Field(
        1.0, ge=0, le=3600, description="A file is read when it has not changed for so long and nobody writes to it"
    )


class BrokerStream(StreamSettings):
    """A broker that is asked now and then for what is new."""

    kind: Literal["broker"] = Field(description="broker: a broker that is asked now and then")
    broker: str = Field(min_length=1, description="Name of the broker, as declared under brokers")
    every_seconds: float = Field(300, ge=1, le=86_400, description="How often it is asked")
    look_back_days: float = Field(1, gt=0, le=365, description="How far back the first question goes")
    overlap_hours: float = Field(2, ge=0, le=240, description="How late an alert may appear and still be found")
    select: dict[str, str] = Field(
        default_factory=dict, description="What is asked for, in the broker's words, such as class or conditions"
    )
    cutouts: bool = Field(True, description="Whether cutouts are fetched, too")
    page: int = Field(100, ge=1, le=1000, description="So many objects are asked for at once")


class VoeventStream(StreamSettings):
    """A broker that sends VOEvents over TCP, as its subscriber."""

    kind: Literal["voevent"] = Field(description="voevent: a broker of VOEvents over TCP (IVOA VTP)")
    holds: Literal["notices"] = Field("notices", description="What messages are: notices of events")
    host: str = Field(min_length=1, description="The broker's host")
    port: int = Field(8099, ge=1, le=65535, description="Its port for subscribers")
    ivorn: str = Field(
        "ivo://skyhub/subscriber", pattern=r"^ivo://\S+$", description="By what name it knows us, in what we answer"
    )
    silent_seconds: float = Field(
        120,
        gt=0,
        le=3600,
        description="After how long without a word the connection is made anew; brokers speak each minute",
    )


_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]

_Stream: TypeAlias = KafkaStream | DirectoryStream | VoeventStream | BrokerStream

Streams: TypeAlias = dict[_Name, Annotated[_Stream, Field(discriminator="kind")]]
"""Incoming streams by name."""
