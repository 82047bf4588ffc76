"""Notices that nobody meant well: refused with a reason, whatever was done to them."""

from __future__ import annotations

import base64
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from skyhub.errors import InvalidInput
from skyhub.notices import LARGEST_NOTICE, read_notice

_PACKET = """<?xml version="1.0"?>{head}
<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0"
 ivorn="ivo://nasa.gsfc.gcn/SWIFT#BAT_GRB_Pos_1" role="{role}" version="2.0">
<What><Param name="Packet_Type" value="61"/><Param name="TrigID" value="1"/>{what}</What>
<WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords><Time>
<TimeInstant><ISOTime>{time}</ISOTime></TimeInstant></Time>
<Position2D><Value2><C1>{ra}</C1><C2>{dec}</C2></Value2><Error2Radius>{radius}</Error2Radius></Position2D></AstroCoords>
</ObservationLocation></ObsDataLocation></WhereWhen></voe:VOEvent>"""
_GOOD = {
    "head": "",
    "what": "",
    "role": "observation",
    "time": "2026-11-22T03:00:00",
    "ra": "10",
    "dec": "20",
    "radius": "0.1",
}
_ALERT: dict[str, Any] = {
    "alert_type": "PRELIMINARY", "time_created": "2026-11-22T03:01:00Z", "superevent_id": "S261122a",
    "event": {"time": "2026-11-22T03:00:00Z", "far": 1e-9, "instruments": ["H1"], "group": "CBC", "pipeline": "gstlal",
              "search": "AllSky", "properties": {}, "classification": {"BNS": 1.0}},
    "external_coinc": None,
}  # fmt: skip
_SCHEMA: dict[str, Any] = {
    "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/einstein_probe/wxt/alert.schema.json", "id": ["1"],
    "trigger_time": "2026-11-22T03:00:00Z", "ra": 10, "dec": 20, "ra_dec_error": 0.1,
}  # fmt: skip


def packet(**changes: str) -> bytes:
    return _PACKET.format(**{**_GOOD, **changes}).encode()


def alert(**changes: Any) -> bytes:
    event = {**_ALERT["event"], **{n: v for n, v in changes.items() if n in _ALERT["event"] or n == "skymap"}}
    whole = {n: v for n, v in changes.items() if n in _ALERT and n != "event"}
    return json.dumps({**_ALERT, **whole, "event": changes.get("event", event)}).encode()


def document(**changes: Any) -> bytes:
    return json.dumps({**_SCHEMA, **changes}).encode()


def test_the_patterns_are_read() -> None:
    for good in (packet(), alert(), document()):
        assert read_notice(good).dateobs is not None


_BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {new} '{10 * f'&{old};'}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip

