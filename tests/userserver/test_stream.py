"""Joining pieces: errors come after what was said before them, silence is broken, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from skyhub.userserver._stream import together


async def pieces(*script: str | float | Exception) -> AsyncIterator[str]:
    for step in script:
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            await asyncio.sleep(step)
        else:
            yield step


def collect(*script: str | float | Exception, patience: float = 10.0) -> list[str]:
    async def run() -> list[str]:
        return [text async for text in together(pieces(*script), patience)]

    return asyncio.run(run())


def test_error_comes_after_the_text_before_it() -> None:
    async def run() -> None:
        stream = together(pieces("a", "b", ValueError("bad")), 10.0)
        assert await anext(stream) == "ab"
        with pytest.raises(ValueError, match="bad"):
            await anext(stream)

    asyncio.run(run())


def test_nothing_gives_nothing() -> None:
    assert collect() == []


def test_what_comes_at_once_is_one_piece() -> None:
    assert collect("a", "b", 0.05, "c", "d") == ["ab", "cd"]


def test_silence_is_broken_without_losing_what_follows() -> None:
    texts = collect("a", 0.35, "b", patience=0.1)
    assert texts[0] == "a"
    assert texts[-1] == "b"
    assert set(texts[1:-1]) == {"\n"}


def test_closing_early_stops_the_source() -> None:
    stopped = []

    async def source() -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.sleep(60)
        finally:
            stopped.append(True)

    async def run() -> None:
        stream = together(source(), 10.0)
        assert await anext(stream) == "a"
        await stream.aclose()
        await asyncio.sleep(0.01)

    asyncio.run(run())
    assert stopped == [True]
