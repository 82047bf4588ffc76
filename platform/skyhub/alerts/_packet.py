"""The shape in which every survey's alert enters the platform, and its Arrow table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa

__all__ = [
    "CUTOUT_KINDS",
    "PACKET_SCHEMA",
    "SMALLEST_ERROR",
    "Packet",
    "PacketAnnotation",
    "PhotometryPoint",
    "packet_table",
]

CUTOUT_KINDS = ("science", "template", "difference")
SMALLEST_ERROR = 1e-12
"""Errors (mag) below this are none: no measurement is that good, and single precision may not hold them."""


@dataclass(slots=True)
class PhotometryPoint:
    """One point of the history in a packet: a detection, an upper limit or a forced measurement."""

    mjd: float
    """Time (MJD, UTC)."""
    filter: str
    """Name of the filter in sncosmo's list, such as ``ztfr``."""
    origin: str
    """``alert`` or ``forced``."""
    flux: float | None
    """Flux (µJy, AB), negative for a negative difference; None for an upper limit."""
    fluxerr: float
    """Standard error (µJy)."""
    mag: float | None
    """AB magnitude as given; None for a limit or a forced point."""
    magerr: float | None
    """Error of the magnitude as given."""
    limiting_mag: float | None
    """AB magnitude of the 5σ limit."""
    ra: float | None
    """Right ascension (ICRS, deg) of this point."""
    dec: float | None
    """Declination (ICRS, deg) of this point."""
    point_id: int
    """Unique within object and origin: the candid of a detection, minus the exposure's number otherwise."""
    stream: str | None
    """Stream whose members may see it; None is public."""


@dataclass(slots=True)
class PacketAnnotation:
    """What a broker says of an alert."""

    origin: str
    """The broker."""
    data: str
    """Values by key, as JSON."""


@dataclass(slots=True)
class Packet:
    """One alert, decoded: the columns of the ``alerts`` table, its history and its blobs."""

    candid: int
    object_id: str
    survey: str
    schema_version: str
    mjd: float
    """Time (MJD, UTC)."""
    ra: float
    """Right ascension (ICRS, deg)."""
    dec: float
    """Declination (ICRS, deg)."""
    filter: str
    mag: float
    """AB magnitude of the difference flux."""
    magerr: float
    limiting_mag: float | None
    """AB magnitude of the 5σ limit of the exposure."""
    positive: bool
    """Whether the difference is brighter than the template."""
    rb: float | None
    """Real–bogus score, 0 to 1."""
    drb: float | None
    """Real–bogus score of the deep network, 0 to 1."""
    star_score: float | None
    """Star–galaxy score of the nearest catalogue source: 0 galaxy, 1 star."""
    star_distance: float | None
    """Its distance (arcsec)."""
    sso_name: str | None
    """Nearest known minor planet."""
    sso_distance: float | None
    """Its distance (arcsec)."""
    sso_mag: float | None
    """Its predicted magnitude."""
    n_detections: int | None
    """Detections at this position in the survey's whole history."""
    first_mjd: float | None
    """The first of them (MJD, UTC)."""
    stream: str | None
    """Stream whose members may see it; None is public."""
    packet: bytes
    """All fields of the packet but cutouts and history, as gzipped JSON."""
    cutout_science: bytes | None = None
    """FITS, gzipped or plain."""
    cutout_template: bytes | None = None
    cutout_difference: bytes | None = None
    photometry: list[PhotometryPoint] = field(default_factory=list)
    annotations: list[PacketAnnotation] = field(default_factory=list)


_TYPES = {
    "int": pa.int64(),
    "float": pa.float64(),
    "str": pa.string(),
    "bool": pa.bool_(),
    "bytes": pa.binary(),
}


def _arrow_field(name: str, annotation: str) -> pa.Field:
    return pa.field(name, _TYPES[annotation.removesuffix(" | None")], nullable=annotation.endswith("| None"))


def _arrow_list(record: type[PhotometryPoint] | type[PacketAnnotation]) -> pa.DataType:
    return pa.list_(pa.struct([_arrow_field(f.name, str(f.type)) for f in fields(record)]))


_LISTS = {"photometry": _arrow_list(PhotometryPoint), "annotations": _arrow_list(PacketAnnotation)}

PACKET_SCHEMA = pa.schema(
    [
        pa.field(f.name, _LISTS[f.name], nullable=False) if f.name in _LISTS else _arrow_field(f.name, str(f.type))
        for f in fields(Packet)
    ]
)
"""Arrow schema of a batch of packets: one row a packet, its history and its annotations as lists of structs."""


def packet_table(packets: Sequence[Packet]) -> pa.Table:
    """A batch of packets as an Arrow table with `PACKET_SCHEMA`."""
    columns = [
        _list_column(values, column.type) if column.name in _LISTS else pa.array(values, column.type)
        for column in PACKET_SCHEMA
        for values in [list(map(attrgetter(column.name), packets))]
    ]
    return pa.table(columns, schema=PACKET_SCHEMA)


def _list_column(lists: Sequence[Sequence[Any]], kind: pa.ListType) -> pa.Array:
    """Lists of records as Arrow lists of structs, without a dictionary for each record."""
    flat = [item for items in lists for item in items]
    parts = [pa.array(list(map(attrgetter(part.name), flat)), part.type) for part in kind.value_type]
    ends = np.cumsum([0, *map(len, lists)], dtype=np.int32)
    return pa.ListArray.from_arrays(ends, pa.StructArray.from_arrays(parts, fields=list(kind.value_type)), type=kind)
