"""The shared samples of surveys, read once."""

from __future__ import annotations

from pathlib import Path

import pytest
from skyhub.alerts import AlertReader, FileContent, alert_files


@pytest.fixture(scope="session")
def samples(shared: Path) -> dict[str, FileContent]:
    """What each sample of a survey but ZTF held, by its path below the alerts' folder."""
    root, reader = shared / "alerts", AlertReader()
    files = alert_files([root / name for name in ("lsst", "other", "broken", "fink_ztf")])
    return {str(path.relative_to(root)): reader.read(path) for path in files}
