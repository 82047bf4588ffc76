"""The commands of groups' reports, on a data directory without a hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.commands import run_skyhub
from support.reports import SIDECAR, notebook_text

NAME = "transients/our_night"


def _asked(house_dir: Path, *words: object, status: int = 0) -> Any:
    done = run_skyhub("report", *words, "--json", data_dir=house_dir)
    assert done.status == status, done.stderr
    return json.loads(done.stdout)


def test_a_report_is_forked_and_changed_and_not_taken_into_force_untried(house_dir: Path, tmp_path: Path) -> None:
    assert _asked(house_dir, "templates", "fork", "night_summary", NAME)["forked_from"] == "night_summary"
    copy = tmp_path / "copy.ipynb"
    _asked(house_dir, "templates", "download", NAME, 1, copy)
    copy.write_text(copy.read_text().replace("n_shown = 5", "n_shown = 6"))
    assert len(_asked(house_dir, "templates", "upload", NAME, copy)["versions"]) == 2
    [cell] = _asked(house_dir, "templates", "diff", NAME, 2)["cells"]
    assert "+n_shown = 6" in cell["lines"]
    refused = _asked(house_dir, "templates", "activate", NAME, 2, status=2)["error"]
    assert refused["code"] == "conflict"
    [row] = _asked(house_dir, "templates", "list")["rows"]
    assert (row["name"], row["current"], row["newest"]) == (NAME, None, 2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_report_is_tried_taken_into_force_run_and_verified(house_dir: Path, tmp_path: Path) -> None:
    notebook, sidecar = tmp_path / "ours.ipynb", tmp_path / "ours.yaml"
    notebook.write_text(notebook_text("import skyhub\nskyhub.connect().reports.record({'said': word}, word)"))
    sidecar.write_text(SIDECAR)
    _asked(house_dir, "templates", "upload", NAME, notebook)
    tried = _asked(house_dir, "templates", "dry-run", NAME, 1, "-p", "word", "green")
    assert (tried["text"], tried["facts"], tried["findings"]) == ("green", {"said": "green"}, [])
    assert _asked(house_dir, "templates", "activate", NAME, 1)["current"] == 1
    ran = _asked(house_dir, "run", NAME, "-p", "word", "blue")
    assert (ran["text"], ran["facts"]) == ("blue", {"said": "blue"})
    assert Path(ran["notebook"]).exists()
    assert _asked(house_dir, "verify", ran["id"])["same"]
    assert _asked(house_dir, "execute")["rows"] == []
    assert _asked(house_dir, "templates", "deactivate", NAME)["current"] is None
    assert _asked(house_dir, "templates", "show", NAME)["states"][-1]["active"] is False
