"""The hub's configuration for one machine: services, roles, accounts, servers of users."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from jupyterhub.services import service as hub_service
from traitlets import Integer

from skyhub.config import CONFIG_FILE, Settings
from skyhub.db import ROLES, SCOPES
from skyhub.hub._accounts import ACCOUNTS, ADMINISTRATORS, GROUPS, SCIENTISTS
from skyhub.hub._homes import prepare_home
from skyhub.hub._layout import executable, passwords, proxy_command, routes_mark, zygote_socket
from skyhub.hub._proxy import MarkingProxy
from skyhub.kernels import zygote_command
from skyhub.ports import free_port
from skyhub.resources import DASHBOARD
from skyhub.service import SCOPE_PREFIX

__all__ = ["configure_laptop"]

_DEMO_WARNING = (
    "This is a demo on one machine: everybody shares one password and one system account. Do not open it to others."
)
_SERVICE_TIMEOUT = 60
_OF_DATA = ("SKYHUB_BROKERS", "SKYHUB_IMAGES", "SKYHUB_EVENTS", "SKYHUB_TREASUREMAP", "OPENBLAS_NUM_THREADS")
"""Settings that the data service alone is told."""
_OF_BOTH = ("SKYHUB_NOTIFICATIONS", "SKYHUB_MAPS", "SKYHUB_CIRCULARS", "SKYHUB_QUEUES")
"""Settings that the data service and the scheduler are told."""
_SCANNER_GROUPS = list(GROUPS)


class PromptServiceSpawner(hub_service._ServiceSpawner):  # type: ignore[misc]
    """Notices within a second, not within thirty, that a managed service has died and must be started again."""

    poll_interval = Integer(1)


def configure_laptop(c: Any, settings: Settings) -> None:
    """Configure a hub on one machine, for its one owner.

    Parameters
    ----------
    c
        The configuration object of ``jupyterhub_config.py``.
    settings
        The settings in force.
    """
    data_dir = settings.data_dir.resolve()
    hub_service._ServiceSpawner = PromptServiceSpawner
    data_url, board_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    _configure_hub(c, settings, data_dir)
    _configure_services(c, settings, data_dir, data_url, board_url)
    _configure_roles(c, settings)
    _configure_accounts(c, data_dir)
    _configure_servers(c, data_dir, f"{data_url}/services/data")


def _configure_hub(c: Any, settings: Settings, data_dir: Path) -> None:
    folder = data_dir / "hub"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    hub_url, api_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    c.JupyterHub.bind_url = f"http://{settings.host}:{settings.port}"
    c.JupyterHub.hub_bind_url = hub_url
    c.JupyterHub.proxy_class = MarkingProxy
    c.MarkingProxy.mark = str(routes_mark(data_dir))
    c.ConfigurableHTTPProxy.api_url = api_url
    c.ConfigurableHTTPProxy.command = proxy_command()
    c.ConfigurableHTTPProxy.log_level = "error"
    c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
    c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
    c.JupyterHub.cleanup_servers = True
    c.JupyterHub.implicit_spawn_seconds = 0.1
    c.JupyterHub.log_level = os.environ.get("SKYHUB_LOG_LEVEL", "WARN")
    c.JupyterHub.template_vars = {"announcement_login": _DEMO_WARNING}
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}


def _configure_services(c: Any, settings: Settings, data_dir: Path, data_url: str, board_url: str) -> None:
    skyhub = executable("skyhub")
    environment = {"SKYHUB_DATA_DIR": str(data_dir), "SKYHUB_URL": f"{data_url}/services/data"}
    environment |= _kernel_environment(data_dir)
    culler = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={60 * settings.idle_minutes}"]
    c.JupyterHub.services = [
        {
            "name": "data",
            "url": data_url,
            "command": [skyhub, "service"],
            "environment": environment | _given(*_OF_DATA, *_OF_BOTH),
            "timeout": _SERVICE_TIMEOUT,
        },
        {
            "name": "kernels",
            "command": zygote_command(zygote_socket(data_dir)),
            "environment": environment,
        },
        {
            "name": "scheduler",
            "command": [skyhub, "scheduler"],
            "environment": environment | _given(*_OF_BOTH),
        },
        *_streams_service(skyhub, settings, environment),
        {
            "name": "board",
            "url": board_url,
            "command": [skyhub, "board"],
            "environment": environment,
            "oauth_client_allowed_scopes": [f"{SCOPE_PREFIX}view"],
            "oauth_no_confirm": True,
            "timeout": _SERVICE_TIMEOUT,
        },
        {"name": "idle-culler", "command": culler},
    ]


def _streams_service(skyhub: str, settings: Settings, environment: dict[str, str]) -> list[dict[str, Any]]:
    """The process of incoming streams, which reads their settings itself; none if none is declared."""
    if not settings.streams:
        return []
    given = environment | _given("SKYHUB_STREAMS", "SKYHUB_BROKERS")
    return [{"name": "streams", "command": [skyhub, "ingest", "stream"], "environment": given}]


def _given(*settings: str) -> dict[str, str]:
    """The variables of some settings, and the one that names the file with settings, for a process that reads them itself."""
    given = {name: value for name, value in os.environ.items() if name.upper().startswith(settings)}
    if CONFIG_FILE in os.environ:
        given[CONFIG_FILE] = str(Path(os.environ[CONFIG_FILE]).resolve())
    return given


def _configure_roles(c: Any, settings: Settings) -> None:
    scopes = {role: [f"{SCOPE_PREFIX}{name}" for name in sorted(names)] for role, names in ROLES.items()}
    c.JupyterHub.custom_scopes = {f"{SCOPE_PREFIX}{name}": {"description": text} for name, text in SCOPES.items()}
    c.JupyterHub.load_groups = {
        group: {"users": [user for user, groups in ACCOUNTS.items() if group in groups]} for group in GROUPS
    }
    c.JupyterHub.load_roles = [
        {"name": "user", "scopes": ["self", "access:services!service=board", *scopes["viewer"]]},
        {"name": "server", "scopes": ["users:activity!user", "access:servers!server", *scopes["administrator"]]},
        {
            "name": "scanner",
            "description": "Scans and notes for a group",
            "scopes": scopes["scanner"],
            "groups": _SCANNER_GROUPS,
        },
        {
            "name": "scientist",
            "description": "Scans, notes, uploads data and asks for observations",
            "scopes": scopes["scientist"],
            "users": list(SCIENTISTS),
        },
        {
            "name": "skyhub-administrator",
            "description": "Administers skyhub",
            "scopes": scopes["administrator"],
            "users": list(ADMINISTRATORS),
        },
        {
            "name": "skyhub-scheduler",
            "description": "Executes queued reports, starts servers that execute their own, delivers messages, talks to telescopes",
            "scopes": ["start:servers", *(f"{SCOPE_PREFIX}{name}" for name in ("view", "report", "execute"))],
            "services": ["scheduler"],
        },
        *_streams_role(settings),
        {
            "name": "skyhub-data",
            "description": "Reads users, makes groups and changes their members",
            "scopes": ["list:users", "read:users:groups", "read:roles:users", "admin:groups", "list:groups"],
            "services": ["data"],
        },
        {
            "name": "skyhub-idle-culler",
            "description": "Stops idle servers",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["idle-culler"],
        },
    ]


def _streams_role(settings: Settings) -> list[dict[str, Any]]:
    if not settings.streams:
        return []
    return [
        {
            "name": "skyhub-streams",
            "description": "Brings incoming streams in",
            "scopes": [f"{SCOPE_PREFIX}{name}" for name in ("view", "ingest")],
            "services": ["streams"],
        }
    ]


def _configure_accounts(c: Any, data_dir: Path) -> None:
    secret = passwords(data_dir)
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = secret.user
    c.SharedPasswordAuthenticator.admin_password = secret.admin
    c.Authenticator.allowed_users = set(ACCOUNTS)
    c.Authenticator.admin_users = set(ADMINISTRATORS)


def _configure_servers(c: Any, data_dir: Path, service_url: str) -> None:
    homes = data_dir / "homes"
    c.JupyterHub.spawner_class = "simple"
    c.Spawner.cmd = [executable("jupyterhub-singleuser")]
    c.Spawner.args = ["--log-level=WARN", *(["--allow-root"] if os.geteuid() == 0 else [])]
    c.SimpleLocalProcessSpawner.home_dir_template = str(homes / "{username}")
    c.Spawner.notebook_dir = str(homes / "{username}")
    c.Spawner.default_url = DASHBOARD
    c.Spawner.environment = {
        "SKYHUB_URL": service_url,
        "JUPYTER_PREFER_ENV_PATH": "1",
        **_kernel_environment(data_dir),
    }
    c.Spawner.http_timeout = _SERVICE_TIMEOUT
    c.Spawner.pre_spawn_hook = lambda spawner: _prepare(spawner, data_dir)


def _prepare(spawner: Any, data_dir: Path) -> None:
    spawner.port = free_port()
    prepare_home(data_dir, spawner.user.name, [group.name for group in spawner.user.groups])


def _kernel_environment(data_dir: Path) -> dict[str, str]:
    """All kernels come from the hub's zygote; nobody starts one that the hub would not end."""
    return {
        "SKYHUB_ZYGOTE_SOCKET": str(zygote_socket(data_dir)),
        "SKYHUB_ZYGOTE_AUTOSTART": "0",
        "MPLCONFIGDIR": str(data_dir / "run" / "matplotlib"),
    }
