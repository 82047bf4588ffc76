"""Notebooks that were opened from a page run, and show what the page shows."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.kernels import papermill_options
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import write_sky_map
from skyhub_widgets.dashboard._notebook import notebook_of
from support.houses import COLLEAGUE, OTHER, SCANNER, candidates_of
from support.notices import alert
from support.services import Served

NIGHT = "2026-11-21"
AROUND = b64encode(write_sky_map(skymap_of(Cone.from_90(150.0, 0.0, 20.0)))).decode()


def _outputs(served: Served, viewer: Viewer, folder: Path, view: str, params: dict[str, str]) -> str:
    given, done = folder / "given.ipynb", folder / "done.ipynb"
    given.write_text(json.dumps(notebook_of(view, params)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKYHUB_URL", served.url)
        patch.setenv("SKYHUB_TOKEN", served.token_of(viewer))
        papermill.execute_notebook(str(given), str(done), progress_bar=False, cwd=str(folder), **papermill_options())
    cells: list[Any] = nbformat.read(done, as_version=4).cells
    return json.dumps([cell.get("outputs", []) for cell in cells])


def test_a_candidate(served: Served, tmp_path: Path) -> None:
    candidate = str(candidates_of(served.db, SCANNER)["ZTF26partner"])
    with served.sky(COLLEAGUE) as sky:
        sky.candidates.decide("opened", candidate, "save")
    with served.sky(SCANNER) as sky:
        [card] = sky.candidates.cards([candidate])
    shown = _outputs(served, SCANNER, tmp_path, "scan", {"night": NIGHT, "status": "all", "candidate": candidate})
    for part in (card["object_id"], card["candid"], " ".join(card["position"]["sexagesimal"]), "colleague"):
        assert part in shown, part


def test_an_object_and_one_that_may_not_be_seen(served: Served, tmp_path: Path) -> None:
    shown = _outputs(served, SCANNER, tmp_path, "source", {"object_id": "ZTF26partner"})
    assert "ZTF26partner" in shown
    with pytest.raises(papermill.PapermillExecutionError, match="NotFound"):
        _outputs(served, OTHER, tmp_path, "source", {"object_id": "ZTF26partner"})


def test_an_empty_queue(served: Served, tmp_path: Path) -> None:
    assert "output_type" in _outputs(served, SCANNER, tmp_path, "scan", {"night": "2020-01-01"})


def test_an_event_and_none(served: Served, tmp_path: Path) -> None:
    assert "No event is known" in _outputs(served, SCANNER, tmp_path, "events", {})
    with served.sky(ADMINISTRATOR) as sky:
        sky.events.ingest(alert(time="2026-11-20T03:00:00.123Z", created="2026-11-20T03:01:00Z", skymap=AROUND))
        sky.events.ingest(alert(name="S261122b"))
    shown = _outputs(served, SCANNER, tmp_path, "events", {"event": "S261122a", "level": "0.95"})
    assert "ZTF26public" in shown
    assert "ZTF26caltech" not in shown
    assert "S261122b" in _outputs(served, SCANNER, tmp_path, "events", {"event": "S261122b"})


def test_a_search(served: Served, tmp_path: Path) -> None:
    shown = _outputs(
        served, SCANNER, tmp_path, "sources", {"name": "ZTF26p", "group": '["transients"]', "saved": "not_saved"}
    )
    assert "2 of 2 objects" in shown


@pytest.mark.parametrize(
    "asked", [{"dayobs": NIGHT}, {"statement": "SELECT object_id, n_detections, mean_mag FROM statistics"}]
)
def test_a_population(served: Served, tmp_path: Path, asked: dict[str, str]) -> None:
    shown = {"ranges": {"n_detections": [1, None]}}
    assert "n_detections" in _outputs(served, SCANNER, tmp_path, "population", asked | {"shown": json.dumps(shown)})
