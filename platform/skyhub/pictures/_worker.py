"""The process that draws: whoever waits for it has its hands free for others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any, Literal, get_args

from skyhub.errors import Unavailable

__all__ = ["PICTURES", "PictureForm", "picture_of"]

PictureForm = Literal["pdf", "gif"]
PICTURES: tuple[str, ...] = get_args(PictureForm)
"""Forms of the picture of a plan: pages, and what happens in the night."""
_SECONDS = 120.0
_MOST_AT_ONCE = threading.BoundedSemaphore(2)
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "HOME", "MPLCONFIGDIR", "TZ")


def picture_of(form: PictureForm, document: Mapping[str, Any], seconds: float = _SECONDS) -> bytes:
    """The picture of a document, drawn by a process of its own; two at once at most.

    Parameters
    ----------
    form
        One of `PICTURES`.
    document
        What `skyhub.pictures._plan.drawn` takes.
    seconds
        How long it may take.

    Raises
    ------
    Unavailable
        If it takes longer, or fails.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    command = [sys.executable, "-m", "skyhub.pictures._plan", form]
    with _MOST_AT_ONCE:
        try:
            done = subprocess.run(
                command,
                input=json.dumps(document).encode(),
                capture_output=True,
                timeout=seconds,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"the picture took more than {seconds:g} s: export a shorter plan, or csv.", form
            ) from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Unavailable(f"the picture could not be drawn ({last or done.returncode}): export csv instead.", form)
    return done.stdout
