"""Open as notebook: what is asked for is written as plain values, laid down once, and a user's changes are kept."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from dashboard_support import PageOfTest, find, texts
from skyhub.errors import InvalidInput, NotFound
from skyhub_widgets import CandidateScanner
from skyhub_widgets.dashboard._criteria import to_address
from skyhub_widgets.dashboard._notebook import NotebookView, notebook_of
from skyhub_widgets.dashboard._scan import ScanView

HOSTILE = "x'\"\n__import__('os').system('touch opened')#\\"


def _parameters(notebook: dict[str, Any]) -> dict[str, Any]:
    """The assignments of the parameters' cell; anything else in it is an error."""
    [cell] = [c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", ())]
    statements = ast.parse(cell["source"]).body
    assert all(isinstance(statement, ast.Assign) for statement in statements)
    return {s.targets[0].id: ast.literal_eval(s.value) for s in statements}  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", [HOSTILE, "1e999", "nan", ""])
def test_numbers_of_the_address_of_an_event(text: str) -> None:
    told = _parameters(notebook_of("events", {"event": "LVC#S261122a", "localization": "3", "level": "0.5"}))
    assert told == {"event": "LVC#S261122a", "localization": 3, "level": 0.5}
    told = _parameters(notebook_of("events", {"event": text, "localization": text, "level": text}))
    assert told == {"event": text, "localization": None, "level": 0.9}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_what_has_no_notebook(page: PageOfTest, home: Path) -> None:
    for view in ("", "home", "../reports/night_summary", "notebook"):
        with pytest.raises(NotFound, match="events, plan, observability, scan, source have one"):
            notebook_of(view, {})
        shown = NotebookView(page, home)
        shown.show({"of": view})
        assert "events, plan, observability, scan, source have one" in texts(shown.box)
    with pytest.raises(InvalidInput, match="no list"):
        notebook_of("scan", {"group": "[1"})
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("text", [HOSTILE, "ZTF26public", "☄", "{object_id}"])
def test_texts_of_the_address_stay_texts(text: str) -> None:
    assert _parameters(notebook_of("source", {"object_id": text})) == {"object_id": text}
    told = _parameters(notebook_of("scan", {"candidate": text, "sort_key": text, "night": text, "view": "scan"}))
    assert told == {"selection": {"sort_key": text, "dayobs": text}, "candidate_id": text}


def test_a_selection_comes_back_as_it_was() -> None:
    selection = {
        "dayobs": "2026-11-21",
        "group": ["a", "b"],
        "annotations": [{"key": "drb", "min": 0.9}],
        "status": "all",
    }
    told = _parameters(notebook_of("scan", {**to_address(selection), "candidate": "7"}))
    assert told == {"selection": selection, "candidate_id": "7"}


def test_it_is_laid_in_the_home_once(page: PageOfTest, home: Path) -> None:
    view, params = NotebookView(page, home), {"of": "source", "object_id": "<b>ZTF26public"}
    view.show(params)
    [path] = home.rglob("*.ipynb")
    assert f'href="/lab/tree/opened/{path.name}"' in texts(view.box)
    assert "<b>ZTF26public" not in texts(view.box)
    path.write_text("changed by the user")
    view.show(params)
    assert path.read_text() == "changed by the user"
    view.show({**params, "object_id": "another"})
    assert len(sorted(home.rglob("*"))) == 3


def test_the_scanner_leads_to_the_notebook_of_what_it_shows(page: PageOfTest) -> None:
    view = ScanView(page)
    view.show({"dayobs": "2026-11-21"})
    scanner = find(view.box, CandidateScanner)
    assert scanner.has_notebook
    scanner._received(scanner, {"type": "notebook", "candidate_id": "12"}, [])
    [(name, params)] = page.went
    assert (name, params["of"], params["candidate"], params["dayobs"]) == ("notebook", "scan", "12", "2026-11-21")
