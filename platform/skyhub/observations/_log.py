"""Logs of telescopes as tables of observations: columns by the names that surveys give them, each row checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.facilities import bandpasses
from skyhub.photometry import mjd_of
from skyhub.science.coordinates import parse_position

__all__ = ["COLUMNS", "LOG", "Grid", "observations_of_log"]

NAMES: dict[str, tuple[str, ...]] = {
    "exposure_id": ("observationid", "exposureid", "expid", "visitid", "obsid", "visit"),
    "field_id": ("fieldid", "field", "fieldname", "tileid", "tile"),
    "ra": ("ra", "radeg", "raj2000", "rightascension", "fieldra"),
    "dec": ("dec", "decl", "decdeg", "dej2000", "decj2000", "declination", "fielddec"),
    "position_angle": ("positionangle", "posangle", "rotskypos", "pa"),
    "mjd": (
        "mjd", "jd", "obstime", "obsjd", "obsmjd", "observationstartmjd", "expmjd", "mjdobs", "time", "isot", "datetime",
        "dateobs", "utc", "start", "starttime", "starttimeutc", "date",
    ),
    "filter": ("filter", "band", "filt", "filtername", "bandpass", "fid", "filterid"),
    "exposure_s": ("exposures", "exposuretime", "exptime", "exposure", "visitexposuretime", "exptimes"),
    "seeing": ("seeing", "fwhm", "seeingfwhmeff", "iq"),
    "limiting_magnitude": (
        "limitingmagnitude", "limmag", "maglim", "maglimit", "limitingmag", "depth", "fivesigmadepth", "diffmaglim", "m5",
        "lim",
    ),
    "airmass": ("airmass", "secz"),
    "processed_fraction": ("processedfraction",),
    "target_name": ("targetname", "target", "object", "objectname"),
}  # fmt: skip
"""Our names of columns, and theirs in lower case without punctuation; the first that is found is taken."""

LOG = pa.schema(
    [
        pa.field("exposure_id", pa.string()),
        pa.field("field_id", pa.int64()),
        pa.field("ra", pa.float64(), nullable=False),
        pa.field("dec", pa.float64(), nullable=False),
        pa.field("position_angle", pa.float64()),
        pa.field("mjd", pa.float64(), nullable=False),
        pa.field("filter", pa.string()),
        pa.field("exposure_s", pa.float64()),
        pa.field("seeing", pa.float64()),
        pa.field("limiting_magnitude", pa.float64()),
        pa.field("airmass", pa.float64()),
        pa.field("processed_fraction", pa.float64()),
        pa.field("target_name", pa.string()),
    ]
)
"""Columns of observations as they are stored; angles in deg, MJD in UTC, seeing in arcsec, limits in AB mag at 5 sigma."""

COLUMNS = LOG.names

_RANGES: dict[str, tuple[float, float]] = {
    "ra": (0, 360),
    "dec": (-90, 90),
    "position_angle": (-360, 360),
    "mjd": (15_000, 120_000),
    "exposure_s": (0, 86_400),
    "seeing": (0, 60),
    "limiting_magnitude": (0, 40),
    "airmass": (1, 40),
    "processed_fraction": (0, 1),
}
_OF_ZTF = {"1": "g", "2": "r", "3": "i"}


class Grid(NamedTuple):
    """What is known of the instrument of a log."""

    instrument: str
    filters: list[str]
    field_ids: NDArray[np.int64]
    names: list[str | None]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]

    @property
    def places(self) -> Mapping[str, int]:
        """The place of each field by its number and its name."""
        named = {name: place for place, name in enumerate(self.names) if name}
        return named | {str(number): place for place, number in enumerate(self.field_ids.tolist())}


def observations_of_log(table: pa.Table, grid: Grid) -> pa.Table:
    """The observations of a log, with the columns of `LOG`, in its order.

    Rows of one exposure (the same time, pointing and filter), such as those of its detectors, become one with the medians of
    their numbers.

    Parameters
    ----------
    table
        A row an exposure: the time (MJD, JD, ISO in UTC), and the field or where the telescope pointed (ICRS); the names of
        columns may be any of `NAMES`.
    grid
        The instrument's filters and fields.

    Raises
    ------
    InvalidInput
        If a column is missing or a row cannot be used, naming the first.
    """
    names = _recognised(table.column_names)
    columns: dict[str, Any] = {name: _numbers(table, names, name) for name in _RANGES if name not in ("ra", "dec")}
    fields, places = _fields(table, names, grid)
    columns |= dict(zip(("ra", "dec"), _pointings(table, names, grid, places), strict=True))
    _check(columns, table, names)
    columns["field_id"] = fields
    columns["filter"] = _filters(table, names, grid)
    for name in ("exposure_id", "target_name"):
        columns[name] = _texts(table, names, name)
    whole = pa.table({name: pa.array(columns[name], LOG.field(name).type, from_pandas=True) for name in COLUMNS})
    return _one_each(whole)


def _recognised(given: list[str]) -> dict[str, str]:
    plain: dict[str, str] = {}
    for name in given:
        plain.setdefault(re.sub(r"[^a-z0-9]+", "", re.sub(r"[\[(].*?[\])]", "", name.lower())), name)
    found = {ours: next((plain[n] for n in theirs if n in plain), "") for ours, theirs in NAMES.items()}
    found = {ours: name for ours, name in found.items() if name}
    listed = ", ".join(given[:12])
    if "mjd" not in found:
        raise InvalidInput(f"no column is a time: mjd, jd or obstime is permitted, not {listed}.", "mjd")
    if "field_id" not in found and not {"ra", "dec"} <= found.keys():
        raise InvalidInput(f"no column says where: field_id, or ra and dec, are needed, not {listed}.", "field_id")
    return found


def _texts(table: pa.Table, names: Mapping[str, str], name: str) -> list[str | None]:
    """A column as text; None where it is empty, and whole numbers without decimals."""
    if name not in names:
        return [None] * len(table)
    values = table[names[name]].to_pylist()
    whole = (str(int(v)) if isinstance(v, float) and v.is_integer() else v for v in values)
    return [None if v is None or v != v else str(v).strip() or None for v in whole]


def _numbers(table: pa.Table, names: Mapping[str, str], name: str) -> NDArray[np.float64]:
    """A column of numbers, or of times; NaN where it is empty."""
    if name not in names:
        return np.full(len(table), np.nan)
    column = table[names[name]].combine_chunks()
    if name == "mjd":
        return mjd_of(column)
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)
    except pa.ArrowException:
        _refuse_first(column, names[name], lambda text: float(text), "a number")


def _refuse_first(column: pa.Array, name: str, reads: Callable[[str], Any], what: str) -> NoReturn:
    for row, value in enumerate(column.to_pylist(), start=1):
        try:
            reads(str(value or 0))
        except ValueError:
            raise _fault(row, f"{name} is {value!r}: {what} is needed") from None
    raise InvalidInput(f"the column {name} has no numbers.", name)


def _fault(row: int, reason: str) -> InvalidInput:
    return InvalidInput(f"row {row}: {reason}. Nothing was stored.", f"row {row}")


def _fields(table: pa.Table, names: Mapping[str, str], grid: Grid) -> tuple[list[int | None], list[int | None]]:
    """The number of each row's field, and its place in the grid; None where there is none."""
    known, numbers, places = grid.places, [], []
    has_position = {"ra", "dec"} <= names.keys()
    for row, text in enumerate(_texts(table, names, "field_id"), start=1):
        place = None if text is None else known.get(text, known.get(text.lstrip("0")))
        if place is None and not has_position:
            fields = (
                f"its grid has {len(known)} fields" if len(grid.field_ids) else "no fields of it are known: store them"
            )
            raise _fault(
                row, f"{grid.instrument} has no field {text}; {fields} (skyhub ingest fields), or give ra and dec"
            )
        numbers.append(int(grid.field_ids[place]) if place is not None else _whole(text))
        places.append(place)
    return numbers, places


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and int(text) < 2**63 else None


