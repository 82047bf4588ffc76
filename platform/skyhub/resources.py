"""Where the files lie that come with skyhub: notebooks, dashboards, the hub's configuration."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from skyhub import __version__

__all__ = [
    "DASHBOARD",
    "PAGE_MODULES",
    "code_revision",
    "dashboards_dir",
    "hub_config_dir",
    "installed_packages",
    "notebooks_dir",
]

DASHBOARD = "/voila/render/dashboards/skyhub.ipynb"
"""Where each user's server has the dashboard, below its own address."""

PAGE_MODULES = "SKYHUB_PAGE_MODULES"
"""Environment of a kernel whose page loads the files of widgets by itself: the address of their folder."""

_PACKAGE = Path(__file__).resolve().parent


def hub_config_dir() -> Path:
    """The directory with ``jupyterhub_config.py`` and the proxy."""
    return _shared("hub_config")


def notebooks_dir() -> Path:
    """The directory with ``reports/``, ``templates/`` and ``tutorials/``."""
    return _shared("notebooks")


def dashboards_dir() -> Path:
    """The directory with the dashboards' notebooks."""
    return _shared("voila_apps")


@cache
def code_revision() -> str:
    """The release and, in a git checkout, the commit (with ``+`` if files differ from it)."""
    try:
        done = subprocess.run(
            ["git", "-C", str(_PACKAGE), "describe", "--always", "--dirty=+", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__} ({done.stdout.strip()})"


@cache
def installed_packages() -> str:
    """A digest (of SHA-256) of all installed packages' names and versions: equal for equal environments."""
    found = sorted({f"{package.name}=={package.version}" for package in distributions()})
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:12]


def _shared(name: str) -> Path:
    installed = _PACKAGE / "_shared" / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / name
