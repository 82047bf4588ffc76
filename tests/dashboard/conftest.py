"""Fixtures of the tests of the dashboard.

- ``page``: what a view asks of the page that it is on, over a real service, with the administrator's rights.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dashboard_support import PageOfTest
from skyhub.db import ADMINISTRATOR
from support.services import Served


@pytest.fixture
def page(served: Served) -> Iterator[PageOfTest]:
    with served.sky(ADMINISTRATOR) as sky:
        yield PageOfTest(sky)
