"""Users' home directories: dashboards, tutorials and groups' folders are laid there before a server starts."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from skyhub.resources import dashboards_dir, notebooks_dir
from skyhub.team import link_shared_folders

__all__ = ["prepare_home"]


def prepare_home(data_dir: Path, name: str, groups: Iterable[str] = ()) -> Path:
    """Make sure that a user's home exists with the present dashboards and, at first, the tutorials.

    Dashboards are renewed each time and read-only; tutorials belong to the user once they are there. Under ``shared``
    are links to the folders of the user's groups, and to no others.
    """
    home = data_dir / "homes" / name
    dashboards = home / "dashboards"
    dashboards.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / "reports").mkdir(exist_ok=True)
    for notebook in dashboards_dir().glob("*.ipynb"):
        target = dashboards / notebook.name
        target.unlink(missing_ok=True)
        shutil.copyfile(notebook, target)
        target.chmod(0o444)
    tutorials = home / "tutorials"
    tutorials.mkdir(exist_ok=True)
    for notebook in (notebooks_dir() / "tutorials").glob("*.ipynb"):
        if not (tutorials / notebook.name).exists():
            shutil.copyfile(notebook, tutorials / notebook.name)
    link_shared_folders(data_dir, home, groups)
    return home
