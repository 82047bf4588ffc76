"""Files follow their rows: attachments, cutouts, packets, light curves, reports' artifacts."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import nbformat
import pyarrow as pa
import pytest
from rights_support import AUDIENCES, VIEWERS, Matrix, acl_of, may_see
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.reports import Outcome, claim_run, finish_run, report_template, request_run
from skyhub.web import ARROW
from support.houses import NIGHT, candid_of

_NOTEBOOK = nbformat.writes(nbformat.v4.new_notebook())
PROGRAMS = {1: "public", 2: "a stream", 3: "a stream it lacks"}
_STREAMS: dict[str, tuple[set[str], set[str]]] = {**AUDIENCES, "a stream it lacks": (set(), {"ztf-caltech"})}
ROLES = pytest.mark.parametrize("viewer", VIEWERS.values(), ids=list(VIEWERS))


@pytest.fixture(scope="module")
def files(matrix: Matrix) -> dict[str, int]:
    """Attachments of which each is for another audience."""
    with httpx.Client(base_url=matrix.url, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {matrix.token_of(VIEWERS['author'])}"}
        made = {}
        for audience in AUDIENCES:
            body = {"name": f"{audience}.txt", "content": base64.b64encode(audience.encode()).decode()}
            answer = client.post("/api/attachments", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            made[audience] = int(answer.json()["attachment_id"])
    for audience, number in made.items():
        acl = acl_of(matrix.db, *AUDIENCES[audience])
        matrix.db.writer.write(lambda t, n=number, a=acl: t.share("attachments", "attachment_id", {n: a}))  # type: ignore[misc]
    return made


@pytest.fixture(scope="module")
def reports(matrix: Matrix) -> dict[str, str]:
    """Finished runs: one that belongs to who asked for it, one to a group, one to another group."""
    author, template = VIEWERS["author"], report_template("night_summary")
    whole = Viewer("author", author.groups | {"stars"}, scopes=author.scopes)
    made = {}
    for audience, groups in (("the author", None), ("one group", ["transients"]), ("another group", ["stars"])):
        number = request_run(matrix.db, whole, template, {"dayobs": "2026-11-21"}, groups)
        assert claim_run(matrix.db, "worker", number) is not None
        artifacts = {"html": audience, "facts": "{}", "text": audience, "notebook": _NOTEBOOK}
        finish_run(matrix.db, number, Outcome("done", "", 1.0, "r", 0, artifacts))
        made[audience] = number
    return made


def _get(matrix: Matrix, viewer: Viewer, path: str, **options: Any) -> httpx.Response:
    return matrix.get(path, matrix.token_of(viewer), **options)


@ROLES
def test_an_attachment_is_for_those_who_see_its_record(matrix: Matrix, files: dict[str, int], viewer: Viewer) -> None:
    for audience, number in files.items():
        answer = _get(matrix, viewer, f"/api/attachments/{number}/file")
        sees = may_see(viewer, *AUDIENCES[audience])
        assert answer.status_code == (200 if sees else 404), audience
        assert (answer.content == audience.encode()) == sees


@ROLES
def test_reports_are_for_those_who_see_the_run(matrix: Matrix, reports: dict[str, str], viewer: Viewer) -> None:
    listed = {run["report_id"] for run in _get(matrix, viewer, "/api/reports").json()["runs"]}
    for audience, number in reports.items():
        sees = may_see(viewer, *AUDIENCES[audience])
        assert (number in listed) == sees
        for part in ("", "/html", "/facts", "/text", "/notebook", "/pdf"):
            answer = _get(matrix, viewer, f"/api/reports/{number}{part}")
            assert answer.status_code == (200 if sees else 404), (audience, answer.text)


@ROLES
def test_alerts_and_light_curves_are_for_those_entitled_to_their_streams(matrix: Matrix, viewer: Viewer) -> None:
    for place, (name, program, _) in enumerate(NIGHT):
        sees = may_see(viewer, *_STREAMS[PROGRAMS[program]])
        expected = 200 if sees else 404
        for path in (f"/api/alerts/{candid_of(place)}", f"/api/objects/{name}", f"/api/photometry/{name}"):
            assert _get(matrix, viewer, path).status_code == expected, path
        stamp = _get(matrix, viewer, f"/api/alerts/{candid_of(place)}/cutouts/science.fits")
        assert stamp.status_code == (expected if place < 2 else 404)


@ROLES
def test_arrow_has_the_rows_of_json(matrix: Matrix, viewer: Viewer) -> None:
    headers = {"Authorization": f"Bearer {matrix.token_of(viewer)}", "Accept": ARROW}
    path = f"/api/photometry/{NIGHT[0][0]}"
    binary = httpx.get(matrix.url + path, headers=headers, trust_env=False)
    table = pa.ipc.open_stream(binary.content).read_all()
    plain = _get(matrix, viewer, path).json()["rows"]
    everything = _get(matrix, ADMINISTRATOR, path).json()["rows"]
    assert table["mjd"].to_pylist() == [row["mjd"] for row in plain]
    assert "acl" not in table.column_names
    assert len(plain) == len(everything) > 0
