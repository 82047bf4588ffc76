"""Notices of GCN's classic missions, and of others who publish VOEvents, from their packets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from skyhub.errors import InvalidInput
from skyhub.notices._lvk import is_lvk, lvk_of_packet
from skyhub.notices._missions import MISSIONS, Mission, mission_of
from skyhub.notices._notice import Localization, MapLink, Notice, Property, Role
from skyhub.notices._packet import Packet, Param
from skyhub.notices._rates import rate_tags
from skyhub.notices._tags import tags_of_packet
from skyhub.notices._types import NOTICE_TYPES
from skyhub.notices._values import YEAR, flag, link, moment, number, properties_of, unique
from skyhub.science.sky_shapes import Annulus, Cone, SkyShape

__all__ = ["notice_of_packet"]

_STREAM = re.compile(r"ivo://([^/#]+)/?([^#]*)#?(.*)", re.DOTALL)
_BURST_NAME = re.compile(r"\bbn\d{9}\b")
_NO_TRIGGERS = {"0", "-1", "99999", "099999", "599999"}
"""Numbers that stand for none, or for a trial."""
_ROLES: dict[str, Role] = {
    "observation": "observation",
    "prediction": "observation",
    "test": "test",
    "utility": "utility",
}
_NO_PROPERTIES = {"Packet_Type", "Pkt_Ser_Num", "TrigID", "AMON_ID", "Trigger_Number", "Coords_Type", "Sequence_Num"}
_GROUPS_OF_HOUSEKEEPING = {
    "Obs_Support_Info", "Misc_Flags", "Misc_flags", "Misc", "Solution_Status", "Trigger_ID", "Merit_Values", "Test_mpos",
    "Satellite_Info", "Subscribe", "Publish",
}  # fmt: skip
_NOT_OF_SOURCES = {"unavailable/inappropriate", "pointing_direction"}
_INTEGRAL_NUMBERS = 0xFFFF
_IN_DEGREES = {"deg": 1.0, "arcmin": 1 / 60, "arcsec": 1 / 3600}
_FULL_CIRCLE = 180.0


def notice_of_packet(packet: Packet) -> Notice:
    """The notice of a packet.

    Raises
    ------
    InvalidInput
        If it has no time, or a value cannot be used.
    """
    if is_lvk(packet):
        return lvk_of_packet(packet)
    _, path, fragment = _stream(packet.identifier or "")
    notice_type = _notice_type(packet, path, fragment)
    mission = _mission(path, notice_type)
    time = moment(packet.time, "ISOTime")
    if time is None:
        raise InvalidInput("the notice has no time: WhereWhen needs an ISOTime.", "ISOTime")
    properties = _properties(packet, mission)
    role = _role(packet)
    return Notice(
        form=packet.form,
        notice_type=notice_type,
        role=role,
        mission=mission.name,
        time=time,
        identifier=packet.identifier,
        issued_at=moment(packet.issued_at, "Date"),
        aliases=_aliases(packet, mission, notice_type, time, fragment),
        supersedes=tuple(ivorn for cite, ivorn in packet.citations if cite in ("supersedes", "retraction") and ivorn),
        tags=unique([*_tags(packet, mission, notice_type, role), *rate_tags(properties.get("FAR"))]),
        properties=properties,
        position=_position(packet),
        localizations=tuple(_localizations(packet, mission, notice_type)),
        retraction=_retracts(packet),
    )


def _stream(ivorn: str) -> tuple[str, str, str]:
    found = _STREAM.match(ivorn)
    return (found[1], found[2], found[3]) if found else ("", "", "")


def _notice_type(packet: Packet, path: str, fragment: str) -> str:
    kind = packet.number("Packet_Type")
    if kind is not None and kind in NOTICE_TYPES:
        return NOTICE_TYPES[int(kind)]
    if path.lower() == "fsc":
        return "SVOM_" + re.sub(r"[^A-Z]+", "_", fragment.partition("_")[2].upper())
    what = re.split(r"[_#]?\d", fragment, maxsplit=1)[0].strip("_-")
    return re.sub(r"[^A-Z0-9]+", "_", f"{path} {what}".upper()).strip("_") or "OTHER"


def _mission(path: str, notice_type: str) -> Mission:
    if notice_type.startswith(("ICECUBE_", "AMON_ICECUBE_")):
        return MISSIONS["icecube"]
    if notice_type == "HAWC_BURST_MONITOR":
        return MISSIONS["hawc"]
    first = notice_type.split("_")[0].lower()
    return MISSIONS.get(path.lower()) or MISSIONS.get(first) or mission_of(path.split("/")[-1] or first)


def _role(packet: Packet) -> Role:
    if packet.role not in _ROLES:
        raise InvalidInput(f"the role is {packet.role[:20]!r}: {', '.join(_ROLES)} are known.", "role")
    tried = flag(packet.text("Trigger_ID/Test", "Test_mpos/Test_Notice", "Trigger_ID/Test_Submission"))
    return "test" if tried and _ROLES[packet.role] == "observation" else _ROLES[packet.role]


def _tags(packet: Packet, mission: Mission, notice_type: str, role: Role) -> list[str | None]:
    if role == "utility":
        return [mission.name]
    return [*mission.tags, mission.name, *tags_of_packet(packet, mission.name, notice_type)]


def _retracts(packet: Packet) -> bool:
    said = packet.text("Trigger_ID/Retraction", "Trigger_ID/RetractFlag", "retraction", "Retraction")
    return flag(said) or any(cite == "retraction" for cite, _ in packet.citations)


def _aliases(packet: Packet, mission: Mission, notice_type: str, time: datetime, fragment: str) -> tuple[str, ...]:
    names: list[str | None] = [_trigger(packet, mission)]
    if packet.text("event_id") and mission.authority in ("ICECUBE", "HAWC"):
        names.append(_run_and_event(packet))
        names.append(packet.text("event_name"))
    if notice_type.startswith("FERMI_GBM") and notice_type != "FERMI_GBM_SUBTHRESH" and names[0]:
        names.insert(0, _burst_name(packet, time))
    if not any(names) and (not mission.triggers or mission not in MISSIONS.values()):
        names.append(fragment)
    return unique(f"{mission.authority}#{name}" for name in names if name)


def _trigger(packet: Packet, mission: Mission) -> str | None:
    given = packet.text(*mission.triggers)
    if given is None or given in _NO_TRIGGERS:
        return None
    if mission.authority == "INTEGRAL" and given.isdecimal():  # the upper bits count the notices of an event
        return str(int(given) & _INTEGRAL_NUMBERS) if int(given) & _INTEGRAL_NUMBERS else None
    return re.sub(r"v\d+$", "", given)


def _run_and_event(packet: Packet) -> str | None:
    run, event = packet.text("run_id"), packet.text("event_id")
    return None if event is None or event in _NO_TRIGGERS else f"{run or 0}_{event}"


def _burst_name(packet: Packet, time: datetime) -> str:
    """The name of a burst: of its light curve's address, or else by the day and its thousandths."""
    for param in packet.params:
        if found := _BURST_NAME.search(param.value):
            return found[0]
    fraction = (time - time.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() / 86400
    return f"bn{time:%y%m%d}{min(round(1000 * fraction), 999):03d}"


def _properties(packet: Packet, mission: Mission) -> dict[str, Property]:
    found = properties_of((p.name, p.value) for p in packet.params if _tells_of_the_event(p))
    if (rate := packet.number("FAR")) is not None:
        found["FAR"] = rate / YEAR if _is_yearly(packet, mission) else rate
    return found


def _is_yearly(packet: Packet, mission: Mission) -> bool:
    """Whether a false-alarm rate is per year: neutrino alerts say so, or are known for it."""
    unit = packet.unit("FAR").lower()
    return "yr" in unit or "year" in unit or (not unit and mission.authority in ("ICECUBE", "AMON", "HAWC"))


def _tells_of_the_event(param: Param) -> bool:
    if param.group in _GROUPS_OF_HOUSEKEEPING or param.name in _NO_PROPERTIES:
        return False
    return not (param.name.endswith(("_TJD", "_SOD")) or param.value.lower().startswith("0x"))


def _position(packet: Packet) -> tuple[float, float] | None:
    if packet.text("Coords_String") in _NOT_OF_SOURCES:
        return None
    ra, dec, radius = number(packet.ra, "C1"), number(packet.dec, "C2"), number(packet.radius, "Error2Radius")
    if ra is None or dec is None or (ra, dec, radius) in ((0, 0, 0), (-1, -1, -1)):
        return None
    if radius is not None and radius >= _FULL_CIRCLE:
        return None
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise InvalidInput(f"the position is ra {ra}, dec {dec}: 0 to 360 and -90 to 90 deg are permitted.", "C1")
    return ra, dec


def _localizations(packet: Packet, mission: Mission, notice_type: str) -> Iterator[Localization]:
    if url := link(packet.text("skymap_fits", "HealPix_URL")):
        yield Localization(url.rsplit("/", 1)[-1], MapLink(url))
    for shape in _shapes(packet, mission, notice_type):
        yield Localization(shape.name, shape)


def _shapes(packet: Packet, mission: Mission, notice_type: str) -> Iterable[SkyShape]:
    ring = packet.number("IPN_Radius"), packet.number("IPN_Width")
    position = _position(packet)
    if ring[0] is not None and ring[1] is not None and ring[0] > 0 and ring[1] > 0:
        centre = packet.number("IPN_RA_Center"), packet.number("IPN_Dec_Center")
        if centre[0] is not None and centre[1] is not None:
            return [Annulus(centre[0], centre[1], ring[0], ring[1], mission.level)]
    if position is None:
        return []
    radius, level = _radius(packet, mission, notice_type)
    return [Cone(*position, radius, level)] if 0 < radius < _FULL_CIRCLE else []


def _radius(packet: Packet, mission: Mission, notice_type: str) -> tuple[float, float]:
    """The error radius (deg), and the probability within it."""
    for level, names in ((0.9, ("src_error_90", "src_err_90")), (0.5, ("src_error_50", "src_err_50"))):
        stated = packet.number(*names)
        if stated:
            unit = next((unit for name in names if (unit := packet.unit(name).lower())), "deg")
            return stated * _IN_DEGREES.get(unit, 1.0), level
    if (stated := packet.number("Src_Error90")) is not None:
        return stated, 0.9
    level = 0.9 if notice_type.startswith("FERMI_LAT") else mission.level
    return number(packet.radius, "Error2Radius") or 0.0, level
