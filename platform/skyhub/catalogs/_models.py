"""Catalogues of galaxies and of extended sources; their entries are rows of tables of their own."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from skyhub.records import Kind, Record

__all__ = [
    "GALAXY_CATALOGS",
    "KINDS",
    "REFERENCE_CATALOGS",
    "SPATIAL_CATALOGS",
    "GalaxyCatalog",
    "ReferenceCatalog",
    "ReferenceKind",
    "SpatialCatalog",
]

ReferenceKind = Literal["tns", "star", "agn", "variable"]
"""What entries of a catalogue are known as."""


class _Catalog(Record):
    """Where entries come from."""

    name: str = Field(min_length=1, max_length=80, description="Its name; entries carry it")
    release: str | None = Field(None, max_length=80, description="Which release of it")
    reference: str | None = Field(None, max_length=400, description="Paper, DOI or address to cite")
    description: str | None = Field(None, max_length=4000, description="What it is")


class GalaxyCatalog(_Catalog):
    """A catalogue of galaxies."""


class SpatialCatalog(_Catalog):
    """A catalogue of sources with an extent: cones and ellipses."""


class ReferenceCatalog(_Catalog):
    """A catalogue of known objects that alerts are compared with."""

    kind: ReferenceKind = Field(description="What its entries are known as")


GALAXY_CATALOGS: Kind[Any] = Kind(
    "galaxy_catalogs", "galaxy_catalog", GalaxyCatalog, "upload", "public", ("name",), announced=("name",)
)
SPATIAL_CATALOGS: Kind[Any] = Kind(
    "spatial_catalogs", "spatial_catalog", SpatialCatalog, "upload", "public", ("name",), announced=("name",)
)
REFERENCE_CATALOGS: Kind[Any] = Kind(
    "reference_catalogs",
    "reference_catalog",
    ReferenceCatalog,
    "upload",
    "public",
    ("name",),
    announced=("name", "kind"),
)
KINDS = (GALAXY_CATALOGS, SPATIAL_CATALOGS, REFERENCE_CATALOGS)
"""All kinds of this capability."""
