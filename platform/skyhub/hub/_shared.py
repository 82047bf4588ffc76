"""Folders of groups where the spawner isolates users, so that they are a barrier and no mere convenience."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from skyhub.errors import Unavailable
from skyhub.team import folder_name

__all__ = ["posix_group", "share_group_folders"]

_LONGEST_POSIX_NAME = 32
_VOLUME = "skyhub-shared"


def share_group_folders(
    root: str = "/srv/skyhub/shared",
    home: str = "/home/jovyan",
    claim: str = _VOLUME,
    run: Callable[[Sequence[str]], object] = lambda command: subprocess.run(command, check=True),
) -> Callable[[Any], None]:
    """A ``pre_spawn_hook`` that gives a server the folders of those groups that its user is in now, and of no others.

    Parameters
    ----------
    root
        Where the folders lie, for servers that are units of systemd.
    home
        The home in a container, for servers on Kubernetes; folders are mounted under its ``shared``.
    claim
        The volume claim that holds the folders, for servers on Kubernetes; it must allow many to write.
    run
        Runs a command as root, for servers that are units of systemd.

    Raises
    ------
    Unavailable
        By the hook, if the spawner is of another kind.
    """

    def hook(spawner: Any) -> None:
        groups = sorted(group.name for group in spawner.user.groups)
        if hasattr(spawner, "volume_mounts"):
            _mount(spawner, groups, home, claim)
        elif hasattr(spawner, "unit_extra_properties"):
            _join(spawner, groups, root, run)
        else:
            raise Unavailable(
                f"{type(spawner).__name__} cannot keep groups' folders apart: KubeSpawner and SystemdSpawner can.",
                "spawner_class",
            )

    return hook


def posix_group(group: str) -> str:
    """The system group of a group of the hub: short, of permitted characters, and no other group's."""
    plain = re.sub("[^a-z0-9-]", "-", group.lower())
    if plain == group and len(plain) <= _LONGEST_POSIX_NAME - 4:
        return f"sky-{plain}"
    return f"sky-{plain[:18]}-{hashlib.sha256(group.encode()).hexdigest()[:8]}"


def _mount(spawner: Any, groups: Sequence[str], home: str, claim: str) -> None:
    """Each folder is a mount of its own: what is not mounted does not exist for the server."""
    volume = {"name": _VOLUME, "persistentVolumeClaim": {"claimName": claim}}
    mounts = [
        {"name": _VOLUME, "mountPath": f"{home}/shared/{folder_name(group)}", "subPath": folder_name(group)}
        for group in groups
    ]
    spawner.volumes = [v for v in spawner.volumes if v["name"] != _VOLUME] + [volume]
    spawner.volume_mounts = [m for m in spawner.volume_mounts if m["name"] != _VOLUME] + mounts


def _join(spawner: Any, groups: Sequence[str], root: str, run: Callable[[Sequence[str]], object]) -> None:
    """Each folder belongs to a system group of its own; the server's unit is in those of its user's groups."""
    for group in groups:
        folder = f"{root}/{folder_name(group)}"
        run(["groupadd", "--force", posix_group(group)])
        run(["install", "--directory", "--mode=2770", f"--group={posix_group(group)}", folder])
    names = " ".join(posix_group(group) for group in groups)
    spawner.unit_extra_properties = {**spawner.unit_extra_properties, "SupplementaryGroups": names}
