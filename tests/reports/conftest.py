"""A clock of the writer's that runs ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the writer's clock run ahead by a time."""
    from skyhub.db import _writer

    class Clock(datetime):
        shift = timedelta(0)

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + cls.shift

    monkeypatch.setattr(_writer, "datetime", Clock)

    def shift(by: timedelta) -> None:
        Clock.shift += by

    return shift
