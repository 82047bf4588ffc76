"""Columns of the entries of catalogues: types, units, what is permitted, and what others call them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.catalogs._models import GALAXY_CATALOGS, REFERENCE_CATALOGS, SPATIAL_CATALOGS
from skyhub.records import Kind

__all__ = ["GALAXIES", "REFERENCE_ENTRIES", "SPATIAL_ENTRIES", "Column", "Entries"]


@dataclass(frozen=True)
class Column:
    """A column of entries.

    Parameters
    ----------
    name, type
        Its name and Arrow type.
    unit
        Its unit, as astropy writes it.
    aliases
        What others call it, in lower case.
    low, high
        The values that are permitted, the ends included.
    required
        Whether each entry needs one.
    """

    name: str
    type: pa.DataType
    unit: str = ""
    aliases: tuple[str, ...] = ()
    low: float = -np.inf
    high: float = np.inf
    required: bool = False


@dataclass(frozen=True)
class Entries:
    """The table of the entries of one kind of catalogue."""

    table: str
    id_column: str
    kind: Kind[Any]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns as they travel."""
        return pa.schema([pa.field(c.name, c.type) for c in self.columns])

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def faults(self, table: pa.Table) -> dict[int, str]:
        """What is wrong with rows that cannot be stored, by row number."""
        found: dict[int, str] = {}
        for column in self.columns:
            for row in np.flatnonzero(_outside(column, table[column.name])):
                value = table[column.name][int(row)].as_py()
                found.setdefault(int(row), _complaint(column, value))
        return found


def _outside(column: Column, values: pa.ChunkedArray) -> NDArray[np.bool_]:
    missing = values.is_null().to_numpy()
    wrong = missing & column.required
    if pa.types.is_floating(column.type):
        numbers = values.to_numpy()
        wrong = wrong | (~missing & ~((numbers >= column.low) & (numbers <= column.high)))
    elif column.required:
        wrong = wrong | pc.equal(pc.fill_null(values, ""), "").to_numpy()
    return np.asarray(wrong)


def _complaint(column: Column, value: Any) -> str:
    if value is None or value == "":
        return f"{column.name} is missing: every entry needs one."
    unit = f" {column.unit}" if column.unit else ""
    return f"{column.name} is {value:g}{unit}: {column.low:g} to {column.high:g} is permitted."


_F64, _F32 = pa.float64(), pa.float32()
_NAME = Column(
    "name", pa.string(), aliases=("name", "objname", "source_name", "galaxy", "object", "designation", "id"),
    required=True,
)  # fmt: skip
_RA = Column("ra", _F64, "deg", ("ra", "raj2000", "ra_deg", "_ra", "ra_j2000", "_raj2000"), 0, 360, True)
_DEC = Column(
    "dec", _F64, "deg", ("dec", "dej2000", "decj2000", "dec_deg", "decl", "declination", "de", "_de", "dec_j2000", "_dej2000"),
    -90, 90, True,
)  # fmt: skip


def _magnitude(name: str, *aliases: str) -> Column:
    return Column(name, _F32, "mag", (name, *aliases), -50, 60)


GALAXIES = Entries(
    "galaxies",
    "galaxy_id",
    GALAXY_CATALOGS,
    (
        _NAME,
        _RA,
        _DEC,
        Column("distance", _F64, "Mpc", ("distance", "distmpc", "dist_mpc", "dist", "d_l", "dl", "d"), 1e-9, 1e6),
        Column(
            "distance_error", _F64, "Mpc", ("distance_error", "distmpc_unc", "distmpc_error", "e_dist", "dist_err"), 0
        ),
        Column("redshift", _F64, "", ("redshift", "z", "z_helio", "zhelio", "z_cmb", "z_best"), -0.1, 20),
        Column("redshift_error", _F64, "", ("redshift_error", "z_unc", "z_err", "z_error", "e_z"), 0),
        _magnitude("mag_b", "magb", "bmag", "b_mag", "b", "bt", "btc"),
        _magnitude("mag_g", "gmag", "g"),
        _magnitude("mag_r", "rmag", "r"),
        _magnitude("mag_i", "imag", "i"),
        _magnitude("mag_k", "magk", "kmag", "k_mag", "ks", "k", "k_m_k20fe"),
        Column("log_mass", _F32, "dex(solMass)", ("log_mass", "logmass", "logm", "logmstar", "log_mstar"), -10, 16),
        Column("sfr", _F32, "solMass / yr", ("sfr", "sfr_fuv", "sfr_w4", "sfr_hybrid"), -1e-3, 1e5),
        Column("major_diameter", _F32, "arcmin", ("major_diameter", "a", "d25", "maj_diam_a"), 0, 1e4),
        Column("axis_ratio", _F32, "", ("axis_ratio", "b2a", "b_a", "ba"), 0, 1),
        Column("position_angle", _F32, "deg", ("position_angle", "pa", "phi"), -360, 360),
        Column("other_name", pa.string(), aliases=("other_name", "pgc", "pgc_name", "hyperleda", "2mass", "gwgc")),
    ),
)
"""Galaxies: distance is the luminosity distance; axes and angle are those of the disc, from north to east."""

SPATIAL_ENTRIES = Entries(
    "spatial_entries",
    "spatial_entry_id",
    SPATIAL_CATALOGS,
    (
        _NAME,
        _RA,
        _DEC,
        Column(
            "amaj", _F64, "deg", ("amaj", "semimajor", "conf_95_semimajor", "radius", "error_radius"), 1e-9, 60, True
        ),
        Column(
            "amin", _F64, "deg", ("amin", "semiminor", "conf_95_semiminor", "radius", "error_radius"), 1e-9, 60, True
        ),
        Column("phi", _F64, "deg", ("phi", "pa", "conf_95_posang", "position_angle"), -360, 360),
        Column("data", pa.string()),
    ),
)
"""Ellipses by their semi-axes and the position angle of the longer one, from north to east; a cone has equal axes."""

REFERENCE_ENTRIES = Entries(
    "reference_entries",
    "reference_entry_id",
    REFERENCE_CATALOGS,
    (
        replace(_NAME, aliases=("fullname", *_NAME.aliases, "objid", "source_id")),
        replace(_RA, aliases=("ra_counterpart", *_RA.aliases)),
        replace(_DEC, aliases=("dec_counterpart", *_DEC.aliases)),
        Column("class", pa.string(), aliases=("class", "type", "obj. type", "obj_type", "var_type", "vartype")),
        Column("redshift", _F64, "", ("redshift", "z", "z_best"), -0.1, 20),
        _magnitude(
            "mag", "discoverymag", "discovery mag/flux", "gmag", "phot_g_mean_mag", "rmag", "vmag", "mag_r", "mag_g"
        ),
        Column("period", _F64, "d", ("period", "per", "p"), 0, 1e6),
        Column("discovered_at", pa.timestamp("us"), aliases=("discovered_at", "discoverydate", "discovery date (ut)")),
        Column("reporter", pa.string(), aliases=("reporter", "reporting_group", "reporting group/s")),
        Column("other_name", pa.string(), aliases=("other_name", "internal_names", "disc. internal name")),
        Column("pm_ra", _F64, "mas / yr", ("pm_ra", "pmra"), -1e5, 1e5),
        Column("pm_dec", _F64, "mas / yr", ("pm_dec", "pmdec", "pmde"), -1e5, 1e5),
        Column("epoch", _F64, "yr", ("epoch", "ref_epoch"), 1800, 2200),
    ),
)
"""Known objects: transients of the TNS, stars, active nuclei and variables; discovered_at in UTC, pm_ra with cos(dec)."""
