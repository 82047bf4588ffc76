"""Switch the extension on for every Jupyter server of a Python environment."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["install"]

_EXTENSIONS = {
    "skyhub.userserver": True,
    "voila.server_extension": True,
    # Panel's serves a preview button of JupyterLab and adds 1.6 s to the start of every user's server.
    "panel.io.jupyter_server_extension": False,
}


def install(prefix: str | Path) -> Path:
    """Write the file that enables this extension and Voilà's, and keeps Panel's out.

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
    file.write_text(json.dumps({"ServerApp": {"jpserver_extensions": _EXTENSIONS}}, indent=2) + "\n", encoding="utf-8")
    return file
