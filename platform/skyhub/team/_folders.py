"""Folders that a group's members share, as links in their homes.

Every group has the folder ``DATA/shared/GROUP``; in the home of each member there is a link to it, ``shared/GROUP``.
Where all users are one system account, as on a laptop, the link is a convenience and no barrier.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

__all__ = ["folder_name", "follow_membership", "link_shared_folders", "shared_folder"]


def folder_name(group: str) -> str:
    """The name of a group's folder: the group's own, with characters that paths give a meaning to escaped."""
    name = quote(group, safe=" ")
    return name.replace(".", "%2E") if name.startswith(".") else name


def shared_folder(data_dir: Path, group: str) -> Path:
    """The folder of a group, made at first need; new files in it belong to the folder's system group."""
    folder = data_dir / "shared" / folder_name(group)
    folder.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not folder.exists():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o2770)
    return folder


def link_shared_folders(data_dir: Path, home: Path, groups: Iterable[str]) -> None:
    """Make the links in a home those of the groups given; what the user put there is left alone."""
    place, store = home / "shared", (data_dir / "shared").resolve()
    place.mkdir(exist_ok=True)
    wanted = {folder_name(group): group for group in groups}
    for entry in place.iterdir():
        if entry.is_symlink() and entry.name not in wanted and entry.readlink().parent == store:
            entry.unlink(missing_ok=True)
    for name, group in wanted.items():
        target, link = shared_folder(data_dir.resolve(), group), place / name
        if not link.is_symlink() and not link.exists():
            link.symlink_to(target, target_is_directory=True)


def follow_membership(data_dir: Path, user: str, groups: Iterable[str]) -> None:
    """Renew the links in a user's home after a change of groups, where homes lie beside the data."""
    home = data_dir / "homes" / user
    if user not in {"", ".", ".."} and "/" not in user and home.is_dir():
        link_shared_folders(data_dir, home, groups)
