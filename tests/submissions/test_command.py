"""``skyhub circular``: a draft from a run to GCN's form, by the operator of a house of one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from skyhub.db import ADMINISTRATOR
from skyhub.service import open_database
from submissions_support import SUBJECT, run_of
from support.commands import run_skyhub, skyhub


@pytest.mark.slow
def test_from_a_run_to_the_form(empty_house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = Path(shutil.copytree(empty_house, tmp_path / "data"))
    with open_database(house) as db:
        report_id = run_of(db, ADMINISTRATOR)

    def circular(*words: object, status: int = 0) -> dict[str, object]:
        return skyhub("circular", *words, data_dir=house, status=status)

    assert circular("show", 1, status=2)["error"]["code"] == "not_found"  # type: ignore[index]
    number = circular("draft", report_id, "first")["circular_id"]
    assert circular("approve", number, status=2)["error"]["code"] == "conflict"  # type: ignore[index]
    assert circular("review", number)["state"] == "reviewed"
    assert circular("approve", number, status=2)["error"]["code"] == "permission_refused"  # type: ignore[index]
    monkeypatch.setenv("SKYHUB_CIRCULARS", json.dumps({"second_person": False}))
    assert circular("approve", number, "--version", 2, status=2)["error"]["code"] == "conflict"  # type: ignore[index]
    assert circular("approve", number)["state"] == "approved"
    assert str(circular("send", number)["url"]).startswith("https://gcn.nasa.gov/circulars/new?subject=GRB")
    assert circular("tell", number, "--sent", "--number", 34567)["state"] == "sent"
    [row] = circular("drafts")["rows"]  # type: ignore[misc]
    assert (row["subject"], row["number"], row["state"]) == (SUBJECT, 34567, "sent")  # type: ignore[index]
    text = run_skyhub("circular", "show", number, data_dir=house).stdout
    assert "GCN Circ. 34567" in text
    assert "version 1 approved by administrator" in text
