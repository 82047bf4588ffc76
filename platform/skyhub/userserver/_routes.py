"""Where the handlers of this extension live below the server's base URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join
from voila.configuration import VoilaConfiguration
from voila.paths import collect_template_paths

from skyhub.userserver._kernels import PageKernels
from skyhub.userserver._page import PageHandler
from skyhub.userserver._proxy import proxy_routes
from skyhub.userserver._settings import SkyhubPages, widgets_folder
from skyhub.userserver._static import Bundle, StaticHandler

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["add_routes"]


def add_routes(server: ServerApp) -> None:
    """Add the handlers of pages, static files and the data service's documents."""
    settings = SkyhubPages(parent=server)
    bundle = Bundle(widgets_folder() / "static" / "page")
    kernels = PageKernels(server.kernel_manager, settings.cull_timeout, server.log)
    kernels.watch()
    voila = VoilaConfiguration(parent=server)
    page: dict[str, Any] = {
        "config": server.config,
        "template_paths": collect_template_paths(["voila", "nbconvert"], voila.template),
        "voila_configuration": voila,
        "pages": settings,
        "bundle": bundle,
        "kernels": kernels,
    }
    base = server.web_app.settings["base_url"]
    routes: list[tuple[Any, ...]] = [
        (url_path_join(base, r"/voila/render/(.*\.ipynb)"), PageHandler, page),
        (url_path_join(base, r"/skyhub/static/([0-9a-f]{16})/([a-z]+\.[a-z]+)"), StaticHandler, {"bundle": bundle}),
        *[(url_path_join(base, "/skyhub", pattern), handler, options) for pattern, handler, options in proxy_routes()],
    ]
    server.web_app.add_handlers(".*$", routes)  # type: ignore[no-untyped-call]
