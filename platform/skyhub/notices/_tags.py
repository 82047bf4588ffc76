"""Words about an event that classic notices state by flags and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from skyhub.notices._packet import Packet
from skyhub.notices._values import flag

__all__ = ["tags_of_packet"]

_GBM_CLASSES = {
    1: "Unreliable location", 2: "Particles", 3: "Below horizon", 4: "GRB", 5: "SGR", 6: "Transient", 7: "Particles",
    8: "Solar flare", 9: "Cyg X-1", 10: "SGR 1806-20", 11: "GRO J0422+32",
}  # fmt: skip
"""Most likely classes by GBM's flight software."""
_OF_BURSTS = (
    "SWIFT_BAT_GRB", "SWIFT_XRT", "SWIFT_UVOT", "SWIFT_BAT_TRANS", "SWIFT_BAT_QL", "FERMI_GBM_GND_POS",
    "FERMI_GBM_FIN_POS", "FERMI_GBM_SUBTHRESH", "FERMI_LAT_POS", "FERMI_LAT_OFFLINE", "FERMI_LAT_GND", "AGILE_GRB",
)  # fmt: skip
_GECAM_CLASSES = {"GRB": "GRB", "SFLARE": "Solar flare", "KNOWN_SOURCE": "Known source", "SGR": "SGR"}


def tags_of_packet(packet: Packet, mission: str, notice_type: str) -> Iterator[str]:
    """Tags that flags, classes and types give."""
    yield from _of_bursts(packet, notice_type)
    if "SUBTHRESH" in notice_type or notice_type.startswith("SWIFT_BAT_SUB"):
        yield "Subthreshold"
    if mission == "IceCube":
        yield "AMON"
        yield from (word for word in ("Gold", "Bronze", "Cascade") if word.upper() in notice_type)
    if mission == "GECAM" and (kind := packet.text("SRC_CLASS")):
        yield _GECAM_CLASSES.get(kind.upper(), "Not GRB")
    if mission == "SVOM":
        yield from _of_svom(packet, notice_type)
    if notice_type.startswith("AMON_NU_EM"):
        yield "Neutrino"


def _of_bursts(packet: Packet, notice_type: str) -> Iterator[str]:
    if any(flag(packet.text(f"{group}/Def_NOT_a_GRB")) for group in ("Trigger_ID", "Solution_Status", "Test_mpos")):
        yield "Not GRB"
    elif notice_type.startswith(_OF_BURSTS):
        yield "GRB"
    if notice_type == "FERMI_GBM_FLT_POS" and (index := packet.number("Most_Likely_Index")) is not None:
        yield _GBM_CLASSES.get(int(index), "Other source")
    if (length := packet.text("Long_short")) in ("Long", "Short"):
        yield length.lower()
    if flag(packet.text("Solution_Status/StarTrack_Lost_Lock", "Misc_Flags/StarTrack_Lost_Lock")):
        yield "StarTrack_Lost_Lock"


def _of_svom(packet: Packet, notice_type: str) -> Iterator[str]:
    instrument = packet.text("Instrument") or ""
    yield "GRB"
    yield instrument
    if instrument == "ECLAIRs":
        yield f"ECLAIRs-{notice_type.removeprefix('SVOM_ECLAIRS_').capitalize()}"
