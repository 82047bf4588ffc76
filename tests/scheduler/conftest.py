"""A folder of reports in the place of skyhub's own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "notebooks" / "reports"
    folder.mkdir(parents=True)
    monkeypatch.setattr("skyhub.reports._catalog.notebooks_dir", lambda: folder.parent)
    return folder
