"""The data service: the routes of all capabilities over the one database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

import skyhub.alerts.routes
import skyhub.analyses.routes
import skyhub.analysis.routes
import skyhub.attachments.routes
import skyhub.brokers.routes
import skyhub.candidates.routes
import skyhub.care.routes
import skyhub.catalogs.routes
import skyhub.classification.routes
import skyhub.context.routes
import skyhub.default_plans.routes
import skyhub.discovery.routes
import skyhub.events.routes
import skyhub.facilities.routes
import skyhub.finding.routes
import skyhub.followup.routes
import skyhub.history.routes
import skyhub.images.routes
import skyhub.ingest.routes
import skyhub.kinds.routes
import skyhub.localizations.routes
import skyhub.notes.routes
import skyhub.notify.routes
import skyhub.observability.routes
import skyhub.observations.routes
import skyhub.photometry.routes
import skyhub.planning.routes
import skyhub.published.routes
import skyhub.reports.owned_routes
import skyhub.reports.routes
import skyhub.reports.template_routes
import skyhub.requests.routes
import skyhub.schedules.routes
import skyhub.search.routes
import skyhub.sources.routes
import skyhub.spectra.routes
import skyhub.sql.routes
import skyhub.submissions.routes
import skyhub.team.routes
import skyhub.treasuremap.routes
from skyhub import __version__
from skyhub.candidates import OwnersBook
from skyhub.care import vitals
from skyhub.errors import InvalidInput, NotFound, SkyhubError
from skyhub.service import _changes
from skyhub.service._api_page import api_page
from skyhub.team import AccountDirectory, UserTokens
from skyhub.web import Context, ShortWay, unforeseen

__all__ = ["create_app", "shortened"]

_ROUTERS: tuple[APIRouter, ...] = (
    skyhub.attachments.routes.router,
    skyhub.spectra.routes.router,
    skyhub.followup.routes.router,
    skyhub.localizations.routes.router,
    skyhub.facilities.routes.router,
    skyhub.catalogs.routes.router,
    skyhub.context.routes.router,
    skyhub.discovery.routes.router,
    skyhub.events.routes.router,
    skyhub.observability.routes.router,
    skyhub.observations.routes.router,
    skyhub.planning.routes.router,
    skyhub.requests.routes.router,
    skyhub.notes.routes.router,
    skyhub.notify.routes.router,
    skyhub.classification.routes.router,
    skyhub.kinds.routes.router,
    skyhub.ingest.routes.router,
    skyhub.finding.routes.router,
    skyhub.images.routes.router,
    skyhub.brokers.routes.router,
    skyhub.alerts.routes.router,
    skyhub.candidates.routes.router,
    skyhub.photometry.routes.router,
    skyhub.analyses.routes.router,
    skyhub.analysis.routes.router,
    skyhub.sources.routes.router,
    skyhub.search.routes.router,
    skyhub.history.routes.router,
    skyhub.sql.routes.router,
    skyhub.team.routes.router,
    skyhub.treasuremap.routes.router,
    skyhub.reports.owned_routes.router,
    skyhub.reports.template_routes.router,
    skyhub.reports.routes.router,
    skyhub.submissions.routes.router,
    skyhub.published.routes.router,
    skyhub.schedules.routes.router,
    skyhub.default_plans.routes.router,
    skyhub.care.routes.router,
    _changes.router,
)
_SMALLEST_COMPRESSED = 2048

T = TypeVar("T")


_own = APIRouter(tags=["service"])


@_own.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """Whether the service answers and stores, from which data, and when they were last backed up."""
    context: Context = request.app.state.context
    return {"version": __version__, **await context.run(vitals, context.db)}


@_own.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """What the service answers to, for programs."""
    return request.app.openapi()  # type: ignore[no-any-return]


@_own.get("/docs", include_in_schema=False, response_class=HTMLResponse)
async def docs(request: Request) -> str:
    """The same for people."""
    return api_page(request.app.openapi())


@_own.get("/{path:path}", include_in_schema=False)
async def nothing(path: str) -> None:
    """Refuse what no other route takes."""
    raise NotFound(f"there is nothing at {path!r}: /docs lists what there is.", path)


def create_app(context: Context, prefix: str = "") -> FastAPI:
    """The application.

    Parameters
    ----------
    context
        The database, the signer of tokens, and the hub's identity service.
    prefix
        Path under which a proxy serves it, such as ``/services/data``.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.broadcaster.start()
        yield
        app.state.broadcaster.stop()

    app = FastAPI(
        title="skyhub data service",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.broadcaster = _changes.Broadcaster(context.db)
    app.state.context = _with_team(context, app.state.broadcaster)
    app.add_middleware(GZipMiddleware, minimum_size=_SMALLEST_COMPRESSED, compresslevel=1)
    app.add_exception_handler(SkyhubError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(Exception, _fail)
    app.router.routes.extend(_routes(prefix))
    return app


@cache
def _routes(prefix: str) -> tuple[BaseRoute, ...]:
    """All routes below a prefix, which applications share: to build them takes as long as fifty requests."""
    every = APIRouter(prefix=prefix)
    for router in (*_ROUTERS, _own):
        every.include_router(router)
    return tuple(every.routes)


def shortened(app: FastAPI, prefix: str = "") -> ShortWay:
    """The application (below the same prefix) behind the short way to what is asked most often."""
    return ShortWay(
        app,
        app.state.context,
        _below(prefix, {**skyhub.kinds.routes.SHORT, **skyhub.candidates.routes.SHORT}),
        _below(prefix, skyhub.photometry.routes.SHORT),
    )


def _below(prefix: str, routes: Mapping[str, T]) -> dict[str, T]:
    return {prefix + path: endpoint for path, endpoint in routes.items()}


def _with_team(context: Context, broadcaster: _changes.Broadcaster) -> Context:
    """The context with who knows the members of groups, who reads the tokens of users, and who hears of their rights."""
    directory = context.directory or AccountDirectory(context.db)
    context.db.part(OwnersBook).viewer = directory.viewer
    tokens = UserTokens(context.db, directory, hub=context.identity is not None)

    def rights_changed(user: str) -> None:
        for identity in (context.identity, tokens):
            if identity is not None:
                identity.forget(user)
        broadcaster.end_streams_of(user)

    return replace(context, directory=directory, user_tokens=tokens, rights_changed=rights_changed)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, SkyhubError)
    return JSONResponse(error.to_json(), status_code=error.status)


async def _refuse_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return await _refuse(request, InvalidInput(f"{where}: {first['msg']}", where))


async def _fail(request: Request, error: Exception) -> Response:
    """What nobody foresaw, in the one shape of errors and without its innards; the server logs it."""
    return await _refuse(request, unforeseen(request.url.path))