HOSTILE_XML = {
    "a bomb of entities": packet(head=_BOMB, time="&i;"),
    "a bomb in an attribute": packet(head=_BOMB, what='<Param name="x" value="&i;"/>'),
    "a file of the machine": packet(head='<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>', time="&f;"),
    "a file elsewhere": packet(head='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "entities in small letters": packet(head="<!doctype x []>"),
    "another encoding": packet(head=_BOMB).decode().encode("utf-16"),
    "an encoding that hides its marks": packet(head=_BOMB).replace(b'version="1.0"', b'version="1.0" encoding="utf-7"').replace(
        b"<!", b"+ADwAIQ-"),
    "an entity that nobody declared": packet(time="&nothing;"),
    "deep nesting": packet(what="<Group>" * 5000 + "</Group>" * 5000),
    "many elements": packet(what='<Param name="x" value="1"/>' * 30_000),
    "too long": packet(what=" " * 3_000_000),
    "cut": packet()[:300],
    "no time": packet(time=""),
    "no sensible time": packet(time="yesterday"),
    "a year beyond the calendar": packet(time="99999-01-01T00:00:00"),
    "a year of no notice": packet(time="0001-01-01T00:00:00"),
    "RA 400": packet(ra="400"),
    "Dec -91": packet(dec="-91"),
    "NaN": packet(ra="NaN"),
    "infinity": packet(radius="inf"),
    "no number": packet(ra="ten"),
    "an unknown role": packet(role="boss"),
    "no ivorn": packet().replace(b"ivorn=", b"iv="),
}  # fmt: skip

HOSTILE_JSON = {
    "NaN": alert().replace(b"1e-09", b"NaN"),
    "infinity": alert().replace(b"1e-09", b"-Infinity"),
    "an endless number": alert().replace(b"1e-09", b"1e999"),
    "a rate below zero": alert(far=-1.0),
    "a rate that is a word": alert(far="rare"),
    "a probability of two": alert(classification={"BNS": 2.0}),
    "classes that are a list": alert(classification=["BNS"]),
    "an event that is a word": alert(event="big"),
    "no event": alert(event=None),
    "an unknown type": alert(alert_type="BOO"),
    "a path as a name": alert(superevent_id="../../etc/passwd"),
    "a long name": alert(superevent_id="S" * 1000),
    "a name with a zero byte": alert(superevent_id="S261122a\0"),
    "a map that is no base64": alert(skymap="%%%"),
    "a map that is cut within base64": alert(skymap=base64.b64encode(b"SIMPLE  = " * 10).decode()[:-3]),
    "a map that is no FITS": alert(skymap=base64.b64encode(b"hello, world").decode()),
    "a map that is a number": alert(skymap=7),
    "no time": alert(time=None),
    "deep nesting": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep nesting of a VOEvent": b'{"ivorn": "x", "What": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
    "a list": b"[1, 2]",
    "no object": b"[" * 10,
    "cut": alert()[:-20],
    "a digit too many": b'{"superevent_id": ' + b"9" * 10_000 + b', "alert_type": "INITIAL"}',
    "RA 400": document(ra=400),
    "Dec as a word": document(dec="north"),
    "a radius of a half-sphere": document(ra_dec_error=181),
    "a level of two": document(containment_probability=2),
    "an axis that is a document": document(ra_dec_error=[{"a": 1}, 2]),
    "corners in a line": document(rectangular_error_corners=[[1, 1], [2, 2]]),
    "corners that are words": document(rectangular_error_corners=[["a", "b"]] * 4),
    "a map that is none": document(healpix_file="stuff"),
    "a schema elsewhere": document(**{"$schema": "https://gcn.nasa.gov/schema/../../etc/passwd"}),
    "a time that is a list": document(trigger_time=["2026-11-22"]),
}  # fmt: skip

HOSTILE = {
    **{f"XML: {name}": content for name, content in HOSTILE_XML.items()},
    **{f"JSON: {name}": content for name, content in HOSTILE_JSON.items()},
    "nothing": b"",
    "blank": b" \n",
    "bytes": bytes(range(256)),
    "too long": b"{" + b" " * LARGEST_NOTICE,
    "an Avro container that is cut": b"Obj\x01\x02",
    "a text without a time": b"TITLE: GCN/FERMI NOTICE\nNOTICE_TYPE: Fermi-GBM Alert\n",
    "a text of a late day": b"NOTICE_TYPE: x\nGRB_DATE: 999999999999 TJD;\nGRB_TIME: 1.0 SOD\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_notices_are_refused_with_a_reason_and_soon(content: bytes) -> None:
    begin = time.process_time()
    with pytest.raises(InvalidInput) as refused:
        read_notice(content)
    assert 10 < len(refused.value.message) < 500
    assert time.process_time() - begin < 20  # a bomb would take hours


def test_addresses_in_a_notice_are_taken_for_words_alone(tmp_path: Path) -> None:
    """Nothing is opened: neither a file, nor an address."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for url in (f"file://{secret}", "ftp://127.0.0.1/x", "javascript:alert(1)"):
        assert read_notice(document(healpix_url=url)).localizations[-1].name == "10.00000_20.00000_0.10000"
        assert (
            read_notice(packet(what=f'<Param name="skymap_fits" value="{url}"/>'))
            .localizations[0]
            .name.startswith("10.0")
        )


def _mutated(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content[:200_000])
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randint(1, 200)]
            case 2:
                data[at:at] = bytes(chance.choices(b'<>&"{}[]0123456789.-e:NaN', k=chance.randint(1, 20)))
            case 3:
                other = chance.randrange(len(data))
                data[at:at] = data[other : other + chance.randint(1, 300)]
            case 4:
                del data[at:]
        if not data:
            break
    return bytes(data)


def _try_mutants(shared: Path, number: int) -> None:
    chance = random.Random(26)
    folders = ("voevent", "json", "lvk_json", "lvk_avro", "text")
    paths = sorted(
        p for f in folders for p in (shared / "gcn" / f).rglob("*") if p.is_file() and "schemas" not in str(p)
    )
    for trial in range(number):
        path = chance.choice(paths)
        mutant = _mutated(path.read_bytes(), chance)
        try:
            notice = read_notice(mutant)
        except InvalidInput:
            continue
        except Exception as error:
            raise AssertionError(
                f"trial {trial}: a mutant of {path.name} raised {type(error).__name__}: {error}"
            ) from error
        assert notice.retraction or notice.dateobs is not None


def test_mutated_notices_are_read_or_refused(shared: Path) -> None:
    _try_mutants(shared, 600)


@pytest.mark.slow
def test_ten_thousand_mutated_notices_are_read_or_refused(shared: Path) -> None:
    _try_mutants(shared, 10_000)
