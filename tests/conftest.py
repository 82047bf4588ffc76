"""Fixtures for all tests.

- ``shared``: the shared data directory (beside the repository, or ``$SKYHUB_SHARED_DATA``); skips where there is none.
- ``ztf``: the real ZTF packets' directory, and ``ztf_files``: its files.
- ``db``: a database as it is at first, with the surveys' streams; ``house``: one with groups, filters and a small night.
- ``still``: a service on a house that is shared by the tests of a module, which write nothing.
- ``reports``: a folder of reports in the place of skyhub's own.
- ``sky``: a client on the house, with the operator's rights; ``served``: the house's service and its signer.
"""

from __future__ import annotations

import gc
import os
import shutil
import ssl
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Test processes share the cores: further threads within a product of matrices would wait by spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.insert(0, str(Path(__file__).parent))

from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, Database
from skyhub.service import open_database, serving
from skyhub.web import TokenSigner
from support import commands
from support.commands import NewDatabases
from support.effort import repeats
from support.fresh import copy_new_databases
from support.houses import build_house
from support.services import Served

# Reading the certificate authorities takes 20 ms, and every request without a client of its own would do it anew.
ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]

settings.register_profile(
    "skyhub",
    deadline=None,
    max_examples=repeats(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("skyhub")


gc.disable()  # until all is imported, of which nothing is garbage


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What was imported and collected stays to the end: it is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One process for each file, and one for all tests in a running hub, which then start one between them."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "tests/hub" if nodeid.startswith("tests/hub/") else str(super()._split_scope(nodeid))

    return Scheduling(config, log)


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


@pytest.fixture(scope="session", autouse=True)
def new_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Databases that tests begin with are copied, here and in processes of commands."""
    folder = tmp_path_factory.mktemp("new")
    with pytest.MonkeyPatch.context() as patch:
        commands.new_databases = NewDatabases(folder, copy_new_databases(patch, folder))
        yield


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("empty") / "data"
    open_database(directory).close()
    return directory


@pytest.fixture
def db(empty_house: Path, tmp_path: Path) -> Iterator[Database]:
    with open_database(Path(shutil.copytree(empty_house, tmp_path / "data"))) as database:
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


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "notebooks" / "reports"
    folder.mkdir(parents=True)
    monkeypatch.setattr("skyhub.reports._catalog.notebooks_dir", lambda: folder.parent)
    return folder


@pytest.fixture
def served(house: Database) -> Iterator[Served]:
    with serving(house) as address:
        yield Served(address.url, address.token, house, TokenSigner(house.data_dir))


@pytest.fixture(scope="module")
def still(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp("still") / "house"))
    with open_database(data_dir) as database, serving(database) as address:
        yield Served(address.url, address.token, database, TokenSigner(data_dir))


@pytest.fixture
def sky(served: Served) -> Iterator[Sky]:
    with served.sky(ADMINISTRATOR) as client:
        yield client
