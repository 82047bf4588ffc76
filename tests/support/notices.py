"""Notices for tests: alerts of gravitational waves, VOEvents of bursts."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["alert", "burst"]

_BURST = """<?xml version="1.0"?>
<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" ivorn="ivo://nasa.gsfc.gcn/{stream}-{serial}"
 role="{role}" version="2.0"><Who><Date>{issued}</Date></Who>
<What><Param name="Packet_Type" value="{kind}"/><Param name="TrigID" value="{trigger}"/>{what}</What>
<WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords><Time><TimeInstant><ISOTime>{time}</ISOTime></TimeInstant></Time>
<Position2D><Value2><C1>{ra}</C1><C2>{dec}</C2></Value2><Error2Radius>{radius}</Error2Radius></Position2D></AstroCoords>
</ObservationLocation></ObsDataLocation></WhereWhen></voe:VOEvent>"""


def burst(**changes: Any) -> bytes:
    """A VOEvent of Swift's BAT; fields by name."""
    fields = {
        "stream": "SWIFT#BAT_GRB_Pos_1", "serial": 1, "role": "observation", "kind": 61, "trigger": 1234567, "what": "",
        "time": "2026-11-22T03:00:00.4", "issued": "2026-11-22T03:00:20", "ra": 10, "dec": 20, "radius": 0.05,
    }  # fmt: skip
    return _BURST.format(**{**fields, **changes}).encode()


def alert(
    kind: str = "PRELIMINARY", name: str = "S261122a", created: str = "2026-11-22T03:01:00Z", **event: Any
) -> bytes:
    """An alert of LIGO, Virgo and KAGRA; fields of its event by name, a retraction without any."""
    plain: dict[str, Any] = {
        "time": "2026-11-22T03:00:00.123Z", "far": 1e-9, "significant": True, "instruments": ["H1", "L1"], "group": "CBC",
        "pipeline": "gstlal", "search": "AllSky", "properties": {"HasNS": 1.0},
        "classification": {"BNS": 0.9, "Terrestrial": 0.1}, "duration": None, "central_frequency": None,
    }  # fmt: skip
    told = None if kind == "RETRACTION" else {**plain, **event}
    document = {
        "alert_type": kind,
        "time_created": created,
        "superevent_id": name,
        "event": told,
        "external_coinc": None,
    }
    return json.dumps(document).encode()
