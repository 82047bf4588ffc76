"""The process that makes a PDF: it is given a document, and can open nothing, fetch nothing and start nothing.

A *keeper* imports what is needed. For each document it forks a worker, which gives up files, network and processes before
it reads what others wrote.
"""

from __future__ import annotations

import gc
import json
import math
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst
from PIL import Image

from skyhub.confined import Wire, confine, keep
from skyhub.paper._blocks import Block
from skyhub.paper._images import image_of_svg
from skyhub.paper._notebook import blocks_of_markdown, blocks_of_notebook, blocks_of_text

__all__ = ["main"]

_TEMPLATE = Path(__file__).with_name("template.typ")
_MEGABYTE = 2**20
_NICE = 5
_ANSWERED = (ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError, RuntimeError)


def main() -> None:
    """Keep: get ready, then fork a worker for each document."""
    keep(_ready)


def _ready(first: Mapping[str, Any]) -> Callable[[Wire, Mapping[str, Any]], None]:
    template, fonts = _TEMPLATE.read_bytes(), typst.Fonts(include_system_fonts=False)
    Image.init()
    blocks_of_markdown("# Ready\n\n| a | b |\n|---|---|\n| *1* | <b> |\n")
    image_of_svg('<svg xmlns="http://www.w3.org/2000/svg"/>')
    gc.freeze()

    def work(wire: Wire, told: Mapping[str, Any]) -> None:
        os.environ.clear()
        os.nice(_NICE)
        confine(int(told["memory_mb"]) * _MEGABYTE, math.ceil(told["seconds"]) + 1)
        message = wire.receive()
        if message is None:
            return
        try:
            wire.send({"kind": "done"}, _pdf(template, fonts, message.header, message.payload))
        except _ANSWERED as error:
            wire.send({"kind": "refused", "why": f"{type(error).__name__}: {error}"})

    return work


def _pdf(template: bytes, fonts: typst.Fonts, told: Mapping[str, Any], content: bytes) -> bytes:
    labels = told["labels"]
    document = {**labels, "blocks": _blocks(told["form"], content)}
    made_at = labels["made_at"] and datetime.fromisoformat(labels["made_at"]).astimezone(UTC).replace(microsecond=0)
    return typst.compile(
        template,
        format="pdf",
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(document)},
        timestamp=made_at,
    )


def _blocks(form: str, content: bytes) -> list[Block]:
    text = content.decode()
    if form == "notebook":
        return blocks_of_notebook(json.loads(text))
    return blocks_of_markdown(text) if form == "markdown" else blocks_of_text(text + "\n")
