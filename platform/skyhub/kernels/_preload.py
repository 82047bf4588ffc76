"""Importing once what every kernel needs, and proving that no thread is left before the first fork."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CORE_MODULES: Final = (
    "IPython",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "ipykernel.comm",
    "debugpy",
    "debugpy.server.api",
    # What IPython and ipykernel import only when a kernel starts or runs its first cell.
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "pdb",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
)

DEFAULT_MODULES: Final = (
    "numpy",
    "pandas",
    "pyarrow",
    "duckdb",
    "astropy.table",
    "astropy.units",
    "astropy.coordinates",
    "astropy.time",
    "astropy_healpix",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "httpx",
    "httpcore",
    "ipywidgets",
    "anywidget",
    "skyhub.circulars",
    "skyhub.client",
    "skyhub.science.skymaps",
    "skyhub_widgets",
    "skyhub_widgets.dashboard",
)

HEAVY_MODULES: Final = (
    "scipy.optimize",
    "scipy.stats",
    "sncosmo",
    "healpy",
    "ligo.skymap.io",
    "ligo.skymap.plot",
    "holoviews",
    "panel",
)

MODULES_VARIABLE: Final = "SKYHUB_ZYGOTE_MODULES"
_SETS: Final = {"default": DEFAULT_MODULES, "heavy": HEAVY_MODULES, "": ()}

log = logging.getLogger("skyhub.kernels.zygote")


@dataclass(frozen=True)
class Loaded:
    """The cost of one import."""

    name: str
    cpu: float
    """Processor time (s)."""
    threads: int
    """Threads that stay in the process beside the main one after a fork."""
    error: str = ""


def chosen_modules(text: str | None = None) -> tuple[str, ...]:
    """The modules a comma-separated list asks for; ``default`` and ``heavy`` stand for whole lists.

    >>> chosen_modules("numpy, scipy.stats")
    ('numpy', 'scipy.stats')
    """
    text = os.environ.get(MODULES_VARIABLE, "default") if text is None else text
    names = [name for word in text.split(",") for name in _SETS.get(word.strip(), (word.strip(),))]
    return tuple(dict.fromkeys(names))


def preload(names: Sequence[str]) -> list[Loaded]:
    """Import the modules in order; one that fails is logged and left out."""
    before = 0
    loaded = []
    for name in (*CORE_MODULES, *names):
        one = _load(name, before)
        before += one.threads
        loaded.append(one)
        _report(one)
    return loaded


def _load(name: str, threads_before: int) -> Loaded:
    started = time.process_time()
    error = ""
    try:
        importlib.import_module(name)
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    return Loaded(name, time.process_time() - started, lasting_threads() - threads_before, error)


def _report(one: Loaded) -> None:
    if one.error:
        log.warning("%s is not pre-imported: %s", one.name, one.error)
    elif one.threads:
        log.warning("%s starts %d thread(s) at import", one.name, one.threads)
    else:
        log.debug("%s imported in %.2f s of CPU", one.name, one.cpu)


def lasting_threads() -> int:
    """Threads beside the main one that do not end when the process forks.

    OpenBLAS ends its threads before a fork and starts them again when they are needed; a rehearsed fork lets it.
    """
    if count_threads() > 1:
        rehearse_fork()
    return count_threads() - 1


def count_threads() -> int:
    """Threads of this process, as the operating system counts them."""
    return len(os.listdir("/proc/self/task"))


def rehearse_fork() -> None:
    """Fork a child that ends at once."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def freeze_memory() -> None:
    """Keep the garbage collector away from what is imported, so that its pages stay shared."""
    gc.collect()
    gc.freeze()
