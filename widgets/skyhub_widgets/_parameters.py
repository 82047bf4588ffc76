"""Typed parameters, as in the sidecar of a report: reading what a person typed, one function per type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from skyhub.errors import InvalidInput

__all__ = ["Parameter", "last_night", "parameter_from"]

KEYS = {"type", "default", "description", "minimum", "maximum", "enum", "title", "stored"}


@dataclass(frozen=True)
class Parameter:
    """One typed parameter.

    Attributes
    ----------
    name, type, description, title
        ``type`` is string, text (of several lines), integer, number, boolean, date, dayobs, time, list (of texts),
        numbers (by name), json or secrets (texts by name, None to remove one; they are written and never read).
    default
        Value when nothing is chosen; without one the parameter is required.
    minimum, maximum
        Bounds of a number or (ISO) date, both included.
    enum
        The permitted values, if they are few; of a list those of its entries.
    stored
        Names of the secrets that are stored.
    """

    name: str
    type: str
    title: str
    description: str
    required: bool
    default: Any = None
    minimum: Any = None
    maximum: Any = None
    enum: tuple[Any, ...] = ()
    stored: tuple[str, ...] = ()

    def read(self, given: object) -> Any:
        """The value that was meant.

        Raises
        ------
        InvalidInput
            With what is permitted, for the person at the form.
        """
        if given is None or given == "" or given == ():
            if self.required:
                raise InvalidInput(f"{self.title} is needed.", where=self.name)
            return self.default
        value = READERS[self.type](given, self)
        if self.enum and not set(value if self.type == "list" else [value]) <= set(self.enum):
            raise self.refusal(given, f"{'of' if self.type == 'list' else 'one of'} {', '.join(map(str, self.enum))}")
        return self._bounded(value, given)

    def _bounded(self, value: Any, given: object) -> Any:
        too_low = self.minimum is not None and value < self.minimum
        too_high = self.maximum is not None and value > self.maximum
        if too_low or too_high:
            bounds = [f"at least {self.minimum}"] * (self.minimum is not None)
            bounds += [f"at most {self.maximum}"] * (self.maximum is not None)
            raise self.refusal(given, " and ".join(bounds))
        return value

    def refusal(self, given: object, permitted: str) -> InvalidInput:
        """The error for a value that is not permitted."""
        return InvalidInput(f"{given!s} was given; {self.title} is {permitted}.", where=self.name)


def last_night(now: datetime | None = None) -> date:
    """The last finished night, named by the date of its evening; nights run from noon to noon, UTC−12.

    Examples
    --------
    >>> last_night(datetime(2026, 11, 22, 13, 0, tzinfo=UTC))
    datetime.date(2026, 11, 21)
    """
    return ((now or datetime.now(UTC)) - timedelta(hours=12, days=1)).date()


def parameter_from(name: str, spec: Mapping[str, Any]) -> Parameter:
    """A parameter from its entry in a sidecar.

    Raises
    ------
    InvalidInput
        If the entry has an unknown type or key, or a default that it does not permit itself.
    """
    unknown = set(spec) - KEYS
    if spec.get("type") not in READERS or unknown:
        raise InvalidInput(
            f"The parameter {name!r} is {dict(spec)!r}. Its type is one of {', '.join(READERS)}; permitted keys are "
            f"{', '.join(sorted(KEYS))}.",
            where=name,
        )
    default = spec.get("default")
    if isinstance(default, date):
        default = default.isoformat()
    if default is None and spec["type"] == "dayobs":
        default = last_night().isoformat()
    parameter = Parameter(
        name, spec["type"], spec.get("title") or name, spec.get("description", ""), "default" not in spec and default is None,
        default, spec.get("minimum"), spec.get("maximum"), tuple(spec.get("enum", ())),
        tuple(spec.get("stored", ())),
    )  # fmt: skip
    parameter.read(default if default is not None or not parameter.required else _any_value(parameter))
    return parameter


def _any_value(parameter: Parameter) -> Any:
    if parameter.enum:
        return parameter.enum[:1] if parameter.type == "list" else parameter.enum[0]
    samples: dict[str, Any] = {"string": "x", "text": "x", "boolean": False, "date": "2000-01-01", "list": ["x"]}
    samples |= {"time": "2000-01-01T00:00:00Z", "numbers": {}, "json": {}, "secrets": {}}
    return next((v for v in (parameter.minimum, parameter.maximum) if v is not None), samples.get(parameter.type, 0))


def _string(given: object, parameter: Parameter) -> str:
    return str(given)


def _integer(given: object, parameter: Parameter) -> int:
    try:
        return int(str(given))
    except ValueError:
        raise parameter.refusal(given, "a whole number") from None


def _number(given: object, parameter: Parameter) -> float:
    try:
        value = float(str(given))
    except ValueError:
        raise parameter.refusal(given, "a number") from None
    if value - value != 0:
        raise parameter.refusal(given, "a finite number")
    return value


def _boolean(given: object, parameter: Parameter) -> bool:
    if not isinstance(given, bool):
        raise parameter.refusal(given, "yes or no (true or false)")
    return given


def _date(given: object, parameter: Parameter) -> str:
    try:
        return date.fromisoformat(given.isoformat() if isinstance(given, date) else str(given)).isoformat()
    except ValueError:
        raise parameter.refusal(given, "a date such as 2026-11-21") from None


def _time(given: object, parameter: Parameter) -> str:
    try:
        moment = datetime.fromisoformat(str(given).strip().replace("Z", "+00:00"))
    except ValueError:
        raise parameter.refusal(given, "a time such as 2026-11-22T03:14:15Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _list(given: object, parameter: Parameter) -> list[str]:
    if isinstance(given, list | tuple):
        return [str(item) for item in given]
    return [item.strip() for item in str(given).split(",") if item.strip()]


def _numbers(given: object, parameter: Parameter) -> dict[str, float]:
    if isinstance(given, Mapping):
        return {str(name): float(value) for name, value in given.items()}
    found = {}
    for part in filter(None, (part.strip() for part in str(given).split(","))):
        name, equals, text = part.partition("=")
        if not (name.strip() and equals):
            raise parameter.refusal(part, "numbers by name, such as HasNS=0.5, BNS=0.1")
        found[name.strip()] = _number(text.strip(), parameter)
    return found


def _json(given: object, parameter: Parameter) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError as error:
        raise InvalidInput(f"{parameter.title} is no JSON: {error}.", where=parameter.name) from None


def _secrets(given: object, parameter: Parameter) -> dict[str, str | None]:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{parameter.title} are texts by name.", where=parameter.name)
    for name, secret in given.items():
        if not name or secret == "":
            raise InvalidInput(f"{parameter.title}: a new one needs a name and a value.", where=parameter.name)
    return dict(given)


READERS: dict[str, Callable[[object, Parameter], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "dayobs": _date,
    "text": _string,
    "time": _time,
    "list": _list,
    "numbers": _numbers,
    "json": _json,
    "secrets": _secrets,
}
