"""The commands about objects: taxonomies of others come in once, sources, histories and the audit are told."""

from __future__ import annotations

from pathlib import Path

from support.commands import run_skyhub, skyhub

NAME = "ZTF26public"


def test_files_that_hold_no_taxonomy_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("- a\n- b")
    answer = skyhub("ingest", "taxonomy", tmp_path / "bad.yaml", "--data-dir", tmp_path / "data", status=2)
    assert (answer["read"], answer["stored"]) == (0, 0)
    assert answer["rejected"][0]["file"] == str(tmp_path / "bad.yaml")


def test_taxonomies_come_in_once(tmp_path: Path, shared: Path) -> None:
    top = shared / "survey" / "tdtax" / "top.yaml"
    first, second = (skyhub("ingest", "taxonomy", top, "--data-dir", tmp_path / "data") for _ in range(2))
    assert first == {"read": 1, "stored": 1, "duplicates": 0, "rejected": []}
    assert second == {"read": 1, "stored": 0, "duplicates": 1, "rejected": []}


def test_sources_and_histories_are_told(house_dir: Path) -> None:
    source = skyhub("source", NAME, "--data-dir", house_dir)
    assert {"aliases", "classifications", "redshift", "annotations", "n_comments", "tags", "lists", "saved"} <= set(
        source
    )
    told = skyhub("history", NAME, "--data-dir", house_dir)
    assert {row["table"] for row in told["rows"]} == {"objects", "alerts", "photometry", "candidates"}
    assert skyhub("history", "nothing", "--data-dir", house_dir, status=2)["error"]["code"] == "not_found"
    assert {"seq", "at", "table", "action", "user"} <= set(skyhub("audit", "--data-dir", house_dir)["rows"][0])
    text = run_skyhub("history", NAME, data_dir=house_dir).stdout
    assert "objects added: survey ZTF, ra 150.0" in text
