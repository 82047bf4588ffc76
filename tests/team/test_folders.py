"""Folders of groups: links in homes follow the membership, and isolating spawners get no folder too many."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import Unavailable
from skyhub.hub import posix_group, prepare_home, share_group_folders
from skyhub.team import folder_name, follow_membership, link_shared_folders, shared_folder

ODD = ["..", ".", "../secrets", "a/b", "/etc", ".hidden", "-rf", "ü", "a b", "~ann", "a\nb", "%2E%2E"]


@pytest.mark.parametrize("group", ODD)
def test_a_groups_name_leads_nowhere_else(tmp_path: Path, group: str) -> None:
    folder = shared_folder(tmp_path, group)
    assert folder.resolve().parent == (tmp_path / "shared").resolve()
    assert not folder.name.startswith(".")


@given(st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=5))
def test_groups_have_folders_and_system_groups_of_their_own(groups: list[str]) -> None:
    assert len({folder_name(g) for g in groups}) == len(groups)
    assert len({posix_group(g) for g in groups}) == len(groups)
    assert all(len(posix_group(g)) <= 32 for g in groups)


@pytest.mark.parametrize("user", ["", ".", "..", "../ann", "nobody"])
def test_a_user_without_a_home_here_is_passed_over(tmp_path: Path, user: str) -> None:
    (tmp_path / "homes" / "ann").mkdir(parents=True)
    follow_membership(tmp_path, user, ["g"])
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["ann", "homes"]


def test_links_follow_the_membership_and_lose_nothing(tmp_path: Path) -> None:
    home = prepare_home(tmp_path, "ann", ["g", "h"])
    (home / "shared" / "g" / "note.ipynb").write_text("{}")
    own = home / "shared" / "mine.txt"
    own.write_text("kept")
    elsewhere = home / "shared" / "elsewhere"
    elsewhere.symlink_to(tmp_path)
    prepare_home(tmp_path, "ann", ["h"])
    assert sorted(p.name for p in (home / "shared").iterdir()) == ["elsewhere", "h", "mine.txt"]
    assert (shared_folder(tmp_path, "g") / "note.ipynb").read_text() == "{}"
    follow_membership(tmp_path, "ann", ["g", "h"])
    assert (home / "shared" / "g" / "note.ipynb").exists()
    assert prepare_home(tmp_path, "bob", []).joinpath("shared").is_dir()
    assert list((tmp_path / "homes" / "bob" / "shared").iterdir()) == []


def test_what_a_user_has_in_the_place_of_a_link_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "shared" / "g").mkdir(parents=True)
    (home / "shared" / "g" / "x").write_text("mine")
    link_shared_folders(tmp_path, home, ["g"])
    link_shared_folders(tmp_path, home, [])
    assert (home / "shared" / "g" / "x").read_text() == "mine"


def test_folders_are_for_the_group_alone(tmp_path: Path) -> None:
    assert shared_folder(tmp_path, "g").stat().st_mode & 0o7777 == 0o2770


def _spawner(**attributes: Any) -> SimpleNamespace:
    groups = [SimpleNamespace(name=name) for name in ("night-shift", "Odd group")]
    return SimpleNamespace(user=SimpleNamespace(groups=groups), **attributes)


def test_a_spawner_that_keeps_nobody_apart_is_refused() -> None:
    with pytest.raises(Unavailable, match="cannot keep groups' folders apart"):
        share_group_folders()(_spawner())


def test_containers_mount_the_folders_of_present_groups_alone() -> None:
    home = {"name": "home", "mountPath": "/home/jovyan"}
    spawner = _spawner(volumes=[{"name": "home"}], volume_mounts=[home])
    hook = share_group_folders(claim="shared-files")
    hook(spawner)
    hook(spawner)
    assert spawner.volumes == [
        {"name": "home"},
        {"name": "skyhub-shared", "persistentVolumeClaim": {"claimName": "shared-files"}},
    ]
    mounted = {m["mountPath"]: m.get("subPath") for m in spawner.volume_mounts}
    assert mounted == {
        "/home/jovyan": None,
        "/home/jovyan/shared/Odd group": "Odd group",
        "/home/jovyan/shared/night-shift": "night-shift",
    }
    spawner.user.groups = []
    hook(spawner)
    assert spawner.volume_mounts == [home]


def test_units_join_the_system_groups_of_present_groups_alone() -> None:
    commands: list[Any] = []
    spawner = _spawner(unit_extra_properties={"LockPersonality": "yes"})
    share_group_folders(run=commands.append)(spawner)
    assert spawner.unit_extra_properties == {
        "LockPersonality": "yes",
        "SupplementaryGroups": f"{posix_group('Odd group')} sky-night-shift",
    }
    assert ["groupadd", "--force", "sky-night-shift"] in commands
    assert [
        "install",
        "--directory",
        "--mode=2770",
        "--group=sky-night-shift",
        "/srv/skyhub/shared/night-shift",
    ] in commands
