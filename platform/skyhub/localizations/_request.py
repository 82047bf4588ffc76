"""What somebody says with a localization to store, and with positions to look up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from skyhub.errors import InvalidInput
from skyhub.science.sky_shapes import Annulus, Circles, Cone, Ellipse, Polygon, SkyShape
from skyhub.science.skymaps import Combination

__all__ = ["CombinedLocalizations", "HidingEarth", "LocalizationUpload", "PositionSearch", "shape_of"]

_SHAPES: dict[str, type[SkyShape]] = {
    "cone": Cone,
    "ellipse": Ellipse,
    "polygon": Polygon,
    "annulus": Annulus,
    "circles": Circles,
}
_MOST_POSITIONS = 200_000


class LocalizationUpload(BaseModel):
    """A file with a sky map, or a shape."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=200, description="Name of the file; of a shape, its numbers by default")
    content: str | None = Field(None, description="The bytes of the FITS file, in base64")
    shape: dict[str, Any] | None = Field(
        None, description="Instead of a file: kind (cone, ellipse, polygon, annulus, circles) and its numbers (deg)"
    )
    dateobs: datetime | None = Field(None, description="The event that it belongs to, by its time (UTC)")
    groups: list[str] | None = Field(None, description="Who shall see it: some of one's groups, all by default")


_Number = Annotated[int, Field(ge=1, lt=2**63)]


class CombinedLocalizations(BaseModel):
    """Two localizations that become one."""

    model_config = ConfigDict(extra="forbid")

    first: _Number = Field(description="Number of a localization; its distances are those of a product")
    second: _Number = Field(description="Number of another one")
    how: Combination = Field("product", description="product (a source made both) or mixture (a source made either)")
    name: str = Field("", max_length=200, description="What to call it; of which it was made, by default")
    dateobs: datetime | None = Field(None, description="The event that it belongs to; that of the first by default")


class HidingEarth(BaseModel):
    """Where the Earth was for a spacecraft: as it saw it, or where the spacecraft was."""

    model_config = ConfigDict(extra="forbid")

    ra: float | None = Field(None, ge=0, le=360, description="Centre of the Earth as the spacecraft saw it (ICRS, deg)")
    dec: float | None = Field(None, ge=-90, le=90, description="The same (ICRS, deg)")
    radius: float | None = Field(None, gt=0, lt=180, description="Radius of the Earth as the spacecraft saw it (deg)")
    position: tuple[float, float, float] | None = Field(
        None,
        description="Instead of these: the spacecraft from the centre of the Earth, along the axes of the GCRS (km)",
    )
    name: str = Field("", max_length=200, description="What to call it; of which it was made, by default")

    @model_validator(mode="after")
    def _either(self) -> Self:
        disc = (self.ra, self.dec, self.radius)
        if (self.position is None) == (disc == (None, None, None)) or (self.position is None and None in disc):
            raise ValueError("give ra, dec and radius of the Earth, or the position of the spacecraft")
        return self


class PositionSearch(BaseModel):
    """Positions to look up in a map."""

    model_config = ConfigDict(extra="forbid")

    ra: list[Annotated[float, Field(ge=0, le=360)]] = Field(max_length=_MOST_POSITIONS, description="ICRS, deg")
    dec: list[Annotated[float, Field(ge=-90, le=90)]] = Field(max_length=_MOST_POSITIONS, description="ICRS, deg")
    distance: list[float | None] | None = Field(None, max_length=_MOST_POSITIONS, description="Mpc; null if not known")


_Kind = Literal["cone", "ellipse", "polygon", "annulus", "circles"]


def shape_of(given: dict[str, Any]) -> SkyShape:
    """The shape of a document with its kind and numbers. Raises `InvalidInput` if it is none."""
    try:
        kind = TypeAdapter(_Kind).validate_python(given.get("kind"))
        fields = {name: value for name, value in given.items() if name != "kind"}
        return TypeAdapter(_SHAPES[kind]).validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"the shape {where or 'kind'}: {first['msg']}. Kinds: {', '.join(_SHAPES)}.", where or "kind"
        ) from None
