"""The commands about objects: taxonomies of others come in once, sources, histories and the audit are told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SKYHUB = Path(sys.executable).parent / "skyhub"
NAME = "ZTF26public"


def _skyhub(*words: object, status: int = 0) -> Any:
    done = subprocess.run([SKYHUB, *map(str, words), "--json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def test_files_that_hold_no_taxonomy_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("- a\n- b")
    answer = _skyhub("ingest", "taxonomy", tmp_path / "bad.yaml", "--data-dir", tmp_path / "data", status=2)
    assert (answer["read"], answer["stored"]) == (0, 0)
    assert answer["rejected"][0]["file"] == str(tmp_path / "bad.yaml")


def test_taxonomies_come_in_once(tmp_path: Path, shared: Path) -> None:
    top = shared / "survey" / "tdtax" / "top.yaml"
    first, second = (_skyhub("ingest", "taxonomy", top, "--data-dir", tmp_path / "data") for _ in range(2))
    assert first == {"read": 1, "stored": 1, "duplicates": 0, "rejected": []}
    assert second == {"read": 1, "stored": 0, "duplicates": 1, "rejected": []}


def test_sources_and_histories_are_told(house_dir: Path) -> None:
    source = _skyhub("source", NAME, "--data-dir", house_dir)
    assert {"aliases", "classifications", "redshift", "annotations", "n_comments", "tags", "lists", "saved"} <= set(
        source
    )
    told = _skyhub("history", NAME, "--data-dir", house_dir)
    assert {row["table"] for row in told["rows"]} == {"objects", "alerts", "photometry", "candidates"}
    assert _skyhub("history", "nothing", "--data-dir", house_dir, status=2)["error"]["code"] == "not_found"
    assert {"seq", "at", "table", "action", "user"} <= set(_skyhub("audit", "--data-dir", house_dir)["rows"][0])
    text = subprocess.run([SKYHUB, "history", NAME, "--data-dir", house_dir], capture_output=True, text=True).stdout
    assert "objects added: survey ZTF, ra 150.0" in text
