"""Switch the extension on for every Jupyter server of a Python environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["install"]

_LAB = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
"""JupyterLab would ask whether to fetch news from its project's site."""

_EXTENSIONS = {
    "skyhub.userserver": True,
    "voila.server_extension": True,
    # Panel's serves a preview button of JupyterLab and adds 1.6 s to the start of every user's server.
    "panel.io.jupyter_server_extension": False,
}


def install(prefix: str | Path) -> Path:
    """Write the files that enable this extension and Voilà's, and keep Panel's and JupyterLab's news out.

    Parameters
    ----------
    prefix
        Root of the environment, usually ``sys.prefix``.

    Returns
    -------
    Path
        The file for the server, in ``PREFIX/etc/jupyter/jupyter_server_config.d``; the other is
        ``PREFIX/etc/jupyter/labconfig/page_config.json``.
    """
    folder = Path(prefix) / "etc" / "jupyter"
    _write(folder / "labconfig" / "page_config.json", _LAB)
    return _write(
        folder / "jupyter_server_config.d" / "skyhub.json", {"ServerApp": {"jpserver_extensions": _EXTENSIONS}}
    )


def _write(file: Path, document: dict[str, Any]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return file
