"""What the extension sets in a server, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_server.serverapp import ServerApp
from skyhub.userserver import install
from skyhub.userserver._settings import apply_defaults
from skyhub.userserver._static import accepted_encoding
from traitlets.config import Config


def test_install_is_idempotent_and_enables_both_extensions(tmp_path: Path) -> None:
    first = install(tmp_path)
    assert install(tmp_path) == first
    enabled = json.loads(first.read_text())["ServerApp"]["jpserver_extensions"]
    assert enabled["skyhub.userserver"] is enabled["voila.server_extension"] is True


def test_own_configuration_of_the_server_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", "/somewhere")
    mine = Config({"VoilaConfiguration": {"template": "classic"}, "MappingKernelManager": {"cull_idle_timeout": 7}})
    server = ServerApp(config=mine)
    apply_defaults(server)
    assert server.config.VoilaConfiguration.template == "classic"
    assert server.config.MappingKernelManager.cull_idle_timeout == 7
    assert server.config.MappingKernelManager.cull_connected is False
    assert server.config.VoilaConfiguration.allow_template_override == "NOTEBOOK"


def test_import_is_light() -> None:
    """Every Jupyter server of the environment imports the package, also those that never show a page."""
    heavy = "{'voila', 'nbconvert', 'jupyter_server', 'astropy', 'numpy', 'skyhub.kernels'}"
    code = f"import sys, skyhub.userserver; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ""),
        ("identity", ""),
        ("br;q=0, gzip;q=0.0", ""),
        ("gzip, deflate", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("gzip, deflate, br;q=0.9, zstd", "br"),
        ("BR", "br"),
    ],
)
def test_encoding_is_one_that_the_browser_accepts(header: str, expected: str) -> None:
    assert accepted_encoding(header) == expected


def test_jupyterlab_asks_the_network_for_nothing(tmp_path: Path) -> None:
    install(tmp_path)
    config = json.loads((tmp_path / "etc" / "jupyter" / "labconfig" / "page_config.json").read_text())
    assert config["disabledExtensions"] == {"@jupyterlab/apputils-extension:announcements": True}
