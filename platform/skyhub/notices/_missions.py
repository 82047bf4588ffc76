"""Whom notices come from: what events of theirs are called, and what their error radii mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skyhub.science.sky_shapes import ONE_SIGMA

__all__ = ["MISSIONS", "Mission", "mission_of"]

_SIXTY_EIGHT = 0.6827


@dataclass(frozen=True)
class Mission:
    """Who observes.

    Parameters
    ----------
    name
        As a tag.
    authority
        Before the ``#`` of its events' aliases.
    level
        Probability within the error radius of its notices.
    tags
        Of all of its events.
    triggers
        Parameters of a VOEvent that name an event, the best one first.
    """

    name: str
    authority: str
    level: float = 0.9
    tags: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ("TrigID",)


_NEUTRINO = ("Neutrino",)
_ALL = (
    Mission("Fermi", "FERMI", _SIXTY_EIGHT, triggers=("TrigID", "Trans_Num")),
    Mission("Swift", "SWIFT"),
    Mission("INTEGRAL", "INTEGRAL", tags=("GRB",)),
    Mission("SVOM", "SVOM", triggers=("Burst_Id",)),
    Mission("Einstein Probe", "EP", tags=("X-ray",)),
    Mission("GECAM", "GECAM", _SIXTY_EIGHT, triggers=("Trigger_Number",)),
    Mission("IceCube", "ICECUBE", tags=_NEUTRINO),
    Mission("AMON", "AMON", triggers=("Event_ID",)),
    Mission("HAWC", "HAWC"),
    Mission("KM3NeT", "KM3NET", 0.5, _NEUTRINO),
    Mission("ANTARES", "ANTARES", 0.5, _NEUTRINO),
    Mission("Super-Kamiokande", "SUPERK", _SIXTY_EIGHT, ("Neutrino", "Supernova"), ("Trigger_Number",)),
    Mission("SNEWS", "SNEWS", tags=("Neutrino", "Supernova")),
    Mission("IPN", "IPN", tags=("GRB",)),
    Mission("KONUS", "KONUS", tags=("GRB",)),
    Mission("CALET", "CALET", tags=("GRB",)),
    Mission("MAXI", "MAXI", tags=("X-ray",)),
    Mission("AGILE", "AGILE"),
    Mission("HETE", "HETE", tags=("GRB",)),
    Mission("BurstCube", "BURSTCUBE"),
    Mission("Glowbug", "GLOWBUG"),
    Mission("CHIME", "CHIME", _SIXTY_EIGHT, ("FRB",)),
    Mission("DSA-110", "DSA110", _SIXTY_EIGHT, ("FRB",)),
    Mission("Parkes", "PARKES", ONE_SIGMA, ("FRB",), ()),
    Mission("Counterpart", "COUNTERPART"),
    Mission("Gaia", "GAIA", ONE_SIGMA, triggers=()),
)

MISSIONS: Mapping[str, Mission] = {
    **{mission.name.lower(): mission for mission in _ALL},
    "einstein_probe": _ALL[4], "superk": _ALL[11], "sk_sn": _ALL[11], "dsa110": _ALL[22], "fsc": _ALL[3],
    "antares_alert": _ALL[10], "lvc_counterpart": _ALL[24], "alerts": _ALL[25],
}  # fmt: skip
"""By how streams and schemas call them, in lower case."""


def mission_of(stream: str) -> Mission:
    """Who publishes a stream; one that is not known stands for itself, and its radii are one standard deviation."""
    return MISSIONS.get(stream.lower()) or Mission(stream, stream.upper(), ONE_SIGMA)
