"""Kernels forked from the zygote against plain kernels, interleaved in one run.

``python benchmarks/kernels.py [--rounds 5] [--heavy]`` prints medians, spreads and ratios of:

* ready: from the request to an idle kernel that has imported the list,
* restart: to a ready kernel with the imports done again,
* papermill: `execute_notebook` of a notebook with one trivial cell, in this process,
* papermill with imports: the same with a cell that imports the list,
* unshared memory (USS) and proportional memory (PSS) of a kernel with the imports, in MB.

Plain kernels use the stock managers, as without skyhub; all modules are compiled and in the page cache beforehand.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import papermill
import psutil
from jupyter_client.manager import KernelManager
from skyhub.kernels import (
    FastBlockingKernelManager,
    default_socket_path,
    install_kernelspec,
    papermill_options,
    start_zygote,
    stop_zygote,
)
from skyhub.kernels._preload import DEFAULT_MODULES, HEAVY_MODULES
from skyhub.kernels._start import log_path

Samples = dict[str, list[float]]


@dataclass(frozen=True)
class Kind:
    """One way to start kernels."""

    name: str
    manager: Callable[..., Any]
    kernel_name: str
    papermill: dict[str, Any]


PLAIN = Kind("plain", KernelManager, "python3", {"kernel_name": "python3", "language": "python"})
ZYGOTE = Kind("zygote", FastBlockingKernelManager, "skyhub", papermill_options())


def import_cell(modules: tuple[str, ...]) -> str:
    """A cell that imports the modules, and those that are installed only."""
    return "\n".join(f"try:\n    import {name}\nexcept ImportError:\n    pass" for name in modules)


def execute(client: Any, code: str) -> None:
    reply = client.execute_interactive(code, timeout=300, output_hook=lambda _: None)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(reply["content"])


def measure_kernel(kind: Kind, code: str, samples: Samples) -> None:
    """Time to ready, memory, time to restart and to shut down of one kernel."""
    started = time.perf_counter()
    manager = kind.manager(kernel_name=kind.kernel_name)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=300)
    samples["ready, s"].append(time.perf_counter() - started)
    execute(client, code)
    samples["ready with imports, s"].append(time.perf_counter() - started)
    memory = psutil.Process(manager.provisioner.process.pid).memory_full_info()
    samples["unshared memory (USS), MB"].append(memory.uss / 2**20)
    samples["proportional memory (PSS), MB"].append(memory.pss / 2**20)
    started = time.perf_counter()
    manager.restart_kernel()
    client.wait_for_ready(timeout=300)
    execute(client, code)
    samples["restart with imports, s"].append(time.perf_counter() - started)
    started = time.perf_counter()
    manager.shutdown_kernel()
    samples["shutdown, s"].append(time.perf_counter() - started)
    client.stop_channels()


def notebook(code: str) -> dict[str, Any]:
    """A notebook with a parameters cell and one more."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {"tags": tags}, "execution_count": None, "outputs": [], "source": source}
        for tags, source in ((["parameters"], "x = 1"), ([], code))
    ]
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}


def measure_papermill(kind: Kind, folder: Path, code: str, label: str, samples: Samples) -> None:
    """Time of one run of a notebook with one parameter and one cell."""
    source = folder / "source.ipynb"
    source.write_text(json.dumps(notebook(code)))
    started = time.perf_counter()
    papermill.execute_notebook(source, folder / "out.ipynb", {"x": 2}, progress_bar=False, **kind.papermill)
    samples[label].append(time.perf_counter() - started)


def one_round(kind: Kind, folder: Path, code: str, samples: Samples) -> None:
    measure_kernel(kind, code, samples)
    measure_papermill(kind, folder, "x + 1", "papermill, trivial, s", samples)
    measure_papermill(kind, folder, code, "papermill with imports, s", samples)


def report(results: dict[str, Samples]) -> None:
    """A table of medians, ranges and ratios."""
    print(f"{'':32}{'plain':>24}{'zygote':>24}{'ratio':>8}")
    for label in results["plain"]:
        plain, zygote = (results[name][label] for name in ("plain", "zygote"))
        ratio = statistics.median(plain) / statistics.median(zygote)
        print(f"{label:32}{spread(plain):>24}{spread(zygote):>24}{ratio:8.1f}")


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g}–{max(values):.3g})"


def new_samples() -> Samples:
    labels = (
        "ready, s",
        "ready with imports, s",
        "restart with imports, s",
        "shutdown, s",
        "papermill, trivial, s",
        "papermill with imports, s",
        "unshared memory (USS), MB",
        "proportional memory (PSS), MB",
    )
    return {label: [] for label in labels}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--heavy", action="store_true", help="also pre-import the heavy list (and import it in the cell)"
    )
    options = parser.parse_args()
    code = import_cell(DEFAULT_MODULES + (HEAVY_MODULES if options.heavy else ()))
    with tempfile.TemporaryDirectory(prefix="skb", dir="/tmp") as folder:
        prepare_environment(Path(folder), "default,heavy" if options.heavy else "default")
        try:
            run(options.rounds, Path(folder), code)
        finally:
            stop_zygote()


def prepare_environment(folder: Path, modules: str) -> None:
    """Keep sockets, kernelspec and history in a folder, and let Python cache what it compiles."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ |= {
        "SKYHUB_ZYGOTE_SOCKET": str(folder / "z.sock"),
        "SKYHUB_ZYGOTE_MODULES": modules,
        "JUPYTER_PATH": str(install_kernelspec(folder).parents[2]),
        "IPYTHONDIR": str(folder / "ipython"),
    }


def run(rounds: int, folder: Path, code: str) -> None:
    """Warm both ways up, then alternate them."""
    for kind in (PLAIN, ZYGOTE):
        one_round(kind, folder, code, new_samples())
    stop_zygote()
    started = time.perf_counter()
    modules = start_zygote()["modules"]
    seconds = time.perf_counter() - started
    print(f"zygote with {len(modules)} imports ready in {seconds:.2f} s; load {os.getloadavg()[0]:.1f}")
    results = {"plain": new_samples(), "zygote": new_samples()}
    for _ in range(rounds):
        for kind in (PLAIN, ZYGOTE):
            one_round(kind, folder, code, results[kind.name])
    report(results)
    reloads = log_path(default_socket_path()).read_text().count("loading everything anew")
    print(f"during the rounds the zygote noticed {reloads} time(s) that code had changed, and loaded everything anew")


if __name__ == "__main__":
    main()
