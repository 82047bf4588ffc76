"""Defaults of a user's server: what its own configuration says is kept."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import Integer, List, Unicode
from traitlets.config import Configurable
from traitlets.utils.importstring import import_item

from skyhub.kernels import keep_kernel_ports_clear

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

__all__ = ["TEMPLATE", "SkyhubPages", "apply_defaults", "widgets_folder"]

TEMPLATE = "skyhub"

_DAY = 86400
_CLASSES = {
    "kernel_manager_class": "skyhub.userserver._kernels.ForgettingKernelManager",
    "kernel_websocket_connection_class": "skyhub.userserver._kernels.PromptConnection",
}
_FAST_KERNELS = "skyhub.kernels.server.FastServerKernelManager"

_DEFAULTS: dict[str, dict[str, Any]] = {
    "VoilaConfiguration": {
        "template": "skyhub-lab",
        "allow_template_override": "NOTEBOOK",
        "strip_sources": True,
        "show_tracebacks": True,
    },
    "MultiKernelManager": {"kernel_manager_class": _FAST_KERNELS},
    # JupyterLab asks the network for news, updates and extensions; here nothing leaves the hub.
    "LabApp": {
        "news_url": None,
        "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "extension_manager": "readonly",
    },
    "MappingKernelManager": {
        "cull_idle_timeout": _DAY,
        "cull_interval": 300,
        "cull_connected": False,
        "cull_busy": False,
    },
}


class SkyhubPages(Configurable):
    """Settings of the pages that use the template ``skyhub``."""

    cull_timeout = Integer(
        600, help="Seconds after which the kernel of a page that no browser is connected to is ended.", config=True
    )
    keep_alive = Integer(
        10,
        help="Seconds of silence, while a cell runs, after which a line break is sent so that no proxy gives up.",
        config=True,
    )
    online_sources = List(
        Unicode(),
        help="Origins outside the hub that pages may load from, for example https://alasky.cds.unistra.fr. "
        "Empty by default: the browser then refuses every request that would leave the hub.",
        config=True,
    )


def widgets_folder() -> Path:
    """Folder of the package ``skyhub_widgets``, found without importing it."""
    spec = importlib.util.find_spec("skyhub_widgets")
    if spec is None or not spec.submodule_search_locations:
        message = "the package skyhub_widgets is not installed; install the folder widgets/ beside platform/"
        raise ModuleNotFoundError(message, name="skyhub_widgets")
    return Path(spec.submodule_search_locations[0])


def apply_defaults(server: ServerApp) -> None:
    """Fill the settings that the server's configuration leaves open, and give its kernels ports that stay free."""
    keep_kernel_ports_clear()
    for section, values in _DEFAULTS.items():
        _fill(server.config, section, values)
    for name, value in _CLASSES.items():
        if name not in server.config["ServerApp"]:
            setattr(server, name, import_item(value))
    _add_template_folder(widgets_folder())


def _fill(config: Config, section: str, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name not in config[section]:
            config[section][name] = value


def _add_template_folder(folder: Path) -> None:
    """Let Voilà, which asks jupyter_core for its folders at every page, find our templates."""
    known = [entry for entry in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if entry]
    if str(folder) not in known:
        os.environ["JUPYTER_PATH"] = os.pathsep.join([*known, str(folder)])
