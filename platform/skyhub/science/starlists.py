"""Lists of targets and offset stars in the forms that telescopes read.

References
----------
.. [1] W. M. Keck Observatory, Starlist file format: https://www2.keck.hawaii.edu/inst/common/starlist.html
.. [2] Lick Observatory, Shane telescope, coordinates files: https://mthamilton.ucolick.org/techdocs/telescopes/Shane/coords/
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from skyhub.errors import InvalidInput
from skyhub.science.coordinates import sexagesimal

__all__ = ["FORMATS", "StarlistEntry", "StarlistFormat", "starlist"]

StarlistFormat = Literal["keck", "p200", "p200-ngps", "shane"]
FORMATS: tuple[StarlistFormat, ...] = get_args(StarlistFormat)
"""Keck; Palomar 200-inch; its Next Generation Palomar Spectrograph; the Shane 3 m of Lick."""

_SHANE_HEAD = "!Data {name %16} ra_h ra_m ra_s dec_d dec_m dec_s equinox keyval {comment *}"
_NGPS_HEAD = (
    "NAME", "RA", "DECL", "OFFSET_RA", "OFFSET_DEC", "COMMENT", "PRIORITY", "BINSPAT", "BINSPECT", "SLITANGLE",
    "SLITWIDTH", "AIRMASS_MAX", "WRANGE_LOW", "WRANGE_HIGH", "CHANNEL", "MAGNITUDE", "MAGFILTER", "EXPTIME", "NEXP",
)  # fmt: skip
_NGPS_EXPOSURE = {
    "BINSPAT": "2", "BINSPECT": "3", "SLITANGLE": "PA", "SLITWIDTH": "1.5", "AIRMASS_MAX": "2.5", "WRANGE_LOW": "650",
    "WRANGE_HIGH": "680", "CHANNEL": "R", "MAGFILTER": "R", "EXPTIME": "SNR 5", "NEXP": "1",
}  # fmt: skip
_NGPS_FAINT = 18.5
_NAME_LENGTHS: dict[StarlistFormat, int] = {"keck": 15, "p200": 18, "p200-ngps": 18, "shane": 15}
_STRANGE = re.compile(r"[^\w.+\-]+", re.ASCII)


@dataclass(frozen=True)
class StarlistEntry:
    """A line of a starlist: a target, or a star to offset from.

    Parameters
    ----------
    name
        Its name; the formats permit 15 to 18 characters.
    suffix
        What the name ends with, also where it is cut.
    ra, dec
        Where it is (ICRS, deg).
    mag
        Its brightness, if it is known.
    offset
        From a star: how far the telescope then moves to the target, east and north (arcsec on the sky).
    comment
        What else there is to say.
    priority
        Of a target, 1 to 5, if it has one.
    """

    name: str
    ra: float
    dec: float
    mag: float | None = None
    offset: tuple[float, float] | None = None
    comment: str = ""
    priority: int | None = None
    suffix: str = ""


def starlist(entries: Sequence[StarlistEntry], format: StarlistFormat) -> str:
    """The text of a starlist, ending with a new line.

    Names are cut to what the format permits, and made unique by a number where they were cut to the same.

    Raises
    ------
    InvalidInput
        If there is no such format.

    Examples
    --------
    >>> print(starlist([StarlistEntry("ZTF26abc", 10.0, 20.0, 18.2)], "keck"), end="")
    ZTF26abc        00 40 00.000 +20 00 00.00 2000.0 vmag=18.20
    """
    if format not in FORMATS:
        raise InvalidInput(f"the format is {format!r}: {', '.join(FORMATS)} are permitted.", "format")
    names = _names(entries, _NAME_LENGTHS[format])
    if format == "p200-ngps":
        return _ngps(entries, names)
    line = {"keck": _keck, "shane": _shane, "p200": _palomar}[format]
    head = [_SHANE_HEAD] if format == "shane" else []
    return "".join(f"{text}\n" for text in [*head, *map(line, entries, names)])


def _keck(entry: StarlistEntry, name: str) -> str:
    keys = [] if entry.mag is None else [f"vmag={entry.mag:.2f}"]
    return " ".join([f"{name:15}", _spaced(entry), "2000.0", *_offset_keys(entry), *keys, *_remark(entry, "#")])


def _shane(entry: StarlistEntry, name: str) -> str:
    return " ".join([f"{name:15}", _spaced(entry), "2000.0", *_offset_keys(entry), *_remark(entry, "#")])


def _palomar(entry: StarlistEntry, name: str) -> str:
    """Its telescope takes no offsets from a list: they are in the remark."""
    ra, dec = _sixty(entry)
    told = [] if entry.offset is None else [f"offset {entry.offset[0]:.2f} E {entry.offset[1]:.2f} N arcsec"]
    told += [] if entry.mag is None else [f"mag {entry.mag:.2f}"]
    remark = ", ".join([*told, *([entry.comment] if entry.comment else [])])
    return f"{name:18} {ra} {dec} 2000.0" + (f" ! {remark}" if remark else "")


def _ngps(entries: Sequence[StarlistEntry], names: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, _NGPS_HEAD, restval="", lineterminator="\n")
    writer.writeheader()
    for entry, name in zip(entries, names, strict=True):
        ra, dec = _sixty(entry)
        row = {"NAME": name, "RA": ra, "DECL": dec, "COMMENT": entry.comment, **_NGPS_EXPOSURE}
        row["MAGNITUDE"] = f"{_NGPS_FAINT if entry.mag is None else entry.mag:.2f}"
        if entry.offset is not None:
            row |= {"OFFSET_RA": f"{entry.offset[0]:.2f}", "OFFSET_DEC": f"{entry.offset[1]:.2f}"}
        if entry.priority is not None:
            row["PRIORITY"] = str(entry.priority)
        writer.writerow(row)
    return out.getvalue()


def _offset_keys(entry: StarlistEntry) -> list[str]:
    if entry.offset is None:
        return []
    return [f"raoffset={entry.offset[0]:.2f}", f"decoffset={entry.offset[1]:.2f}"]


def _remark(entry: StarlistEntry, mark: str) -> list[str]:
    return [f"{mark} {entry.comment}"] if entry.comment else []


def _spaced(entry: StarlistEntry) -> str:
    return " ".join(_sixty(entry)).replace(":", " ")


def _sixty(entry: StarlistEntry) -> tuple[str, str]:
    ra, dec = sexagesimal(entry.ra, entry.dec)
    return ra, dec


def _names(entries: Sequence[StarlistEntry], length: int) -> list[str]:
    found: list[str] = []
    for entry in entries:
        name, number = _name(entry, "", length), 1
        while name in found:
            number += 1
            name = _name(entry, f"_{number}", length)
        found.append(name)
    return found


def _name(entry: StarlistEntry, number: str, length: int) -> str:
    end = entry.suffix + number
    return _STRANGE.sub("_", entry.name)[: length - len(end)] + end
