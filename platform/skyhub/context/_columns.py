"""Columns of what is found around an alert, and how they travel as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pyarrow as pa

from skyhub.catalogs import ReferenceKind
from skyhub.db import iso

__all__ = ["CONTEXT", "KINDS_SEARCHED", "NEAREST", "RADII", "document"]

_TEXT, _F64, _F32 = pa.string(), pa.float64(), pa.float32()

NEAREST: dict[str, dict[str, str]] = {
    "tns": {"name": "name", "catalog": "catalog", "class": "class", "z": "redshift"},
    "star": {"name": "name", "catalog": "catalog", "mag": "mag"},
    "agn": {"name": "name", "catalog": "catalog", "class": "class", "z": "redshift"},
    "variable": {"name": "name", "catalog": "catalog", "class": "class", "period": "period"},
}
"""For each kind of known object what is kept of the nearest one: the end of our column, and the catalogue's."""

RADII = {"tns": 5.0, "star": 10.0, "agn": 5.0, "variable": 5.0}
"""How far from an alert (arcsec) they are looked for."""

KINDS_SEARCHED = (*get_args(ReferenceKind), "galaxy")
"""All kinds of catalogues."""

_TYPES = {"mag": _F32, "z": _F64, "period": _F64}
_HOST = {
    "host_name": _TEXT,
    "host_catalog": _TEXT,
    "host_sep": _F32,
    "host_radii": _F32,
    "host_kpc": _F32,
    "host_z": _F64,
    "host_distance": _F64,
    "abs_mag": _F32,
}

CONTEXT = pa.schema(
    [
        ("searched", pa.list_(_TEXT)),
        *(
            (f"{kind}_{end}", kept)
            for kind, columns in NEAREST.items()
            for end, kept in [*((end, _TYPES.get(end, _TEXT)) for end in columns), ("sep", _F32)]
        ),
        *_HOST.items(),
    ]
)
"""What is found around an alert, row by row; separations in arcsec, `host_radii` in directional light radii of the host,
`host_kpc` its projected distance (kpc), `host_distance` a luminosity distance (Mpc), and `abs_mag` the magnitude of the alert at
that distance, without extinction and K correction."""


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``alert_context`` with the minor planet of its alert, as it travels: null where nothing was found.

    Parameters
    ----------
    row
        Its columns, and of the alert ``sso_name, sso_distance, sso_mag``.
    """
    found: dict[str, Any] = {
        kind: None
        if row[f"{kind}_sep"] is None
        else {**{theirs: row[f"{kind}_{end}"] for end, theirs in columns.items()}, "separation": row[f"{kind}_sep"]}
        for kind, columns in NEAREST.items()
    }
    host = {
        "name": row["host_name"],
        "catalog": row["host_catalog"],
        "separation": row["host_sep"],
        "radii": row["host_radii"],
        "offset_kpc": row["host_kpc"],
        "redshift": row["host_z"],
        "distance": row["host_distance"],
        "abs_mag": row["abs_mag"],
    }
    planet = {"name": row["sso_name"], "separation": row["sso_distance"], "mag": row["sso_mag"]}
    return {
        **found,
        "host": None if row["host_sep"] is None else host,
        "minor_planet": None if row["sso_name"] is None else planet,
        "searched": row["searched"],
        "version": row["version"],
        "known_at": None if row["known_at"] is None else iso(row["known_at"]),
    }
