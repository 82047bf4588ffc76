"""Typed parameters of a report, as its YAML sidecar declares them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from skyhub.errors import InvalidInput
from skyhub.science.nights import parse_dayobs

__all__ = ["LONGEST_TIMEOUT", "Parameter", "Schedule", "Sidecar", "last_night"]

LONGEST_TIMEOUT = 7200

_LAST_NIGHT = "last-night"
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(_Strict):
    """One parameter: its type, its name for people, its default and its bounds."""

    type: Literal["string", "integer", "number", "boolean", "date", "dayobs"]
    title: str | None = None
    description: str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    enum: list[str] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Parameter:
        if self.type not in ("integer", "number") and (self.minimum, self.maximum) != (None, None):
            raise ValueError("minimum and maximum are for integers and numbers")
        if self.type != "string" and self.enum is not None:
            raise ValueError("enum is for strings")
        return self

    def cast(self, name: str, value: Any, now: datetime) -> Any:
        """A given value as the type asks, checked against the bounds.

        Raises
        ------
        InvalidInput
            If it does not fit; the message says what is permitted.
        """
        try:
            typed = self._typed(value, now)
        except (ValueError, InvalidInput):
            raise InvalidInput(f"{name} is {value!r}: {self._permitted()} is permitted.", name) from None
        too_small = self.minimum is not None and typed < self.minimum
        too_large = self.maximum is not None and typed > self.maximum
        if too_small or too_large or (self.enum is not None and typed not in self.enum):
            raise InvalidInput(f"{name} is {value!r}: {self._permitted()} is permitted.", name)
        return typed

    def _typed(self, value: Any, now: datetime) -> Any:
        if value is None:
            raise ValueError("no value was given")
        if self.type == "dayobs":
            return last_night(now).isoformat() if value == _LAST_NIGHT else parse_dayobs(str(value)).isoformat()
        if self.type == "date":
            return parse_dayobs(str(value)).isoformat()
        if self.type == "boolean":
            text = str(value).lower()
            if text not in _TRUE | _FALSE:
                raise ValueError(text)
            return text in _TRUE
        if self.type == "string":
            return str(value)
        if self.type == "integer":
            return int(str(value))
        number = float(str(value))
        if not math.isfinite(number):
            raise ValueError(value)
        return number

    def _permitted(self) -> str:
        if self.enum is not None:
            return f"one of {', '.join(self.enum)}"
        bounds = [f"≥ {self.minimum:g}"] if self.minimum is not None else []
        bounds += [f"≤ {self.maximum:g}"] if self.maximum is not None else []
        kind = {"dayobs": "a night such as 2026-11-21", "date": "a date such as 2026-11-21"}.get(
            self.type, f"a {self.type}"
        )
        return " ".join([kind, *bounds])


class Schedule(_Strict):
    """When a report runs by itself, once for each group."""

    cron: str = Field(description="Five cron fields, UTC")
    groups: list[str] | Literal["all"] = "all"


class Sidecar(_Strict):
    """What stands beside a report's notebook: title, description, parameters, schedule."""

    title: str
    description: str
    parameters: dict[str, Parameter]
    schedule: Schedule | None = None
    timeout: int = Field(540, ge=10, le=LONGEST_TIMEOUT, description="A run may take so long (s)")
    scopes: list[Literal["save"]] = Field([], description="What its notebook may do beside reading, if who asks may")

    def defaults(self, now: datetime) -> dict[str, Any]:
        """The values that hold where none is given; a parameter that must be given is left out."""
        return {
            name: parameter.cast(name, parameter.default, now)
            for name, parameter in self.parameters.items()
            if parameter.default is not None
        }

    def values(self, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """All parameters with their values: those given, checked, and defaults for the others.

        Raises
        ------
        InvalidInput
            If a name is not known or a value does not fit.
        """
        unknown = sorted(given.keys() - self.parameters.keys())
        if unknown:
            raise InvalidInput(
                f"{', '.join(unknown)} is no parameter: {', '.join(self.parameters)} are permitted.", unknown[0]
            )
        return {
            name: parameter.cast(name, given.get(name, parameter.default), now)
            for name, parameter in self.parameters.items()
        }


def last_night(now: datetime) -> date:
    """The newest night that has ended: the dayobs of the day before the present one (noon to noon UTC−12)."""
    return (now.astimezone(UTC) - timedelta(hours=36)).date()
