"""Compiled templates, kept for the life of the process."""

from __future__ import annotations

from typing import Any

from jinja2.bccache import Bucket, BytecodeCache

__all__ = ["remember_compiled"]


class _Memory(BytecodeCache):
    """Byte code of templates by source: Voilà builds a new Jinja environment for every page."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._code.get(bucket.key + bucket.checksum)
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


_MEMORY = _Memory()


def remember_compiled(exporter: Any) -> None:
    """Let an exporter reuse what earlier ones compiled; filters and globals stay its own."""
    exporter.environment.bytecode_cache = _MEMORY
