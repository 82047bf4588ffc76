"""Which stars a telescope can offset from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from skyhub.errors import InvalidInput
from skyhub.science.starlists import FORMATS, StarlistFormat

__all__ = ["StarRules", "rules_of"]


class StarRules(BaseModel):
    """Which stars to offset from: how far from the target, how bright, and how far from others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    radius_arcmin: float = Field(2.0, gt=0, le=30, description="How far from the target")
    brightest: float = Field(11.0, description="No brighter than this (mag)")
    faintest: float = Field(18.5, description="No fainter than this (mag)")
    isolation_arcsec: float = Field(4.0, ge=0, le=60, description="No other star and no target nearer than this")
    count: int = Field(3, ge=0, le=20, description="At most so many, the nearest")

    @model_validator(mode="after")
    def _bright_before_faint(self) -> StarRules:
        if self.brightest >= self.faintest:
            raise ValueError(f"brightest is {self.brightest} and faintest {self.faintest}: the first must be smaller")
        return self


_RULES: dict[StarlistFormat, StarRules] = {
    "keck": StarRules(),
    "p200": StarRules(brightest=10.0, faintest=18.0, isolation_arcsec=5.0),
    "p200-ngps": StarRules(brightest=10.0, faintest=18.0, isolation_arcsec=5.0),
    "shane": StarRules(radius_arcmin=2.5, brightest=10.0, faintest=17.0, isolation_arcsec=5.0),
}


def rules_of(format: StarlistFormat) -> StarRules:
    """The rules of the telescope that reads a format.

    Raises
    ------
    InvalidInput
        If there is no such format.
    """
    if format not in _RULES:
        raise InvalidInput(f"the format is {format!r}: {', '.join(FORMATS)} are permitted.", "format")
    return _RULES[format]
