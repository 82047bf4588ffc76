"""What a user can set, grant or run is in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from skyhub.alerts import surveys_of
from skyhub.config import Settings
from skyhub.db import SCOPES

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_settings_are_documented(name: str) -> None:
    text = (ROOT / "docs" / "how-to" / "operate.md").read_text()
    assert f"`SKYHUB_{name.upper()}`" in text
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_scopes_are_documented(scope: str) -> None:
    assert re.search(rf"\b{scope}`", (ROOT / "docs" / "explanation" / "rights.md").read_text())


@pytest.mark.parametrize("path", [ROOT / "README.md", *DOCS], ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    missing = [str(p.relative_to(ROOT / "docs")) for p in DOCS if p.name != "index.md"]
    assert [page for page in missing if page not in index] == []


@pytest.mark.parametrize("survey", [survey.name for survey in surveys_of()])
def test_surveys_are_documented(survey: str) -> None:
    assert f"| `{survey}` |" in (ROOT / "docs" / "reference" / "surveys.md").read_text()


def test_the_example_of_a_mapping_file_is_one(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "reference" / "surveys.md").read_text()
    (tmp_path / "mine.yaml").write_text(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])  # type: ignore[index]
    assert surveys_of(tmp_path)[0].streams == {"my-partners"}
