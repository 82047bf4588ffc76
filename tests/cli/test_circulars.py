"""``skyhub circular lint`` tells what it finds and leaves with 0; what is no circular it refuses."""

from __future__ import annotations

import json
from pathlib import Path

from support.commands import skyhub


def test_files_that_are_no_circulars_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    for path in (tmp_path / "empty.txt", tmp_path / "absent.txt"):
        assert skyhub("circular", "lint", path, status=2)["error"]["code"] == "invalid_input"
    assert skyhub("circular", "lint", status=2)["error"]["code"] == "usage"


def test_findings_name_rule_severity_line_and_file(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("SUBJECT: Re: GRB 230812B\n\nA. Author reports: it was seen at 21:37.\n")
    [reply, scale] = skyhub("circular", "lint", path)["findings"]
    assert set(reply) == {"file", "rule", "severity", "line", "message"}
    assert (reply["rule"], reply["severity"], reply["line"]) == ("subject-reply", "error", 1)
    assert (scale["rule"], scale["severity"], scale["line"]) == ("time-scale", "warning", 3)


def test_a_directory_can_be_summed_up(tmp_path: Path) -> None:
    for number, subject in enumerate(["GRB 230812B: limits", "nothing known"]):
        (tmp_path / f"{number}.json").write_text(json.dumps({"subject": subject, "body": "A. Author reports: none."}))
    (tmp_path / "index.csv").write_text("no circular")
    document = skyhub("circular", "lint", tmp_path, "--summary")
    assert document["n_circulars"] == 2
    shares = {row["rule"]: row["share"] for row in document["rules"]}
    assert shares["subject-keyword"] == 0.5
    assert shares["latex"] == 0.0
