"""``skyhub request``: asks, lists, tells, takes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from requests_support import ASKED, FORMS, Team
from skyhub.cli import _requests as commands
from skyhub.cli import app
from skyhub.client import Sky
from skyhub.errors import SkyhubError
from typer.testing import CliRunner


@pytest.fixture
def run(team: Team, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command against the service that is there; its text, or its document, or its refusal."""

    @contextmanager
    def session(data_dir: Path | None) -> Iterator[Sky]:
        yield Sky(team.transport)

    monkeypatch.setattr(commands, "session", session)

    def command(*words: object, text: bool = False) -> Any:
        done = CliRunner().invoke(app, ["request", *map(str, words), *([] if text else ["--json"])])
        if isinstance(done.exception, SkyhubError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output if text else json.loads(done.output)

    return command


def test_requests_are_made_listed_and_taken_back(team: Team, tmp_path: Path, run: Any) -> None:
    number = team.allocation("Sinistro")
    form = tmp_path / "form.yaml"
    form.write_text("".join(f"{name}: {value}\n" for name, value in FORMS["Sinistro"].items()))
    text = run("queues", text=True)
    assert "lco (lco): Sinistro. Looked up by its name" in text
    assert "a plan: queue_name, program_id, program_pi*, subprogram_name" in text
    asked = ("submit", "--allocation", number, "--object", ASKED)
    sent = ("submit", "--allocation", team.allocation("ZTF"), "--plan", team.plan(), "--set", "program_pi=Kulkarni")
    for words, message in (
        ((*asked, "--set", "exposure_time"), "--set name=value"),
        ((*sent, "--set", "queue_name="), "queue_name: Input should be a valid string"),
        ((*asked, "--form", tmp_path / "none.yaml"), "cannot be read"),
        (asked, "optical_elements"),
        (("submit", 1, "--allocation", 1), "give its number alone"),
        (("status", 99), "no request 99"),
    ):
        with pytest.raises(SkyhubError, match=message):
            run(*words)
    made = run(*asked, "--form", form, "--set", "exposure_count=2")
    assert (made["state"], made["payload"]["exposure_count"]) == ("queued", 2)
    assert [row["state"] for row in run("list")["rows"]] == ["queued"]
    with pytest.raises(SkyhubError, match="submit it first"):
        run("retrieve", made["request_id"])
    assert run("cancel", made["request_id"])["state"] == "cancelled"
    assert [state["state"] for state in run("status", made["request_id"])["states"]] == ["queued", "cancelled"]
    assert run("submit", made["request_id"])["state"] == "queued"
