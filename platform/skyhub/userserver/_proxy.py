"""Documents of the data service under the user's own address, fetched with the user's token.

A browser has no token for the data service; the user's server does. Only the paths listed here pass, only GET, and
redirects are not followed: the token goes nowhere else.
"""

from __future__ import annotations

import os
from html import escape
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders, parse_response_start_line

__all__ = ["DocumentHandler", "proxy_routes"]

_MEGABYTE = 2**20
_PASSED_ON = (
    *("Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Vary"),
    *("ETag", "Last-Modified", "Cache-Control"),
)
_ASKED_WITH = ("If-None-Match", "If-Modified-Since", "Accept", "Accept-Encoding")

_SEALED = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; media-src data:; frame-ancestors 'self'"
)
_INERT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_DOCS = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; frame-ancestors 'self'"
)

_ID = r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})"

_NUMBER = r"([0-9]{1,20})"

_ERROR_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} · skyhub</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 12vh auto; padding: 0 16px">
<h1 style="font-size: 1.3em">{title}</h1><p>{text}</p></body></html>
"""

_TEXTS = {
    401: ("Not logged in at the data service", "Your server's token was refused. Stop and start your server."),
    403: ("Not permitted", "Your groups do not permit this. Ask a member of the group that owns it."),
    404: ("Not found", "There is no such document among those that you may see."),
    502: (
        "The data service failed",
        "It answered, but not with the document. If it stays so, tell the operator.",
    ),
    503: ("The data service does not answer", "It may be restarting: reload in a few seconds."),
    504: ("The data service is too slow", "It did not answer in time. Reload to try again."),
}


def proxy_routes() -> list[tuple[str, type[JupyterHandler], dict[str, Any]]]:
    """Pattern below ``/user/NAME/skyhub``, handler and options of every document."""

    def route(
        pattern: str, upstream: str, policy: str = _INERT, file_name: str = ""
    ) -> tuple[str, type[JupyterHandler], dict[str, Any]]:
        return pattern, DocumentHandler, {"upstream": upstream, "policy": policy, "file_name": file_name}

    return [
        route(rf"/api/reports/{_ID}/html", "/api/reports/{}/html", _SEALED),
        route(rf"/api/reports/{_ID}/notebook", "/api/reports/{}/notebook", file_name="report-{}.ipynb"),
        route(rf"/api/reports/{_ID}/pdf", "/api/reports/{}/pdf", file_name="{}.pdf"),
        route(rf"/api/circulars/{_NUMBER}/pdf", "/api/circulars/{}/pdf", file_name="circular-{}.pdf"),
        route(
            rf"/api/alerts/{_NUMBER}/cutouts/(science|template|difference)\.(png|fits)",
            "/api/alerts/{}/cutouts/{}.{}",
        ),
        route(rf"/api/plans/{_NUMBER}/export/([a-z0-9]{{2,5}})", "/api/plans/{}/export?format={}"),
        route(
            rf"/api/localizations/{_NUMBER}/observed/(depth|visits|remaining)\.fits",
            "/api/localizations/{}/observed/{}.fits",
        ),
        route(r"/docs", "/docs", _DOCS),
        route(r"/openapi\.json", "/openapi.json"),
    ]


class DocumentHandler(JupyterHandler):
    """Stream one document of the data service to the browser.

    Parameters
    ----------
    upstream
        Path below the service's base URL, with a field for each group of the pattern.
    policy
        Content security policy of the answer.
    file_name
        Name under which the browser saves the document; if empty, what the service says of it holds.
    """

    auth_resource = "skyhub"

    def initialize(self, upstream: str, policy: str, file_name: str) -> None:
        self.upstream = upstream
        self.policy = policy
        self.file_name = file_name
        self.answer_status = 0
        self.answer_headers = HTTPHeaders()

    @web.authenticated
    @authorized
    async def get(self, *parts: str) -> None:
        url = os.environ.get("SKYHUB_URL", "").rstrip("/")
        if not url:
            raise web.HTTPError(503, "SKYHUB_URL is not set: this server does not know the data service.")
        try:
            answer = await self._fetch(url + self.upstream.format(*parts))
        except HTTPClientError as error:
            raise web.HTTPError(_status_of(error.code)) from error
        except OSError as error:
            raise web.HTTPError(503) from error
        if answer.code == 304:
            self.set_status(304)
        elif answer.code != 200:
            raise web.HTTPError(_status_of(answer.code))

    async def _fetch(self, url: str) -> HTTPResponse:
        client = AsyncHTTPClient(force_instance=True, max_body_size=1024 * _MEGABYTE)
        token = os.environ.get("SKYHUB_TOKEN") or os.environ.get("JUPYTERHUB_API_TOKEN", "")
        headers = {name: self.request.headers[name] for name in _ASKED_WITH if name in self.request.headers}
        request = HTTPRequest(
            url,
            headers={**headers, "Authorization": f"token {token}"},
            follow_redirects=False,
            decompress_response=False,
            connect_timeout=5,
            request_timeout=300,
            header_callback=self._take_header,
            streaming_callback=self._take_body,
        )
        try:
            return await client.fetch(request, raise_error=False)
        finally:
            client.close()

    def _take_header(self, line: str) -> None:
        if line.startswith("HTTP/"):
            self.answer_status = parse_response_start_line(line.rstrip()).code
        elif line.strip():
            self.answer_headers.parse_line(line)
        elif self.answer_status == 200:
            self._set_headers()

    def _set_headers(self) -> None:
        for name in _PASSED_ON:
            if name in self.answer_headers:
                self.set_header(name, self.answer_headers[name])
        if self.file_name:
            name = self.file_name.format(*self.path_args)
            self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Content-Security-Policy", self.policy)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")

    async def _take_body(self, chunk: bytes) -> None:
        if self.answer_status == 200:
            self.write(chunk)
            await self.flush()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page that says what is wrong and what to do, in place of the document."""
        error = kwargs.get("exc_info", (None, None))[1]
        title, text = _TEXTS.get(status_code, (f"Error {status_code}", "Reload to try again."))
        if isinstance(error, web.HTTPError) and error.log_message:
            text = error.log_message
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", _INERT)
        self.set_header("Cache-Control", "no-store")
        self.finish(_ERROR_PAGE.format(title=escape(title), text=escape(text)))


def _status_of(code: int) -> int:
    """Our status for the data service's; 599 is the client's own sign for a time-out or a broken line."""
    if code in {401, 403, 404, 503, 504}:
        return code
    return 503 if code == 599 else 502
