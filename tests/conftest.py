"""Fixtures for all tests.

- ``shared``: the shared data directory (beside the repository, or ``$SKYHUB_SHARED_DATA``); skips where there is none.
- ``ztf``: the real ZTF packets' directory, and ``ztf_files``: its files.
- ``db``: a fresh database with the surveys' streams; ``house``: one with groups, filters and a small night.
- ``sky``: a client on the house, with the operator's rights; ``served``: the house's service and its signer.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

from skyhub.db import Database
from skyhub.service import open_database
from support.houses import build_house

settings.register_profile(
    "skyhub",
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("skyhub")

_SHARED = Path(os.environ.get("SKYHUB_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


@pytest.fixture(scope="session")
def shared() -> Path:
    if not _SHARED.is_dir():
        pytest.skip(f"the shared data are not at {_SHARED}; set SKYHUB_SHARED_DATA")
    return _SHARED


@pytest.fixture(scope="session")
def ztf(shared: Path) -> Path:
    return shared / "alerts" / "ztf"


@pytest.fixture(scope="session")
def ztf_files(ztf: Path) -> list[Path]:
    return sorted(ztf.rglob("*.avro"))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "data") as database:
        yield database


@pytest.fixture(scope="session")
def built_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("house")
    build_house(directory / "data", directory / "packets")
    return directory / "data"


@pytest.fixture
def house_dir(built_house: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built_house, tmp_path / "house"))


@pytest.fixture
def house(house_dir: Path) -> Iterator[Database]:
    with open_database(house_dir) as database:
        yield database
