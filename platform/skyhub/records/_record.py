"""The base of all records: a typed model, checked as a whole before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from skyhub.errors import InvalidInput

__all__ = ["Record", "UtcTime", "check"]


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


UtcTime = Annotated[datetime, AfterValidator(_in_utc)]
"""A time of what is asked for; in UTC where it does not say its zone."""


class Record(BaseModel):
    """What somebody writes down; subclasses name the fields, with units and descriptions."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False, use_enum_values=True
    )

    @classmethod
    def spelled_out(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fields as they are stored, of fields as they are given: of one that stands for several, these."""
        return given

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, given: Any) -> Any:
        return cls.spelled_out(given) if isinstance(given, Mapping) else given


def check(model: type[Record], given: Any, where: str = "") -> Any:
    """A checked record of a model.

    Raises
    ------
    InvalidInput
        Naming the first field that cannot be used, what was given, and which fields are permitted.
    """
    if isinstance(given, model):
        return given
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        place = "".join(f"{part}: " for part in (where, field) if part)
        permitted = (
            f" Fields: {', '.join(model.model_fields)}." if first["type"] in ("extra_forbidden", "missing") else ""
        )
        raise InvalidInput(f"{place}{message}{_shown(first)}.{permitted}", field or where) from None


def _shown(error: Any) -> str:
    if error["type"] == "missing":
        return ""
    text = repr(error.get("input"))
    return f" (given: {text if len(text) <= 60 else text[:57] + '…'})"
