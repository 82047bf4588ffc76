"""The board's web application: Panel's pages behind the hub's login."""

from __future__ import annotations

import secrets
from typing import Any

import panel
from bokeh.server.auth_provider import AuthProvider
from bokeh.server.tornado import BokehTornado
from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from panel.io.application import build_applications
from panel.io.resources import DIST_DIR
from tornado.web import HTTPError, RequestHandler, StaticFileHandler, authenticated

from skyhub.board._app import VISITOR, board_page

__all__ = ["board_application"]

_STYLE = "body { margin: 0; background: #0b1017; }"


def board_application(data_url: str, prefix: str) -> BokehTornado:
    """The application, as a delegate of a Tornado server in whose loop it is made.

    Parameters
    ----------
    data_url
        Base URL of the data service.
    prefix
        Path that the hub's proxy serves it under.
    """
    panel.extension(raw_css=[_STYLE], reconnect=True)
    pages = build_applications({"/": board_page(data_url)}, title={"/": "skyhub board"})
    return BokehTornado(
        pages,
        prefix=prefix,
        auth_provider=_HubLogin(),
        extra_patterns=[
            ("/oauth_callback", HubOAuthCallbackHandler),
            (r"/(favicon\.ico)", StaticFileHandler, {"path": str(DIST_DIR / "images")}),
        ],
        # A page's socket is opened by the signed token in it, which no other site can read; cookies open none.
        extra_websocket_origins=["*"],
        sign_sessions=True,
        secret_key=secrets.token_bytes(32),
        cookie_secret=secrets.token_bytes(32),
        ico_path="none",
        include_headers=[],
        include_cookies=[],
    )


class _HubLogin(AuthProvider):
    """Lets in whom the hub knows and lets use this service."""

    def __init__(self) -> None:
        self._auth = HubOAuth.instance()
        super().__init__()

    @property
    def get_user_async(self) -> Any:
        return self._user

    @property
    def login_url(self) -> str:
        return "/login"

    @property
    def login_handler(self) -> type[RequestHandler]:
        return _Login

    async def _user(self, handler: RequestHandler) -> str | None:
        if handler.request.headers.get("Upgrade", "").lower() == "websocket":
            return "the session's"  # opened by the signed token of a page
        model = await self._auth.get_user(handler, sync=False)
        if model is None:
            return None
        if not self._auth.check_scopes(self._auth.access_scopes, model):
            raise HTTPError(403, f"{model['name']} may not see the board: ask who administers the hub.")
        VISITOR.set(self._auth.get_token(handler))
        return str(model["name"])


class _Login(HubOAuthenticated, RequestHandler):  # type: ignore[misc]
    """Sends people to the hub's login, and those who come back to the board."""

    @authenticated
    def get(self) -> None:
        self.redirect("./")
