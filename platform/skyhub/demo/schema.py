"""The Avro schema of the demo packets: field names and types of ZTF alert schema 4.02.

A packet carries one ``ztf.alert`` record. The tables below name each field once, in the order
of the survey's packets; `alert_schema` composes them. A field whose type ends in ``?`` is
nullable with default null; ``!`` marks a nullable field without a default, as the survey has it
for the columns of an upper limit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fastavro import parse_schema

__all__ = ["SCHEMA_VERSION", "alert_schema", "field_names"]

SCHEMA_VERSION = "4.02"

_EXPOSURE = "jd:double fid:int pid:long diffmaglim:float? pdiffimfilename:string? programpi:string? programid:int"
_DETECTION = """
    tblid:long? nid:int? rcid:int? field:int? xpos:float? ypos:float? {position}
    chipsf:float? magap:float? sigmagap:float? distnr:float? magnr:float? sigmagnr:float? chinr:float?
    sharpnr:float? sky:float? magdiff:float? fwhm:float? classtar:float? mindtoedge:float? magfromlim:float?
    seeratio:float? aimage:float? bimage:float? aimagerat:float? bimagerat:float? elong:float? nneg:int?
    nbad:int? rb:float? ssdistnr:float? ssmagnr:float? ssnamenr:string? sumrat:float? magapbig:float?
    sigmagapbig:float?
"""
_PS1_NEAREST = "sgmag1:float? srmag1:float? simag1:float? szmag1:float? sgscore1:float? distpsnr1:float?"
_PS1_SECOND = "sgmag2:float? srmag2:float? simag2:float? szmag2:float? sgscore2:float? distpsnr2:float?"
_PS1_THIRD = "sgmag3:float? srmag3:float? simag3:float? szmag3:float? sgscore3:float? distpsnr3:float?"
_CALIBRATION = "magzpsci:float? magzpsciunc:float? magzpscirms:float?"

_CANDIDATE = f"""
    {_EXPOSURE} candid:long isdiffpos:string
    {_DETECTION.format(position="ra:double dec:double magpsf:float sigmapsf:float")}
    ranr:double decnr:double {_PS1_NEAREST}
    ndethist:int ncovhist:int jdstarthist:double? jdendhist:double? scorr:double? tooflag:int?
    objectidps1:long? objectidps2:long? {_PS1_SECOND} objectidps3:long? {_PS1_THIRD}
    nmtchps:int rfid:long jdstartref:double jdendref:double nframesref:int rbversion:string
    dsnrms:float? ssnrms:float? dsdiff:float? {_CALIBRATION} nmatches:int
    clrcoeff:float? clrcounc:float? zpclrcov:float? zpmed:float? clrmed:float? clrrms:float?
    neargaia:float? neargaiabright:float? maggaia:float? maggaiabright:float? exptime:float?
    drb:float? drbversion:string
"""

_PREVIOUS = f"""
    {_EXPOSURE} candid:long! isdiffpos:string!
    {_DETECTION.format(position="ra:double! dec:double! magpsf:float! sigmapsf:float!")}
    ranr:double! decnr:double! scorr:double? {_CALIBRATION} clrcoeff:float? clrcounc:float? rbversion:string
"""

_FORCED = f"""
    field:int? rcid:int? fid:int pid:long rfid:long sciinpseeing:float? scibckgnd:float? scisigpix:float?
    {_CALIBRATION} clrcoeff:float? clrcounc:float? exptime:float? adpctdif1:float? adpctdif2:float?
    diffmaglim:float? programid:int jd:double forcediffimflux:float? forcediffimfluxunc:float?
    procstatus:string? distnr:float? ranr:double decnr:double magnr:float? sigmagnr:float? chinr:float?
    sharpnr:float?
"""

_TABLES = {"candidate": _CANDIDATE, "prv_candidate": _PREVIOUS, "fp_hist": _FORCED}


def field_names(record: str) -> list[str]:
    """Names of the fields of ``candidate``, ``prv_candidate`` or ``fp_hist``, in order."""
    return [word.split(":")[0] for word in _TABLES[record].split()]


def _field(word: str) -> dict[str, Any]:
    name, kind = word.split(":")
    if kind.endswith("?"):
        return {"name": name, "type": ["null", kind[:-1]], "default": None}
    return {"name": name, "type": ["null", kind[:-1]] if kind.endswith("!") else kind}


def _record(name: str) -> dict[str, Any]:
    fields = [_field(word) for word in _TABLES[name].split()]
    return {"type": "record", "name": f"ztf.alert.{name}", "version": SCHEMA_VERSION, "fields": fields}


def _optional(name: str, kind: Any) -> dict[str, Any]:
    return {"name": name, "type": ["null", kind], "default": None}


@cache
def alert_schema() -> Any:
    """The parsed writer schema of one packet."""
    cutout = {
        "type": "record",
        "name": "ztf.alert.cutout",
        "fields": [{"name": "fileName", "type": "string"}, {"name": "stampData", "type": "bytes"}],
    }
    fields = [
        *({"name": name, "type": "string"} for name in ("schemavsn", "publisher", "objectId")),
        {"name": "candid", "type": "long"},
        {"name": "candidate", "type": _record("candidate")},
        _optional("prv_candidates", {"type": "array", "items": _record("prv_candidate")}),
        _optional("fp_hists", {"type": "array", "items": _record("fp_hist")}),
        _optional("cutoutScience", cutout),
        _optional("cutoutTemplate", "ztf.alert.cutout"),
        _optional("cutoutDifference", "ztf.alert.cutout"),
    ]
    return parse_schema({"type": "record", "name": "ztf.alert", "version": SCHEMA_VERSION, "fields": fields})
