"""The interface of the service, put together and described once for all tests that go through it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from skyhub.service import create_app, open_database
from skyhub.web import Context, TokenSigner
from starlette.routing import Route

__all__ = ["Interface", "interface"]


class Interface(NamedTuple):
    """Verbs and paths as the application has them, and its description by OpenAPI."""

    routes: tuple[tuple[str, str], ...]
    document: dict[str, Any]

    @property
    def operations(self) -> list[tuple[str, str]]:
        """Verbs, in small letters, and paths as they are described."""
        return [(verb, path) for path, verbs in self.document["paths"].items() for verb in verbs]


@cache
def interface() -> Interface:
    """That of a service with an empty database."""
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder)) as db:
        app = create_app(Context(db, TokenSigner(Path(folder)), None))
        return Interface(tuple(_flat(app.routes)), app.openapi())


def _flat(routes: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Verbs and paths of routes, also of those of included routers."""
    found: list[tuple[str, str]] = []
    for route in routes:
        if isinstance(route, Route):
            found += [(verb, prefix + route.path) for verb in sorted((route.methods or set()) - {"HEAD"})]
        else:
            found += _flat(route.original_router.routes, prefix + route.include_context.prefix)
    return found
