"""What somebody says with a localization to store, and with positions to look up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from skyhub.errors import InvalidInput
from skyhub.science.sky_shapes import Annulus, Circles, Cone, Ellipse, Polygon, SkyShape
from skyhub.science.skymaps import Combination

__all__ = ["CombinedLocalizations", "LocalizationUpload", "PositionSearch", "shape_of"]

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
