"""The files of the bundle: only they, for ever, compressed."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
from skyhub.errors import Unavailable
from skyhub.userserver._static import Bundle

from tests.userserver.conftest import STATIC, Server


def write_bundle(folder: Path, version: str, at: int) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"hash": version, "files": {"voila.js": 1}}))
    os.utime(manifest, ns=(at, at))


def test_bundle_that_was_never_built_says_how(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="make install"):
        Bundle(tmp_path).url("/", "voila.js")


def test_bundle_that_is_built_anew_is_used_by_a_running_server(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path)
    write_bundle(tmp_path, "a" * 16, 1)
    assert bundle.url("/", "voila.js") == f"/skyhub/static/{'a' * 16}/voila.js"
    write_bundle(tmp_path, "b" * 16, 2)
    assert bundle.url("/", "voila.js") == f"/skyhub/static/{'b' * 16}/voila.js"
    assert bundle.file("a" * 16, "voila.js") is None
    assert bundle.file("b" * 16, "manifest.json") is None


@pytest.fixture
def version() -> str:
    return str(json.loads(STATIC.read_text())["hash"])


@pytest.mark.parametrize(
    "path",
    [
        "{version}/../manifest.json",
        "{version}/..%2fmanifest.json",
        "{version}/%2e%2e/%2e%2e/%2e%2e/__init__.py",
        "{version}/voila.js/../../manifest.json",
        "{version}//etc/passwd",
        "{version}/voila.js%00.css",
        "{version}/voila.js.br",
        "{version}/absent.js",
        "0000000000000000/voila.js",
        "../static/{version}/absent.css",
    ],
)
def test_nothing_but_the_bundle_is_served(server: Server, version: str, path: str) -> None:
    with httpx.Client(headers={"Authorization": f"token {server.token}"}) as client:
        request = client.build_request("GET", server.url)
        request.url = request.url.copy_with(raw_path=f"/user/ann/skyhub/static/{path.format(version=version)}".encode())
        assert client.send(request).status_code == 404


@pytest.mark.parametrize("token", [None, "wrong"])
def test_strangers_get_no_files(server: Server, version: str, token: str | None) -> None:
    answer = server.get(f"skyhub/static/{version}/voila.js", token=token)
    assert answer.status_code in {302, 403}
    assert not answer.content


@pytest.mark.parametrize(
    ("name", "kind"), [("voila.js", "text/javascript"), ("voila.css", "text/css"), ("table.js", "text/javascript")]
)
def test_files_are_immutable_and_the_same_in_every_encoding(server: Server, version: str, name: str, kind: str) -> None:
    raw = (STATIC.parent / version / name).read_bytes()
    for encoding, decoded in (("br", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)):
        with httpx.stream(
            "GET",
            f"{server.url}skyhub/static/{version}/{name}",
            headers={"Authorization": f"token {server.token}", "Accept-Encoding": encoding},
        ) as answer:
            body = b"".join(answer.iter_raw())
        assert answer.headers["Cache-Control"].endswith("immutable")
        assert answer.headers["Content-Type"].startswith(kind)
        assert answer.headers.get("Content-Encoding", "identity") == encoding
        assert decoded(body) == raw


def test_the_bundle_is_small_and_asks_nobody(version: str) -> None:
    folder = Path(STATIC.parent / version)
    assert (folder / "voila.js").stat().st_size < 1_000_000
    style = (folder / "voila.css").read_text()
    assert not re.findall(r"""(?:url\(|@import)\s*["']?(?!data:)""", style)
