"""papermill with forked kernels, and the kernelspec it finds."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import papermill
import pytest
from papermill.exceptions import PapermillExecutionError
from skyhub.kernels import install_kernelspec, kernelspec, papermill_options, zygote_status

PRINT_PARENT = "import os; print(os.getppid(), x)"


def notebook(path: Path, code: str) -> Path:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {"tags": tags}, "execution_count": None, "outputs": [], "source": source}
        for tags, source in ((["parameters"], "x = 1"), ([], code))
    ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}))
    return path


def output_of(path: Path) -> str:
    return "".join(json.loads(path.read_text())["cells"][-1]["outputs"][0]["text"]).strip()


def run_report(source: Path, target: Path, x: int) -> str:
    papermill.execute_notebook(source, target, {"x": x}, progress_bar=False, **papermill_options())
    return output_of(target)


def test_failing_cell_is_reported(full_zygote: Path, tmp_path: Path) -> None:
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        run_report(notebook(tmp_path / "a.ipynb", "1 / 0"), tmp_path / "b.ipynb", 0)


def test_notebook_runs_in_a_fork(full_zygote: Path, tmp_path: Path) -> None:
    status = zygote_status()
    assert status is not None
    assert run_report(notebook(tmp_path / "a.ipynb", PRINT_PARENT), tmp_path / "b.ipynb", 7) == f"{status['pid']} 7"


def test_notebooks_in_threads(full_zygote: Path, tmp_path: Path) -> None:
    source = notebook(tmp_path / "a.ipynb", "print(x)")
    with ThreadPoolExecutor(4) as pool:
        done = pool.map(lambda n: run_report(source, tmp_path / f"{n}.ipynb", n), range(8))
    assert list(done) == [str(n) for n in range(8)]


def test_kernel_leaves_no_history(full_zygote: Path, tmp_path: Path) -> None:
    code = "print(get_ipython().history_manager.hist_file)"
    assert run_report(notebook(tmp_path / "a.ipynb", code), tmp_path / "b.ipynb", 1) == ":memory:"


def test_kernelspec_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    written = install_kernelspec(tmp_path)
    assert written == tmp_path / "share/jupyter/kernels/skyhub/kernel.json"
    assert json.loads(written.read_text()) == kernelspec()
    assert install_kernelspec(tmp_path) == written
    assert [entry.name for entry in written.parent.iterdir()] == ["kernel.json"]


def test_kernelspec_by_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "skyhub.kernels", "install", "--prefix", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(Path(done.stdout.strip()).read_text())["metadata"]["kernel_provisioner"] == {
        "provisioner_name": "skyhub-zygote"
    }


def test_command_of_the_kernelspec_starts_a_plain_kernel_too() -> None:
    options = [word for word in kernelspec()["argv"] if word not in ("-f", "{connection_file}")]
    done = subprocess.run([*options, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip()
