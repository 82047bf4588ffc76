"""Classic notices as text, ``KEY: value`` line by line, as packets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from skyhub.errors import InvalidInput
from skyhub.notices._lvk import GRACE_ID
from skyhub.notices._packet import Packet, Param
from skyhub.notices._types import NOTICE_TYPES_OF_TEXT
from skyhub.notices._values import word

__all__ = ["is_text_notice", "packet_of_text"]

_LARGEST_TEXT = 200_000
_LINE = re.compile(r"([A-Za-z0-9_#]+):\s*(.*)")
_TJD_0 = datetime(1968, 5, 24)
"""Day 0 of truncated Julian days."""
_LONGEST_DAY = 6
_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_DAYS = ("GRB_DATE", "TRIGGER_DATE", "EVENT_DATE", "DISCOVERY_DATE", "TRANS_DATE", "SRC_DATE", "SLEW_DATE", "OBS_DATE")
_ERRORS = ("GRB_ERROR", "SRC_ERROR", "CNTRPART_ERROR", "EVENT_ERROR", "TRANS_ERROR")
_POSITIONS = ("GRB", "SRC", "CNTRPART", "EVENT", "TRANS")
_UNITS = {"deg": 1.0, "arcmin": 1 / 60, "arcsec": 1 / 3600}
_NAMES = {
    "TRIGGER_NUM": "TrigID", "RUN_NUM": "run_id", "EVENT_NUM": "event_id", "RECORD_NUM": "Sequence_Num",
    "SIGNALNESS": "signalness", "ENERGY": "energy", "REVISION": "Rev", "TRIGGER_SIGNIF": "Trig_Signif",
    "TRIGGER_DUR": "Trig_Dur", "DATA_SIGNIF": "Data_Signif", "GRB_INTEN": "Burst_Inten", "HARD_RATIO": "Hardness_Ratio",
    "LC_URL": "LightCurve_URL", "SKYMAP_FITS_URL": "skymap_fits", "EVENTPAGE_URL": "EventPage", "TELESCOPE": "Telescope",
}  # fmt: skip
"""What VOEvents call the same."""
_CLASSES = {
    "PROB_BNS": "BNS",
    "PROB_NSBH": "NSBH",
    "PROB_BBH": "BBH",
    "PROB_MassGap": "MassGap",
    "PROB_TERRES": "Terrestrial",
}
_SOURCE = {"PROB_NS": "HasNS", "PROB_REMNANT": "HasRemnant"}
_COUNTERPART = 154
_DETECTORS = {"LIGO-Hanford": "H1", "LIGO-Livingston": "L1", "VIRGO": "V1", "KAGRA": "K1"}


def is_text_notice(content: bytes) -> bool:
    """Whether bytes look like a classic notice as text."""
    return b"NOTICE_TYPE:" in content[:4096]


def packet_of_text(content: bytes) -> Packet:
    """The packet of a text notice.

    Raises
    ------
    InvalidInput
        If it is too long, or names no type or no time.
    """
    if len(content) > _LARGEST_TEXT:
        raise InvalidInput(f"the text has {len(content)} bytes: at most {_LARGEST_TEXT} are taken.", "content")
    lines = content.decode("utf-8", "replace").splitlines()
    fields: dict[str, str] = {}
    comments = []
    for line in lines:
        if (found := _LINE.match(line)) and found[1] == "COMMENTS":
            comments.append(found[2])
        elif found:
            fields.setdefault(found[1], found[2].strip())
    kind = fields.get("NOTICE_TYPE", "").strip()
    if not kind:
        raise InvalidInput("the text has no NOTICE_TYPE: it is no notice.", "NOTICE_TYPE")
    ra, dec = _position(fields)
    return Packet(
        form="text",
        identifier=_identifier(fields, kind),
        role=_role(kind),
        params=tuple(_params(fields, kind, comments)),
        time=_time(fields),
        ra=ra,
        dec=dec,
        radius=_radius(fields),
        issued_at=_issued(fields),
    )


def _identifier(fields: dict[str, str], kind: str) -> str:
    """A name in the form of an IVORN, so that mission and type are found as in VOEvents."""
    title = fields.get("TITLE", "").removeprefix("GCN/").removesuffix(" NOTICE").strip() or "GCN"
    mission = re.sub(r"[^A-Za-z0-9_-]+", "_", title)
    what = re.sub(r"[^A-Za-z0-9_-]+", "_", kind.removeprefix(f"{title} "))
    number = fields.get("TRIGGER_NUM") or fields.get("EVENT_NUM") or fields.get("TGT_NUM") or ""
    written = re.sub(r"[^A-Za-z0-9]+", "_", fields.get("NOTICE_DATE", ""))
    return f"ivo://nasa.gsfc.gcn/{mission}#{what}_text_{word(number) or ''}_{written}"[:300]


def _role(kind: str) -> str:
    if "test" in kind.lower():
        return "test"
    return "utility" if "pointing" in kind.lower() or "slew" in kind.lower() else "observation"


def _params(fields: dict[str, str], kind: str, comments: list[str]) -> Iterator[Param]:
    number = (
        _COUNTERPART
        if "COUNTERPART" in fields.get("TITLE", "")
        else NOTICE_TYPES_OF_TEXT.get(" ".join(kind.lower().split()))
    )
    if number is not None:
        yield Param("", "Packet_Type", str(number), "")
    for key, value in fields.items():
        if key in _NAMES:
            yield Param("", _NAMES[key], _leading(value), "")
        elif key in _CLASSES:
            yield Param("Classification", _CLASSES[key], _leading(value), "")
        elif key in _SOURCE:
            yield Param("Properties", _SOURCE[key], _leading(value), "")
    if "FAR" in fields:
        yield Param("", "FAR", _leading(fields["FAR"]), "yr^-1" if "yr" in fields["FAR"][:24] else "Hz")
    if "90%" in fields.get("SRC_ERROR", "") and (radius := _radius(fields)):
        yield Param("", "src_error_90", radius, "deg")
    name = fields.get("TRIGGER_NUM", "")
    if GRACE_ID.fullmatch(name):
        yield from _of_gravitational_waves(fields, name, kind, comments)


def _of_gravitational_waves(fields: dict[str, str], name: str, kind: str, comments: list[str]) -> Iterator[Param]:
    yield Param("", "GraceID", name, "")
    yield Param("", "AlertType", kind.removeprefix("LVC").replace("Skymap", ""), "")
    for key, param in (("GROUP_TYPE", "Group"), ("SEARCH_TYPE", "Search"), ("PIPELINE_TYPE", "Pipeline")):
        yield Param("", param, fields.get(key, "").partition("=")[2].strip(), "")
    detectors = [short for long, short in _DETECTORS.items() if any(c.startswith(long) for c in comments)]
    yield Param("", "Instruments", ",".join(detectors), "")


def _leading(value: str) -> str:
    """The number that a value begins with; without one, the value."""
    found = re.match(rf"({_NUMBER})(?=$|[\s,%d])", value)
    return found[1] if found else value


def _time(fields: dict[str, str]) -> str | None:
    for key in _DAYS:
        day = re.match(r"(\d+) TJD", fields.get(key, ""))
        clock = re.search(r"SOD\s+\{(\d\d):(\d\d):(\d\d(?:\.\d+)?)\}", fields.get(key.replace("DATE", "TIME"), ""))
        if day and clock and len(day[1]) <= _LONGEST_DAY:
            hours, minutes, seconds = int(clock[1]), int(clock[2]), float(clock[3])
            time = timedelta(days=int(day[1]), hours=hours, minutes=minutes, seconds=seconds)
            return (_TJD_0 + time).isoformat()
    return None


def _issued(fields: dict[str, str]) -> str | None:
    given = fields.get("NOTICE_DATE", "").removesuffix(" UT").strip()
    try:
        return datetime.strptime(given, "%a %d %b %y %H:%M:%S").isoformat()
    except ValueError:
        return None


def _position(fields: dict[str, str]) -> tuple[str | None, str | None]:
    for stem in _POSITIONS:
        values = [re.match(rf"({_NUMBER})d", fields.get(f"{stem}_{axis}", "")) for axis in ("RA", "DEC")]
        if values[0] and values[1]:
            return values[0][1], values[1][1]
    return None, None


def _radius(fields: dict[str, str]) -> str | None:
    for key in _ERRORS:
        found = re.match(rf"({_NUMBER})\s*\[(deg|arcmin|arcsec)", fields.get(key, ""))
        if found:
            return repr(float(found[1]) * _UNITS[found[2]])
    return None
