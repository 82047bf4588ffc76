"""HTTP routes of groups and users."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from skyhub.db import Viewer
from skyhub.team import _groups as groups
from skyhub.team import _members as membership
from skyhub.team._accounts import add_user
from skyhub.web import AsOf, Caller, Context, Directory, context_of

router = APIRouter(prefix="/api", tags=["team"])


class GroupSettings(BaseModel):
    """What the administrators of a group say about it."""

    model_config = ConfigDict(extra="forbid")

    nickname: str | None = Field(None, description="A short name for narrow columns")
    description: str | None = None
    private: bool = Field(False, description="Unknown to those who are not in it")
    savers: list[str] | None = Field(None, description="Members who may save for it; all of them by default")


class NewGroup(GroupSettings):
    """A group to make."""

    name: str = Field(description="Letters, digits, '.', '_', '-'; it never changes")


class StreamsRequest(BaseModel):
    """What the members of a group are entitled to."""

    streams: list[str]


class UserRequest(BaseModel):
    """An account for embedded use."""

    name: str
    groups: list[str] = []
    streams: list[str] = []
    role: str | None = Field(None, description="viewer, scanner (the default), scientist or administrator")


@router.get("/users")
async def users(request: Request, caller: Caller) -> dict[str, Any]:
    """Names of all users."""
    caller.require("save")
    context = context_of(request)
    return {"users": sorted(await context.run(_directory(context).users))}


@router.post("/users")
async def user(request: Request, caller: Caller, body: UserRequest) -> dict[str, Any]:
    """Add an account."""
    caller.require("administer")
    context = context_of(request)
    added = await context.run(add_user, context.db, body.name, body.groups, body.streams, body.role)
    context.rights_changed(body.name)
    return added


@router.get("/groups")
async def listed(request: Request, caller: Caller, as_of: AsOf, mine: bool = False) -> dict[str, Any]:
    """The groups that one may know of; with ``mine`` those that one is in."""
    context = context_of(request)
    found = await context.run(groups.list_groups, context.db, _directory(context), caller, mine, as_of)
    return {"groups": found}


@router.post("/groups")
async def create(request: Request, caller: Caller, body: NewGroup) -> dict[str, Any]:
    """Make a group and be its first member and administrator."""
    context = context_of(request)
    settings = body.model_dump(exclude={"name"})
    made = await context.run(groups.create_group, context.db, _directory(context), caller, body.name, settings)
    context.rights_changed(caller.name)
    return made


@router.get("/groups/{name}")
async def one(request: Request, caller: Caller, name: str, as_of: AsOf) -> dict[str, Any]:
    """One group."""
    context = context_of(request)
    return await context.run(groups.group_record, context.db, _directory(context), caller, name, as_of)


@router.get("/groups/{name}/history")
async def history(request: Request, caller: Caller, name: str, as_of: AsOf) -> dict[str, Any]:
    """All versions of a group's settings."""
    context = context_of(request)
    return {"rows": await context.run(groups.group_history, context.db, caller, name, as_of)}


@router.patch("/groups/{name}")
async def change(request: Request, caller: Caller, name: str, body: GroupSettings) -> dict[str, Any]:
    """Correct settings of a group that one administers; what is left out stays."""
    context = context_of(request)
    await context.run(groups.change_group, context.db, caller, name, body.model_dump(exclude_unset=True))
    return await _record(context, caller, name)


@router.put("/groups/{name}/streams")
async def streams(request: Request, caller: Caller, name: str, body: StreamsRequest) -> dict[str, Any]:
    """Say which streams the members are entitled to (administrators of the platform)."""
    context = context_of(request)
    await context.run(groups.set_group_streams, context.db, caller, name, body.streams)
    return await _record(context, caller, name)


@router.put("/groups/{name}/members/{user}")
async def add_member(request: Request, caller: Caller, name: str, user: str) -> dict[str, Any]:
    """Put a user into a group that one administers."""
    context = context_of(request)
    await context.run(membership.add_member, context.db, _directory(context), caller, name, user)
    context.rights_changed(user)
    return await _record(context, caller, name)


@router.delete("/groups/{name}/members/{user}")
async def remove_member(request: Request, caller: Caller, name: str, user: str) -> dict[str, bool]:
    """Take a user out of a group that one administers, or leave it oneself."""
    context = context_of(request)
    await context.run(membership.remove_member, context.db, _directory(context), caller, name, user)
    context.rights_changed(user)
    return {"removed": True}


@router.put("/groups/{name}/admins/{user}")
async def add_admin(request: Request, caller: Caller, name: str, user: str) -> dict[str, Any]:
    """Let a member look after a group."""
    context = context_of(request)
    await context.run(groups.add_group_admin, context.db, _directory(context), caller, name, user)
    return await _record(context, caller, name)


@router.delete("/groups/{name}/admins/{user}")
async def remove_admin(request: Request, caller: Caller, name: str, user: str) -> dict[str, Any]:
    """Take the care of a group from a member."""
    context = context_of(request)
    await context.run(groups.remove_group_admin, context.db, caller, name, user)
    return await _record(context, caller, name)


async def _record(context: Context, caller: Viewer, name: str) -> dict[str, Any]:
    return await context.run(groups.group_record, context.db, _directory(context), caller, name)


def _directory(context: Context) -> Directory:
    assert context.directory is not None
    return context.directory
