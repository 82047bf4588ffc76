"""Pages: notebooks with ``metadata.voila.template = "skyhub"``, sent piece by piece while their kernel works."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing
from html import escape
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.httputil import split_host_and_port
from tornado.iostream import StreamClosedError
from voila.notebook_renderer import NotebookRenderer
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import ENV_VARIABLE

from skyhub.resources import PAGE_MODULES
from skyhub.userserver._kernels import PageKernels
from skyhub.userserver._settings import TEMPLATE, SkyhubPages
from skyhub.userserver._static import Bundle
from skyhub.userserver._stream import together
from skyhub.userserver._templates import remember_compiled

__all__ = ["PageHandler"]

_FAILURE = """
<div class="skyhub-failure skyhub-stopped skyhub-error" role="alert">
<strong>This page could not start.</strong>
<p>{reason}</p>
<p>Reload to try again. If it happens again, stop and start your server from the hub's control panel.</p>
</div></main></body></html>
"""


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """Serve our pages; notebooks that name another template are left to Voilà."""

    def initialize(self, *, pages: SkyhubPages, bundle: Bundle, kernels: PageKernels, **kwargs: Any) -> None:
        super().initialize(**kwargs)
        self.pages = pages
        self.bundle = bundle
        self.kernels = kernels
        self.kernel_id: str | None = None

    @web.authenticated
    @authorized(action="execute", resource="kernels")  # type: ignore[untyped-decorator]
    async def get(self, path: str) -> None:
        renderer = self._renderer(path)
        # A task of its own: the thread that reads files ends with its task, and a server does not end before its threads.
        await asyncio.create_task(renderer.initialize())
        if renderer.template_name != TEMPLATE:
            await super().get(path)
            return
        self._set_headers()
        self.request.connection.stream.set_nodelay(True)
        delivered = False
        try:
            async with aclosing(self._snippets(renderer, path)) as snippets:
                async for snippet in snippets:
                    self.write(snippet)
                    await self.flush()
            delivered = True
            self._watch_kernel()
        except StreamClosedError:
            self.log.debug("The browser left %s before it was complete", path)
        finally:
            if self.kernel_id and not delivered:
                await self.kernels.end(self.kernel_id)

    def _renderer(self, path: str) -> NotebookRenderer:
        return NotebookRenderer(
            request_handler=self,
            voila_configuration=self.voila_configuration,
            traitlet_config=self.traitlet_config,
            notebook_path=path,
            template_paths=[],
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            base_url=self.base_url,
            kernel_spec_manager=self.kernel_spec_manager,
            page_config={},
        )

    def _set_headers(self) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        self.set_header("Content-Security-Policy", page_policy(self.request.host, self.pages.online_sources))
        _ = self.xsrf_token  # sets the cookie that the page needs to end its kernel

    async def _snippets(self, renderer: NotebookRenderer, path: str) -> AsyncGenerator[str, None]:
        """The page piece by piece; a failure becomes its last piece."""
        starting = asyncio.ensure_future(self._start_kernel(renderer, path))
        try:
            async with aclosing(together(self._pieces(renderer, starting), self.pages.keep_alive)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            self.log.exception("The page %s could not be delivered", path)
            yield _FAILURE.format(reason=escape(f"{type(error).__name__}: {error}"))
            if self.kernel_id:
                await self.kernels.end(self.kernel_id)
        finally:
            await asyncio.gather(starting, return_exceptions=True)

    def _pieces(self, renderer: NotebookRenderer, starting: Awaitable[str]) -> AsyncIterator[str]:
        async def kernel_start(nb: Any) -> str:
            kernel_id = await starting
            kernel = self.kernel_manager.get_kernel(kernel_id)
            return str(await renderer._jinja_kernel_start(nb, kernel_id, kernel))

        metadata = renderer.notebook.metadata
        renderer.resources["skyhub"] = {
            "script": self.bundle.url(self.base_url, "voila.js"),
            "style": self.bundle.url(self.base_url, "voila.css"),
            "title": metadata.get("title") or renderer.resources["metadata"]["name"],
            "lang": metadata.get("lang", "en"),
        }
        remember_compiled(renderer.exporter)
        context = {"kernel_start": kernel_start, "cell_generator": renderer._jinja_cell_generator}
        return _texts(
            renderer.exporter.generate_from_notebook_node(
                renderer.notebook, resources=renderer.resources, extra_context=context
            )
        )

    async def _start_kernel(self, renderer: NotebookRenderer, path: str) -> str:
        self.kernel_id = str(
            await ensure_async(
                self.kernel_manager.start_kernel(
                    kernel_name=renderer.notebook.metadata.kernelspec.name,
                    path=os.path.dirname(path),
                    env={**os.environ, **self._request_environment()},
                )
            )
        )
        return self.kernel_id

    def _watch_kernel(self) -> None:
        """From now on the kernel needs a browser; before, the page that is being made needs it."""
        if self.kernel_id:
            self.kernels.add(self.kernel_id)

    def _request_environment(self) -> dict[str, str]:
        """What a kernel may know of the request, under the names that Voilà uses."""
        host, port = split_host_and_port(self.request.host.lower())
        values = {
            ENV_VARIABLE.SCRIPT_NAME: self.request.path,
            ENV_VARIABLE.PATH_INFO: "",
            ENV_VARIABLE.QUERY_STRING: self.request.query,
            ENV_VARIABLE.SERVER_NAME: host,
            ENV_VARIABLE.SERVER_PORT: str(port or ""),
            ENV_VARIABLE.SERVER_PROTOCOL: self.request.version,
            ENV_VARIABLE.VOILA_PREHEAT: "False",
            ENV_VARIABLE.VOILA_BASE_URL: self.base_url,
            ENV_VARIABLE.VOILA_SERVER_URL: self.settings.get("server_url", "/"),
            ENV_VARIABLE.VOILA_REQUEST_URL: self.request.full_url(),
            ENV_VARIABLE.VOILA_APP_PORT: str(port or ""),
            PAGE_MODULES: self.bundle.url(self.base_url, ""),
        }
        return {str(name): value for name, value in values.items()}


async def _texts(pieces: AsyncIterator[tuple[str, Any]]) -> AsyncIterator[str]:
    async for text, _ in pieces:
        yield text


def page_policy(host: str, online_sources: list[str]) -> str:
    """Content security policy of a page: everything from the hub, nothing from elsewhere.

    Parameters
    ----------
    host
        Host and port as the browser sees them; its websockets are allowed by name, since not every browser counts
        them as 'self'.
    online_sources
        Origins outside the hub that the operator allows.
    """
    extra = " ".join(["", *online_sources])
    return "; ".join(
        [
            f"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:{extra}",
            f"connect-src 'self' ws://{host} wss://{host} data: blob:{extra}",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
            "object-src 'none'",
        ]
    )
