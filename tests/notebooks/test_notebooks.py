"""Every notebook is committed without outputs and runs top to bottom on a small night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import papermill
import pytest
import skyhub_widgets
from skyhub.hub import DEMO_NIGHT, load_demo
from skyhub.kernels import papermill_options
from skyhub.reports import report_templates
from skyhub.service import open_database, serving
from skyhub_widgets._base import SkyhubWidget

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted([*(ROOT / "notebooks").rglob("*.ipynb"), *(ROOT / "voila_apps").rglob("*.ipynb")])


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    data = tmp_path_factory.mktemp("night")
    load_demo(data)
    with open_database(data) as db, serving(db) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKYHUB_URL", address.url)
        patch.setenv("SKYHUB_TOKEN", address.token)
        yield patch


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_reports_have_parameters_that_match_their_sidecars() -> None:
    templates = report_templates()
    assert templates
    for template in templates.values():
        found = papermill.inspect_notebook(str(template.notebook))
        assert set(found) == set(template.sidecar.parameters)


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p.parent.name != "reports"], ids=lambda p: p.stem)
def test_runs_top_to_bottom(path: Path, tmp_path: Path, night: pytest.MonkeyPatch) -> None:
    output = tmp_path / path.name
    papermill.execute_notebook(str(path), str(output), progress_bar=False, cwd=str(tmp_path), **papermill_options())
    assert output.exists()


def test_the_night_summary_shows_the_demo_night(tmp_path: Path, night: pytest.MonkeyPatch) -> None:
    template = report_templates()["night_summary"]
    output = tmp_path / "out.ipynb"
    parameters = {"dayobs": DEMO_NIGHT.isoformat(), "n_shown": 2}
    papermill.execute_notebook(
        str(template.notebook), str(output), parameters=parameters, progress_bar=False, **papermill_options()
    )
    notebook = nbformat.read(output, as_version=4)
    shown = "".join(str(o.get("data", {}).get("text/html", "")) for c in notebook.cells for o in c.get("outputs", []))
    assert shown.count("data:image/png") >= 5
    assert "Extragalactic transients" in shown


def test_the_gallery_has_every_widget() -> None:
    text = (ROOT / "notebooks" / "tutorials" / "widget_gallery.ipynb").read_text(encoding="utf-8")
    inside = {"PopulationPlot", "PlanTimeline", "Form"}
    assert "sw.form_from_schema(" in text
    shown = {name for name in skyhub_widgets.__all__ if isinstance(getattr(skyhub_widgets, name), type(SkyhubWidget))}
    assert {name for name in shown - inside if f"sw.{name}(" not in text} == set()
