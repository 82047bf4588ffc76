"""Catalogues of galaxies, extended sources and known objects, and finding things by place."""

from skyhub.catalogs._files import table_of_file
from skyhub.catalogs._models import GALAXY_CATALOGS, KINDS, REFERENCE_CATALOGS, ReferenceKind
from skyhub.catalogs._places import near_places
from skyhub.catalogs._read import CatalogFile, read_catalog
from skyhub.catalogs._schemas import GALAXIES, REFERENCE_ENTRIES, SPATIAL_ENTRIES, Entries
from skyhub.catalogs._search import galaxies_near, inside_of
from skyhub.catalogs._store import StoredEntries, store_entries

__all__ = [
    "GALAXIES",
    "GALAXY_CATALOGS",
    "KINDS",
    "REFERENCE_CATALOGS",
    "REFERENCE_ENTRIES",
    "SPATIAL_ENTRIES",
    "CatalogFile",
    "Entries",
    "ReferenceKind",
    "StoredEntries",
    "galaxies_near",
    "inside_of",
    "near_places",
    "read_catalog",
    "store_entries",
    "table_of_file",
]
