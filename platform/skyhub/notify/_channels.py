"""Channels: where a user is told of things beside the dashboards; addresses go in and come out no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from skyhub.config import load_settings
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, StorageError
from skyhub.followup import Sealer
from skyhub.notify._addresses import ChannelType, checked_address, shown_address
from skyhub.notify._quiet import is_quiet
from skyhub.records import Kind, Record

__all__ = ["CHANNELS", "Channel", "channel_is_quiet"]

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
_WRITE_ONLY: dict[str, Any] = {"writeOnly": True}
_OURS: dict[str, Any] = {"readOnly": True}


class Channel(Record):
    """Where its author is told of things. ``address`` and ``token`` never come back; an edit without them keeps them."""

    name: str = Field(min_length=1, max_length=60, description="What it is called, such as phone")
    type: ChannelType = Field(description="email, slack (an incoming webhook) or matrix (a room)")
    address: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="Mailbox, URL of the webhook, or URL of the home server; write only",
        json_schema_extra=_WRITE_ONLY,
    )
    room: str | None = Field(
        None, pattern=r"^![^\s/]{1,250}$", description="Identifier of a matrix room, as !abc:example.org"
    )
    token: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="Access token of matrix; write only",
        json_schema_extra=_WRITE_ONLY,
    )
    quiet_from: str | None = Field(None, pattern=_CLOCK, description="Begin of the quiet hours, as 22:00, local time")
    quiet_until: str | None = Field(None, pattern=_CLOCK, description="Their end; before the begin: on the next day")
    time_zone: str = Field("UTC", max_length=60, description="Whose local time, as Europe/Berlin")
    shown_as: str = Field(
        "", description="What may be shown of the address; kept by the platform", json_schema_extra=_OURS
    )
    sealed: str | None = Field(
        None, description="Address and token, encrypted; kept by the platform", json_schema_extra=_OURS | _WRITE_ONLY
    )

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name[:40]!r} is no time zone: names such as UTC or America/Los_Angeles are") from None
        return name

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet_from and quiet_until say quiet hours together: give both or none")
        if (self.type == "matrix") != (self.room is not None):
            raise ValueError("a room is needed for matrix, and for nothing else")
        return self


class _Permitted:
    """Where messages may be sent to, as the settings said when the database was opened."""

    def __init__(self, db: Database) -> None:
        self.settings = load_settings().notifications


def channel_is_quiet(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether nobody is to be told through a channel (a row of its table) at a moment, unless it is urgent."""
    if row["quiet_from"] is None:
        return False
    begin, end = (time.fromisoformat(row[name]) for name in ("quiet_from", "quiet_until"))
    return is_quiet(now, begin, end, ZoneInfo(row["time_zone"]))


def _prepared(db: Database, viewer: Viewer, channels: Sequence[Channel]) -> list[Channel]:
    """Channels with their secrets sealed, to where the operator permits to send."""
    sealer = Sealer(db.data_dir)
    return [_checked(db, sealer, channel) for channel in channels]


def _checked(db: Database, sealer: Sealer, channel: Channel) -> Channel:
    given = {name: getattr(channel, name) for name in ("address", "token")}
    secrets = _sealed_before(sealer, channel) | {name: value for name, value in given.items() if value is not None}
    if "address" not in secrets:
        raise InvalidInput("no address was given: say where messages go.", "address")
    if (channel.type == "matrix") != ("token" in secrets):
        raise InvalidInput("a token is needed for matrix, and for nothing else.", "token")
    address = checked_address(channel.type, secrets["address"], db.part(_Permitted).settings)
    update = {
        "address": None,
        "token": None,
        "shown_as": shown_address(channel.type, address, channel.room),
        "sealed": sealer.seal({**secrets, "address": address}),
    }
    return channel.model_copy(update=update)


def _sealed_before(sealer: Sealer, channel: Channel) -> dict[str, str]:
    if channel.sealed is None:
        return {}
    try:
        return sealer.open(channel.sealed)
    except StorageError as error:
        raise InvalidInput(f"{error.message} Remove the channel and add it anew.", "sealed") from error


CHANNELS = Kind(
    "channels",
    "channel",
    Channel,
    sharing="personal",
    key=("name",),
    secret=frozenset({"address", "token", "sealed"}),
    announced=("name",),
    prepare=_prepared,
)
