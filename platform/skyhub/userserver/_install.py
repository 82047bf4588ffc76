"""Switch the extension on for every Jupyter server of a Python environment."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["install"]

_ENABLED = {"ServerApp": {"jpserver_extensions": {"skyhub.userserver": True, "voila.server_extension": True}}}


def install(prefix: str | Path) -> Path:
    """Write the file that enables this extension and Voilà's.

    Parameters
    ----------
    prefix
        Root of the environment, usually ``sys.prefix``.

    Returns
    -------
    Path
        The file written, in ``PREFIX/etc/jupyter/jupyter_server_config.d``.
    """
    file = Path(prefix) / "etc" / "jupyter" / "jupyter_server_config.d" / "skyhub.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(_ENABLED, indent=2) + "\n", encoding="utf-8")
    return file