def _pointings(
    table: pa.Table, names: Mapping[str, str], grid: Grid, places: list[int | None]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the telescope pointed: as the row says, else the centre of its field."""
    if not {"ra", "dec"} <= names.keys():
        at = np.array(places, dtype=np.int64)
        return grid.ra[at], grid.dec[at]
    kinds = [table.schema.field(names[name]).type for name in ("ra", "dec")]
    if not all(pa.types.is_floating(kind) or pa.types.is_integer(kind) for kind in kinds):
        ra, dec = _sexagesimal(table, names)
    else:
        ra, dec = _numbers(table, names, "ra"), _numbers(table, names, "dec")
    for row, place in enumerate(places):
        if place is not None and not (np.isfinite(ra[row]) and np.isfinite(dec[row])):
            ra[row], dec[row] = grid.ra[place], grid.dec[place]
    return ra, dec


def _sexagesimal(table: pa.Table, names: Mapping[str, str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = np.full((2, len(table)), np.nan)
    texts = zip(_texts(table, names, "ra"), _texts(table, names, "dec"), strict=True)
    for row, (ra, dec) in enumerate(texts):
        if ra is None or dec is None:
            continue
        try:
            position = parse_position(f"{ra} {dec}")
        except InvalidInput as error:
            raise _fault(row + 1, error.message.rstrip(".")) from error
        if position is None:
            raise _fault(row + 1, f"{ra} {dec} is no position")
        found[:, row] = position
    return found[0], found[1]


def _check(columns: Mapping[str, NDArray[np.float64]], table: pa.Table, names: Mapping[str, str]) -> None:
    """Refuse the first row with a number that cannot be."""
    faults: list[tuple[int, str]] = []
    for name, (low, high) in _RANGES.items():
        values = columns[name]
        needed = name in ("ra", "dec", "mjd")
        wrong = ~((values >= low) & (values <= high)) & (needed | ~np.isnan(values))
        if name in ("exposure_s", "limiting_magnitude", "seeing"):
            wrong |= values == 0
        if wrong.any():
            row = int(np.argmax(wrong))
            given = table[names[name]][row].as_py() if name in names else None
            faults.append(
                (row + 1, f"{names.get(name, name)} is {given!r}: {name} from {low:g} to {high:g} is permitted")
            )
    if faults:
        raise _fault(*min(faults))


def _filters(table: pa.Table, names: Mapping[str, str], grid: Grid) -> list[str | None]:
    """The instrument's names of the filters; None where none is told."""
    texts = _texts(table, names, "filter")
    numbered = names.get("filter", "").lower() in ("fid", "filterid", "filter_id")
    known: dict[str, str] = {}
    for row, text in enumerate(texts, start=1):
        if text is None or text in known:
            continue
        asked = _OF_ZTF.get(text, text) if numbered else text
        try:
            known[text] = bandpasses(grid.instrument, grid.filters, [asked])[asked]
        except InvalidInput as error:
            raise _fault(row, error.message.rstrip(".")) from error
    return [None if text is None else known[text] for text in texts]


def _one_each(table: pa.Table) -> pa.Table:
    """One row for each exposure."""
    at = [
        np.round(table["mjd"].to_numpy() * 86_400_000),
        np.round(table["ra"].to_numpy(), 2),
        np.round(table["dec"].to_numpy(), 2),
    ]
    keys = {"t": at[0], "a": at[1], "d": at[2], "filter": pc.fill_null(table["filter"], "")}
    groups = pa.table(keys).append_column("row", pa.array(np.arange(len(table)))).group_by([*keys], use_threads=False)
    members = groups.aggregate([("row", "list")])["row_list"].to_pylist()
    if len(members) == len(table):
        return table
    first = table.take([rows[0] for rows in members])
    for name in ("seeing", "limiting_magnitude", "airmass", "processed_fraction"):
        values = table[name].to_numpy()
        with np.errstate(all="ignore"):
            medians = [
                float(np.median(v)) if len(v := values[rows][~np.isnan(values[rows])]) else None for rows in members
            ]
        first = first.set_column(first.schema.get_field_index(name), name, pa.array(medians, pa.float64()))
    return first
