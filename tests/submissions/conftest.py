"""A database with the groups of those who write circulars, shared by the tests of a module: each makes its own drafts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from skyhub.db import Database
from skyhub.service import open_database
from skyhub.team import add_groups


@pytest.fixture(scope="module")
def team(empty_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    directory = Path(shutil.copytree(empty_house, tmp_path_factory.mktemp("team") / "data"))
    database: Database
    with open_database(directory) as database:
        add_groups(database, {"transients": [], "bursts": []})
        yield database
