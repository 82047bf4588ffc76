"""The repository keeps its promises: pins in step, no index hosts, no shadowed standard library, imports one way."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "platform" / "skyhub"

LAYERS = [
    {"errors", "config", "resources", "confined", "ports", "pictures", "addresses"},
    {"science", "adapters", "paper"},
    {"notices"},
    {"db"},
    {"web"},
    {"team"},
    {"records"},
    {"objects", "reports"},
    {"photometry", "alerts", "facilities", "catalogs"},
    {"context", "analysis"},
    {"notes", "classification", "attachments", "spectra", "followup", "localizations"},
    {"events", "analyses", "observations", "observability"},
    {"candidates"},
    {"sources", "images", "circulars", "planning"},
    {"search", "notify", "submissions", "treasuremap", "published"},
    {"discovery", "schedules"},
    {"default_plans"},
    {"requests"},
    {"kinds"},
    {"ingest", "sql", "history", "care"},
    {"brokers", "finding"},
    {"demo", "kernels", "service"},
    {"client", "userserver"},
    {"scheduler", "streams", "hub", "board"},
    {"cli"},
]
"""Folders of the package from the ground up: a folder may import from lower layers and from its own."""


def _environment_script() -> object:
    spec = importlib.util.spec_from_file_location("environment", ROOT / "requirements" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_conda_environment_has_the_pins_of_the_lock() -> None:
    script = _environment_script()
    lock = (ROOT / "requirements" / "lock.txt").read_text()
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][-1]["pip"]
    assert len(script.pins(lock)) > 200  # type: ignore[attr-defined]
    expected = [pin for pin in script.pins(lock) if not pin.startswith("jax-bandflux")]  # type: ignore[attr-defined]
    assert [entry for entry in listed if "==" in entry] == expected
    assert (ROOT / "environment.yml").read_text() == script.environment(lock)  # type: ignore[attr-defined]


def test_nothing_that_is_installed_brings_jax_along() -> None:
    lock = (ROOT / "requirements" / "lock.txt").read_text()
    assert not re.search(r"^(jax|jaxlib)==", lock, flags=re.MULTILINE)
    for name in ("environment.yml", "platform/pyproject.toml", "widgets/pyproject.toml"):
        assert not re.search(r"^[^#]*\bjax", (ROOT / name).read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["requirements/lock.txt", "requirements/bootstrap.txt"])
def test_locks_have_hashes_and_name_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("name", ["widgets/js/package-lock.json", "hub_config/proxy/package-lock.json"])
def test_npm_locks_name_no_registry(name: str) -> None:
    lock = json.loads((ROOT / name).read_text())
    assert lock["packages"]
    assert not any("resolved" in package for package in lock["packages"].values())


def test_platform_folder_does_not_shadow_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip()
    assert not (ROOT / "platform" / "__init__.py").exists()


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("skyhub"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("skyhub.")}
    return found - {"__version__", "connect"}


def test_imports_point_one_way() -> None:
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    folders = {path.stem for path in PACKAGE.iterdir() if path.name not in {"__pycache__", "py.typed", "__init__.py"}}
    assert folders <= set(level), f"no layer is named for {folders - set(level)}"
    upward = []
    for path in sorted(PACKAGE.rglob("*.py")):
        own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if own != "__init__":
            upward += [f"{own} → {other} in {path.name}" for other in _imports(path) if level[other] > level[own]]
    assert upward == []


def test_modules_do_not_import_each_other_in_circles() -> None:
    reads: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
        nodes = ast.walk(ast.parse(path.read_text()))
        reads[name] = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    reads["skyhub.db._reader"].discard("skyhub.db._runs")  # the reader names the points, which are read through it
    list(TopologicalSorter(reads).static_order())


def test_the_platform_knows_nothing_of_the_widgets() -> None:
    guilty = [
        p for p in PACKAGE.rglob("*.py") if re.search(r"^\s*(from|import) skyhub_widgets", p.read_text(), re.MULTILINE)
    ]
    assert guilty == []
