"""`skyhub.connect`: what it takes, what it gives, and which error it raises."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import skyhub
from skyhub import errors
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR
from skyhub.errors import (
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionRefused,
    SkyhubError,
    StorageError,
    Unavailable,
    error_from_json,
)
from skyhub.ports import free_port
from support.houses import SCANNER, VISITOR, candid_of, run_python
from support.services import Served, fake_hub


def test_nothing_to_connect_to_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SKYHUB_URL", "SKYHUB_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InvalidInput, match="SKYHUB_URL"):
        skyhub.connect()
    with pytest.raises(NotAuthenticated, match="SKYHUB_TOKEN"):
        skyhub.connect(url="http://127.0.0.1:1")


def test_a_service_that_is_down_is_told() -> None:
    with (
        skyhub.connect(url=f"http://127.0.0.1:{free_port()}", token="t") as sky,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        sky.me()


def test_the_environment_is_enough(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_URL", served.url + "/")
    monkeypatch.setenv("SKYHUB_TOKEN", served.token_of(SCANNER))
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "another")
    with skyhub.connect() as sky:
        assert sky.me()["name"] == "scanner"
        assert served.url in repr(sky)
        assert "eyJ" not in repr(sky)


def test_errors_are_the_right_ones(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        for error, call in {
            NotFound: lambda: sky.photometry("nothing"),
            InvalidInput: lambda: sky.sql("DROP TABLE alerts"),
            PermissionRefused: lambda: sky.candidates.decide(
                "k", sky.candidates.queue()["candidates"][0]["candidate_id"], "save", ["bursts"]
            ),
            Conflict: lambda: sky.candidates.decide(
                "k", sky.candidates.queue()["candidates"][0]["candidate_id"], "undo"
            ),
        }.items():
            with pytest.raises(error) as caught:
                call()
            assert type(caught.value) is error
            assert caught.value.message
    with Sky(Transport(still.url, "a.b.c")) as sky, pytest.raises(NotAuthenticated):
        sky.me()


@pytest.mark.parametrize("name", ["a/b", "../me", "a?b=c", "a#b", "a b", "%2e%2e", "é", "..", "a\\b", "a%00b"])
def test_odd_names_are_names(still: Served, name: str) -> None:
    with still.sky(ADMINISTRATOR) as sky:
        for ask in (sky.photometry, sky.source, sky.alert, sky.reports.run, sky.cutout):
            with pytest.raises((NotFound, InvalidInput)):
                ask(name)


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in errors.__all__ if name != "error_from_json"])
def test_errors_survive_the_wire(kind: type[SkyhubError]) -> None:
    back = error_from_json(kind.status, kind("what", "where").to_json())
    assert (type(back), back.message, back.where) == (kind, "what", "where")


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (404, "not JSON", NotFound),
        (401, {}, NotAuthenticated),
        (418, {"error": {"code": "?"}}, SkyhubError),
        (500, None, SkyhubError),
    ],
)
def test_answers_of_others_become_errors_too(status: int, document: object, kind: type[SkyhubError]) -> None:
    assert isinstance(error_from_json(status, document), kind)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"error": "x"}', b"<html>", b"\xff"])
def test_an_answer_that_is_not_the_services_is_an_error_too(body: bytes) -> None:
    with fake_hub({}) as (url, _), Sky(Transport(url.removesuffix("/hub/api"), "t")) as sky, pytest.raises(NotFound):
        sky.me()
    with fake_hub({"t": body}) as (url, _), Sky(Transport(url, "t")) as sky, pytest.raises(SkyhubError):
        sky.transport.get("/nothing")


def test_what_a_scanner_reads(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        night = sky.candidates("2026-11-21")
        assert set(night["object_id"].to_pylist()) == {"ZTF26public", "ZTF26partner", "ZTF26faint"}
        assert len(night.to_pandas()) == len(night.to_astropy()) == len(night.to_polars()) == 3
        assert sky.candidates("20200101").to_rows() == []
        assert len(sky.candidates(as_of=datetime(2020, 1, 1, tzinfo=UTC))) == 0
        points = sky.photometry("ZTF26partner")
        assert points["point_id"].to_pylist()[-1] == candid_of(1)
        assert sky.sql(f"SELECT candid FROM alerts WHERE candid = {candid_of(1)}").to_rows() == [
            {"candid": candid_of(1)}
        ]
        assert sky.alert(candid_of(1))["candid"] == str(candid_of(1))
        assert sky.alert(candid_of(1), survey="ZTF")["survey"] == "ZTF"
        with pytest.raises(NotFound):
            sky.cutout(candid_of(0), survey="LSST")
        image = sky.cutout(candid_of(0), "template", survey="ZTF")
        assert image.shape == (63, 63)
        assert np.isfinite(image).all()
        assert sky.source("ZTF26public")["statistics"]["n_detections"] == 2
        assert sky.find("10:00:00 +02:30:00", 5)[0]["object_id"] == "ZTF26public"
        assert [o["object_id"] for o in sky.find("26PART")] == ["ZTF26partner"]
        with pytest.raises(NotFound):
            sky.source("ZTF26public", as_of=datetime(2020, 1, 1, tzinfo=UTC))


def test_sources_are_a_table_with_units(served: Served) -> None:
    with served.sky(SCANNER) as sky:
        assert sky.sources().to_rows() == []
        number = next(
            c["candidate_id"] for c in sky.candidates.queue()["candidates"] if c["object_id"] == "ZTF26partner"
        )
        sky.candidates.decide("k", number, "save")
        table = sky.sources().to_astropy()
        assert str(table["ra"].unit) == "deg"
        assert list(table["object_id"]) == ["ZTF26partner"]
    with served.sky(VISITOR) as sky:
        assert len(sky.sources()) == 0


def test_embedded_connections_to_one_directory_share_its_service(tmp_path: Path) -> None:
    first = skyhub.connect(tmp_path)
    second = skyhub.connect(str(tmp_path))
    assert first.transport.url == second.transport.url
    assert set(second.me()["scopes"]) >= {"administer", "view"}
    first.close()
    first.close()
    assert second.me()["name"] == "administrator"
    second.close()
    with skyhub.connect(tmp_path) as third:
        assert third.transport.url != second.transport.url


_CONNECT = """
import json, sys, skyhub
from skyhub.errors import SkyhubError
try:
    with skyhub.connect(sys.argv[1]) as sky:
        print(json.dumps({"name": sky.me()["name"]}))
except SkyhubError as error:
    print(json.dumps(error.to_json()))
"""


def test_an_embedded_owner_keeps_other_processes_out(tmp_path: Path) -> None:
    with skyhub.connect(tmp_path):
        assert run_python(_CONNECT, str(tmp_path))["error"]["code"] == StorageError.code
    assert run_python(_CONNECT, str(tmp_path)) == {"name": "administrator"}


def test_an_address_is_not_taken_for_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="give an address as url="):
        skyhub.connect("http://127.0.0.1:1/services/data", token="x")
    assert list(tmp_path.iterdir()) == []


def test_times_may_be_texts(sky: Sky) -> None:
    assert sky.candidates(as_of="1999-01-01T00:00:00Z").to_rows() == []
    with pytest.raises(InvalidInput, match="is no time"):
        sky.candidates(as_of="yesterday")


def test_the_population_is_a_table_with_units(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        table = sky.candidates.population(dayobs="2026-11-21", limit=1)
        assert table["object_id"].to_pylist() == sorted(sky.candidates()["object_id"].to_pylist())
        assert table["candid"].to_pylist()[0] in {candid_of(place) for place in range(5)}
        assert str(table.to_astropy()["galactic_latitude"].unit) == "deg"
