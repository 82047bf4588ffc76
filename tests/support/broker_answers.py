"""Brokers that have real objects: recorded replies where there are some, else real packets in the forms that brokers document."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from skyhub.config import AlerceBroker, BoomBroker, FinkBroker, KowalskiBroker, LasairBroker

from support.brokers import Asked, BrokerServer, Reply, json_reply, recorded
from support.packets import stamp

FINK_OBJECT = "ZTF19aaosfcb"
ALERCE_OBJECT = "ZTF18abcgqmz"
KINDS = ("science", "template", "difference")
TOKEN, PASSWORD = "a-token-that-is-secret", "a-password-that-is-secret"
Settings = AlerceBroker | BoomBroker | FinkBroker | KowalskiBroker | LasairBroker


def settings_of(kind: str, url: str, **changes: Any) -> Settings:
    """Settings of a broker on this machine."""
    patience: dict[str, Any] = {"retries": 0, "timeout_seconds": 5.0, **changes}
    match kind:
        case "fink":
            return FinkBroker(kind="fink", url=url, **patience)
        case "alerce":
            return AlerceBroker(kind="alerce", url=f"{url}/ztf/v1", stamps_url=url, **patience)
        case "lasair":
            return LasairBroker(kind="lasair", url=f"{url}/api", token=TOKEN, **patience)
        case "boom":
            return BoomBroker(kind="boom", url=url, username="ann", password=PASSWORD, **patience)
        case _:
            return KowalskiBroker(kind="kowalski", url=url, username="ann", password=PASSWORD, **patience)


def fink(server: BrokerServer, shared: Path) -> None:
    """Fink with the recorded light curve of `FINK_OBJECT`."""
    [rows] = recorded(shared, "fink_get_alert").values()

    def of_object(asked: Asked) -> Any:
        return rows if asked.given["objectId"] == FINK_OBJECT else []

    def latests(asked: Asked) -> Any:
        chosen = [r for r in rows if asked.given["startdate"] <= r["i:jd"] <= asked.given.get("stopdate", 1e9)]
        return sorted(chosen, key=lambda r: -r["i:jd"])[: asked.given["n"]]

    server.answers |= {
        "/api/v1/objects": of_object,
        "/api/v1/conesearch": lambda asked: rows[: asked.given["n"]],
        "/api/v1/latests": latests,
        "/api/v1/cutouts": lambda asked: Reply(stamp(KINDS.index(asked.given["kind"].lower()))),
    }


def alerce(server: BrokerServer, shared: Path) -> None:
    """ALeRCE with the recorded `ALERCE_OBJECT`; probabilities in the documented form."""
    replies = recorded(shared, "alerce_get_alert")
    about = replies[f"/ztf/v1/objects/{ALERCE_OBJECT}"]
    probabilities = [
        {
            "classifier_name": "lc_classifier",
            "classifier_version": "1.1.13",
            "class_name": name,
            "probability": p,
            "ranking": n,
        }
        for n, (name, p) in enumerate({"LPV": 0.62, "SN": 0.05}.items(), 1)
    ]
    server.answers |= {path: lambda asked, reply=reply: reply for path, reply in replies.items()}
    server.answers[f"/ztf/v1/objects/{ALERCE_OBJECT}/probabilities"] = lambda asked: probabilities
    server.answers["/ztf/v1/objects/"] = lambda asked: {"items": [about] if asked.given["page"] == "1" else []}
    server.answers["/get_stamp"] = lambda asked: Reply(stamp(KINDS.index(asked.given["type"])))


def lasair(server: BrokerServer, shared: Path, packets: Sequence[dict[str, Any]]) -> None:
    """Lasair with the recorded cone, and an object of real packets in the form of its object page."""
    [cone] = recorded(shared, "lasair_cone").values()
    name = packets[-1]["objectId"]
    candidates = [
        {
            **p["candidate"],
            "candid": p["candid"],
            "mjd": p["candidate"]["jd"] - 2400000.5,
            "image_urls": _urls(server, p),
        }
        for p in reversed(packets)
    ]
    about = {
        "objectId": name,
        "objectData": {"ncand": len(packets)},
        "candidates": [*candidates, {"jd": packets[0]["candidate"]["jd"] - 3, "fid": 1, "diffmaglim": 20.1}],
        "sherlock": {"classification": "SN", "association_type": "SN", "z": 0.05, "description": "near a galaxy"},
        "TNS": {},
        "annotations": [{"topic": "fastfinder", "classification": "kilonova-like"}],
    }
    row = {"objectId": name, "ramean": 1.0, "decmean": 2.0, "jdmax": packets[-1]["candidate"]["jd"]}
    server.answers |= {
        "/api/cone/": lambda asked: cone,
        "/api/object/": lambda asked: about if asked.given["objectId"] == name else {"error": "not found"},
        "/api/query/": lambda asked: [row],
        **{f"/fits/{kind}": lambda asked, n=n: Reply(stamp(n)) for n, kind in enumerate(KINDS)},
    }


def _urls(server: BrokerServer, packet: dict[str, Any]) -> dict[str, str]:
    return {kind.capitalize(): f"{server.url}/fits/{kind}" for kind in KINDS}


def documents(packets: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Real packets as documents of alerts, and the one of the history."""
    alerts = [
        {
            "_id": p["candid"],
            "candid": p["candid"],
            "objectId": p["objectId"],
            "candidate": p["candidate"],
            "classifications": {"acai_h": 0.91},
            "properties": {"rock": False, "stationary": True},
        }
        for p in packets
    ]
    aux = {
        "_id": packets[-1]["objectId"],
        "prv_candidates": packets[-1].get("prv_candidates") or [],
        "fp_hists": packets[-1].get("fp_hists") or [],
    }
    return alerts, aux


