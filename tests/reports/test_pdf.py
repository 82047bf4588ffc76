"""The PDF of a run: made once, when somebody who may see the run asks for it, and kept with it."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pypdf
import pytest
from skyhub.db import Database
from skyhub.errors import NotFound
from skyhub.reports import Outcome, claim_run, finish_run, report_pdf, report_template, request_run, run_record
from skyhub.reports import _pdf as module
from support.houses import OTHER, SCANNER


def _finished(db: Database, said: str = "All is well.") -> str:
    report_id = request_run(db, SCANNER, report_template("night_summary"), {"dayobs": "2026-11-21"})
    assert claim_run(db, "worker", report_id) is not None
    told = {"title": "Night summary", "executed_at": "2026-11-22T16:00:00Z", "rights": ["transients"]}
    cells = [nbformat.v4.new_markdown_cell("# What it is for"), nbformat.v4.new_markdown_cell(said)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"skyhub": told})
    artifacts = {"notebook": nbformat.writes(notebook), "facts": "{}", "text": said}
    finish_run(db, report_id, Outcome("done", "", 1.5, "r1", 3, artifacts))
    return report_id


def _text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages)


def test_who_may_not_see_the_run_has_no_pdf_of_it(house: Database) -> None:
    report_id = _finished(house)
    with pytest.raises(NotFound):
        report_pdf(house, OTHER, report_id)
    before = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(NotFound):
        report_pdf(house, SCANNER, report_id, before)


def test_a_run_under_way_has_none(house: Database) -> None:
    report_id = request_run(house, SCANNER, report_template("night_summary"), {"dayobs": "2026-11-21"})
    with pytest.raises(NotFound, match="is queued and has no notebook"):
        report_pdf(house, SCANNER, report_id)


def test_it_says_what_run_it_is_of(house: Database) -> None:
    report_id = _finished(house)
    run = run_record(house, SCANNER, report_id)
    path = report_pdf(house, SCANNER, report_id)
    said = _text(path)
    for part in ("Night summary", "All is well.", report_id, run["reads_at"], run["content_sha256"], "page 1 of 1"):
        assert part in said
    assert "dayobs = 20261121" in said.replace("-", "")
    assert [one.name for one in path.parent.glob("*.pdf*")] == ["report.pdf"]


def test_it_is_made_once_of_a_notebook(house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    report_id = _finished(house)
    path = report_pdf(house, SCANNER, report_id)
    made: list[bytes] = []

    def make(content: bytes, labels: object) -> bytes:
        made.append(content)
        return b"%PDF-"

    monkeypatch.setattr(module, "pdf_of_notebook", make)
    assert report_pdf(house, SCANNER, report_id) == path
    assert made == []
    later = path.stat().st_mtime + 10
    os.utime(path.with_name("report.ipynb"), (later, later))
    assert report_pdf(house, SCANNER, report_id).read_bytes() == b"%PDF-"
    assert len(made) == 1
