"""Telescopes, instruments with their fields and footprints, and detectors of other messengers."""

from skyhub.facilities._coverage import camera, fields_at, ranges_of
from skyhub.facilities._detector_files import datetime_of_gps, read_intervals, read_spectrum
from skyhub.facilities._fields import FIELD_SCHEMA, StoredFields, fields_table, instrument_named, store_fields
from skyhub.facilities._filters import bandpasses
from skyhub.facilities._grids import Field, Grid, Rejection, read_grid, read_references
from skyhub.facilities._kinds import KINDS
from skyhub.facilities._pointings import pointing_tiles
from skyhub.facilities._shipped import load_facilities, shipped_records
from skyhub.facilities._telescopes import ground_telescopes
from skyhub.facilities._yaml import FacilitySummary, ingest_facilities, merged

__all__ = [
    "FIELD_SCHEMA",
    "KINDS",
    "FacilitySummary",
    "Field",
    "Grid",
    "Rejection",
    "StoredFields",
    "bandpasses",
    "camera",
    "datetime_of_gps",
    "fields_at",
    "fields_table",
    "ground_telescopes",
    "ingest_facilities",
    "instrument_named",
    "load_facilities",
    "merged",
    "pointing_tiles",
    "ranges_of",
    "read_grid",
    "read_intervals",
    "read_references",
    "read_spectrum",
    "shipped_records",
    "store_fields",
]