def boom(server: BrokerServer, packets: Sequence[dict[str, Any]]) -> None:
    """BOOM with real packets; each token is good once it was given."""
    alerts, aux = documents(packets)
    given: list[str] = []

    def auth(asked: Asked) -> Any:
        if asked.given.get("password") != PASSWORD:
            return Reply(b"", 401)
        given.append(f"token-{len(given)}")
        return {"access_token": given[-1], "token_type": "Bearer", "expires_in": 604800}

    def known(asked: Asked, data: Any) -> Any:
        good = asked.headers.get("Authorization") == f"Bearer {given[-1] if given else ''}"
        return {"message": "success", "data": data} if good else Reply(b"Unauthorized", 401)

    def find(asked: Asked) -> Any:
        return known(asked, _matching(asked.given["catalog_name"], asked.given["filter"], alerts, aux))

    def cutouts(asked: Asked) -> Any:
        images = {f"cutout{k.capitalize()}": base64.b64encode(stamp(n)).decode() for n, k in enumerate(KINDS)}
        return known(asked, {"candid": int(asked.given["candid"]), **images})

    server.answers |= {
        "/auth": auth,
        "/queries/cone_search": lambda asked: known(asked, dict.fromkeys(asked.given["object_coordinates"], alerts)),
        "/queries/find": find,
        "/surveys/ztf/cutouts": cutouts,
    }


def kowalski(server: BrokerServer, packets: Sequence[dict[str, Any]]) -> None:
    """Kowalski with real packets, in MongoDB's extended JSON."""
    alerts, aux = documents(packets)

    def queries(asked: Asked) -> Any:
        if asked.headers.get("Authorization") != TOKEN:
            return Reply(b'{"status": "error"}', 401)
        query = asked.given["query"]
        if asked.given["query_type"] == "cone_search":
            places = query["object_coordinates"]["radec"]
            return _success({"ZTF_alerts": dict.fromkeys(places, _extended(alerts))})
        if "cutoutScience" in query["projection"] and query["projection"]["cutoutScience"]:
            images = [{f"cutout{k.capitalize()}": {"stampData": stamp(n)} for n, k in enumerate(KINDS)}]
            return _success(_extended(images))
        return _success(_extended(_matching(query["catalog"], query["filter"], alerts, aux)))

    def auth(asked: Asked) -> Any:
        good = asked.given.get("password") == PASSWORD
        return {"status": "success", "token": TOKEN} if good else json_reply({"status": "error"}, status=401)

    server.answers |= {"/api/auth": auth, "/api/queries": queries}


def _success(data: Any) -> dict[str, Any]:
    return {"status": "success", "message": "query executed", "data": data}


def _matching(catalog: str, wanted: dict[str, Any], alerts: list[dict[str, Any]], aux: dict[str, Any]) -> list[Any]:
    if catalog == "ZTF_alerts_aux":
        return [aux] if wanted == {"_id": aux["_id"]} else []
    least = wanted.get("candidate.jd", {}).get("$gte", 0.0)
    name = wanted.get("objectId", aux["_id"])
    return [a for a in alerts if a["candidate"]["jd"] >= least and a["objectId"] == name]


def _extended(value: Any) -> Any:
    """MongoDB's extended JSON, of which servers use now this form, now that."""
    if isinstance(value, list):
        return [_extended(item) for item in value]
    if isinstance(value, dict):
        return {key: _extended(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return {"$binary": {"base64": base64.b64encode(value).decode(), "subType": "00"}}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return {"$numberLong": str(value)}
    return value
