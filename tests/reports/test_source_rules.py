"""What cannot be a group's report is refused whole, and says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import Database
from skyhub.errors import InvalidInput
from skyhub.reports import propose_template, report_templates
from skyhub.reports._source_rules import checked_notebook, checked_sidecar, require_fit
from support.houses import SCANNER
from support.reports import SIDECAR, notebook_text


def _cells(*cells: Any) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=list(cells)))


def _code(source: str, *tags: str, outputs: Any = ()) -> Any:
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}, outputs=list(outputs))


_OUTPUT = nbformat.v4.new_output("stream", text="told")
BAD_NOTEBOOKS = {
    "nothing": ("", "no Jupyter notebook"),
    "text": ("hello", "no Jupyter notebook"),
    "a list": ("[]", "no Jupyter notebook"),
    "nan": ("NaN", "no Jupyter notebook"),
    "deep": ("[" * 200_000, "no Jupyter notebook"),
    "format 3": ('{"nbformat": 3, "worksheets": []}', "no Jupyter notebook"),
    "cells of no kind": ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [7]}', "no Jupyter notebook"),
    "no parameters": (_cells(_code("n = 1")), "0 code cells with the tag parameters"),
    "two cells of parameters": (_cells(*(_code("word = 1", "parameters") for _ in range(2))), "2 code cells"),
    "parameters in prose": (
        _cells(nbformat.v4.new_markdown_cell("word", metadata={"tags": ["parameters"]})),
        "0 code cells",
    ),
    "outputs": (_cells(_code("word = 1", "parameters"), _code("1", outputs=[_OUTPUT])), "cell 2 has outputs"),
    "another language": (
        _cells(_code("word = 1", "parameters")).replace(
            '"metadata": {}', '"metadata": {"language_info": {"name": "R"}}'
        ),
        "is in R",
    ),
    "too large": (notebook_text("#" * 600_000), "500000 are permitted"),
    "too many cells": (notebook_text(*["1"] * 400), "300 and 5000"),
    "too many lines": (notebook_text("\n" * 6000), "300 and 5000"),
    "parameters that are no Python": (notebook_text(parameters="word = "), "is no Python"),
    "parameters of code": (notebook_text(parameters="import os"), "line 1 .* no plain assignment"),
    "parameters of two names": (notebook_text(parameters="word = other = 1"), "no plain assignment"),
    "parameters without values": (notebook_text(parameters="word: str"), "no plain assignment"),
    "a parameter that the sidecar lacks": (notebook_text(parameters="word = 1\nn = 2"), "assigns 'n'"),
    "a parameter that the notebook lacks": (notebook_text(parameters="other = 1"), "the parameter 'word'"),
}
_WORD = "parameters: {word: {type: string, description: A}}"
BAD_SIDECARS = {
    "nothing": ("", "does not describe"),
    "no YAML": ("title: [", "does not describe"),
    "a list": ("[1]", "does not describe"),
    "no title": (f"description: D\n{_WORD}", "title: Field required"),
    "an unknown key": (f"{SIDECAR}secret: 1", "secret: Extra inputs"),
    "an unknown type": (SIDECAR.replace("string", "function"), "parameters.word.type"),
    "a default that does not fit": (SIDECAR.replace("string", "integer"), "word is 'x'"),
    "a schedule": (f"{SIDECAR}schedule: {{cron: '0 16 * * *'}}", "page Schedules"),
    "an unknown scope": (f"{SIDECAR}scopes: [administer]", "scopes.0"),
    "too long a time": (f"{SIDECAR}timeout: 999999", "timeout"),
    "an alias": (f"title: &a T\ndescription: *a\n{_WORD}", "alias"),
    "a class": ("title: !!python/object/apply:os.system ['true']", "does not describe"),
    "too large": (f"{SIDECAR}#{'x' * 30_000}", "20000 are permitted"),
    "deep": ("[" * 15_000, "does not describe"),
}
BAD_NAMES = ["", "Our", "1st", "a b", "../x", "a/b", "a.b", "ünicode", "x" * 61, "x\n"]


@pytest.mark.parametrize(("text", "told"), BAD_NOTEBOOKS.values(), ids=BAD_NOTEBOOKS)
def test_a_notebook_that_cannot_be_one_is_refused(house: Database, text: str, told: str) -> None:
    before = house.version()
    with pytest.raises(InvalidInput, match=told):
        propose_template(house, SCANNER, "transients", "ours", text, SIDECAR)
    assert house.version() == before


@pytest.mark.parametrize(("text", "told"), BAD_SIDECARS.values(), ids=BAD_SIDECARS)
def test_a_sidecar_that_does_not_fit_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        checked_sidecar(text)


@pytest.mark.parametrize("name", [*BAD_NAMES, "night_summary"])
def test_a_name_that_cannot_be_one_is_refused(house: Database, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        propose_template(house, SCANNER, "transients", name, notebook_text(), SIDECAR)


@given(
    st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5).map(json.dumps)
)
def test_whatever_is_no_notebook_is_refused_and_breaks_nothing(text: str) -> None:
    for check in (checked_notebook, checked_sidecar):
        with pytest.raises(InvalidInput):
            check(text)


def test_equal_notebooks_have_one_text_whatever_they_were_run_with() -> None:
    plain = notebook_text("1")
    document = json.loads(plain)
    document["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Mine", "language": "python"}, "x": 1}
    document["cells"][1]["execution_count"] = 7
    assert checked_notebook(json.dumps(document)) == checked_notebook(plain)
    assert checked_notebook(checked_notebook(plain)) == checked_notebook(plain)


def test_all_shipped_reports_could_be_a_groups() -> None:
    for template in report_templates().values():
        own = {key: value for key, value in yaml.safe_load(template.sidecar_text).items() if key != "schedule"}
        require_fit(checked_notebook(template.source), checked_sidecar(yaml.safe_dump(own)))
        assert isinstance(template.notebook, Path)
