"""Serving files that people brought: always as a download, never as something that a browser shows or runs."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Response

__all__ = ["download"]

_HARMLESS = {
    "application/fits",
    "application/gzip",
    "application/json",
    "application/pdf",
    "application/zip",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
}
_ANY = "application/octet-stream"


def download(content: bytes, name: str, media_type: str = _ANY) -> Response:
    """A response that a browser saves under a name; types that a browser could run are called plain bytes."""
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-cache",
    }
    return Response(content, media_type=media_type if media_type in _HARMLESS else _ANY, headers=headers)
