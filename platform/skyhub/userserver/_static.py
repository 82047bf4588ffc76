"""The page bundle: immutable files, compressed when they were built."""

from __future__ import annotations

import json
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from skyhub.errors import Unavailable

__all__ = ["Bundle", "StaticHandler"]

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
_FOREVER = "private, max-age=31536000, immutable"


class Bundle:
    """The files that ``node build.mjs`` wrote.

    Parameters
    ----------
    folder
        Folder with ``manifest.json`` and a folder named by the hash of the contents.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read_at = 0
        self._manifest: dict[str, object] = {}

    @property
    def manifest(self) -> dict[str, object]:
        """The manifest; read again when the front end has been built anew."""
        file = self.folder / "manifest.json"
        try:
            written_at = file.stat().st_mtime_ns
        except FileNotFoundError as error:
            raise Unavailable("the front end has not been built; run `make install`", where=file.name) from error
        if written_at != self._read_at:
            self._manifest = dict(json.loads(file.read_text(encoding="utf-8")))
            self._read_at = written_at
        return self._manifest

    def url(self, base_url: str, name: str) -> str:
        """Address of one file of the bundle."""
        return f"{base_url}skyhub/static/{self.manifest['hash']}/{name}"

    def file(self, version: str, name: str) -> Path | None:
        """Path of a file of the bundle, or None if the bundle has no such file."""
        files = self.manifest["files"]
        if version != self.manifest["hash"] or not isinstance(files, dict) or name not in files:
            return None
        return self.folder / version / name


def accepted_encoding(header: str) -> str:
    """The best of our encodings that an ``Accept-Encoding`` header allows, or the empty string.

    >>> accepted_encoding("gzip, deflate, br;q=0.9"), accepted_encoding("gzip, br;q=0"), accepted_encoding("identity")
    ('br', 'gzip', '')
    """
    offered: dict[str, bool] = {}
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        quality = parameters.replace(" ", "")
        offered[coding.strip()] = quality not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return next((coding for coding in _ENCODINGS if offered.get(coding)), "")


class StaticHandler(JupyterHandler):
    """Serve one file of the bundle."""

    auth_resource = "skyhub"

    def initialize(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @web.authenticated
    @authorized
    async def get(self, version: str, name: str) -> None:
        file = self.bundle.file(version, name)
        if file is None:
            raise web.HTTPError(404, "no such file in this version of the front end; reload the page")
        self.set_header("Content-Type", _TYPES[file.suffix])
        self.set_header("Cache-Control", _FOREVER)
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("X-Content-Type-Options", "nosniff")
        encoding = accepted_encoding(self.request.headers.get("Accept-Encoding", ""))
        if encoding:
            self.set_header("Content-Encoding", encoding)
            file = file.with_name(file.name + _ENCODINGS[encoding])
        self.finish(file.read_bytes())
