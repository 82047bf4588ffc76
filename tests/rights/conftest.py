"""A house in which every kind of record has rows for every sort of audience, and viewers of every role.

- ``matrix``: the service on that house, shared by the tests of a session; tests that change rows use rows of their own.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from rights_support import Matrix, fill
from skyhub.db import Database
from skyhub.service import open_database, serving
from skyhub.web import TokenSigner


@pytest.fixture(scope="session")
def matrix(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    data_dir = Path(shutil.copytree(built_house, tmp_path_factory.mktemp("matrix") / "house"))
    database: Database
    with open_database(data_dir) as database, serving(database) as address:
        yield fill(Matrix(address.url, address.token, database, TokenSigner(data_dir)))
