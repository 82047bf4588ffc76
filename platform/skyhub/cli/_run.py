"""Commands that start the platform or a part of it."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlparse

import typer

from skyhub.cli._output import AsJson, DataDir, answer, data_directory
from skyhub.config import load_settings

__all__ = ["register"]

demo_app = typer.Typer(help="The demo night.", no_args_is_help=True)

_THREADS_OF_A_PRODUCT = "OPENBLAS_NUM_THREADS"
"""Requests have threads already; those within a product of 1e4 elements or more wait for one another by spinning."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(up)
    app.command()(service)
    app.command()(scheduler)
    app.command()(board)
    app.add_typer(demo_app, name="demo")


def up(data_dir: DataDir = None) -> None:
    """Start the hub with everything, in the foreground."""
    settings = load_settings()
    from skyhub.hub import up as start

    raise typer.Exit(start(settings.model_copy(update={"data_dir": data_directory(data_dir)})))


def service(
    url: str = typer.Option("http://127.0.0.1:8001", envvar="JUPYTERHUB_SERVICE_URL", help="Where to answer."),
    prefix: str = typer.Option("", envvar="JUPYTERHUB_SERVICE_PREFIX", help="Path that the proxy serves it under."),
    data_dir: DataDir = None,
) -> None:
    """Run the data service: the owner of the database."""
    os.environ.setdefault(_THREADS_OF_A_PRODUCT, "1")
    from skyhub.service import Hub, serve

    address = urlparse(url)
    api_url, token = (os.environ.get(f"JUPYTERHUB_API_{name}") for name in ("URL", "TOKEN"))
    hub = Hub(api_url, token) if api_url and token else None
    serve(data_directory(data_dir), address.hostname or "127.0.0.1", address.port or 8001, prefix.rstrip("/"), hub)


def scheduler() -> None:
    """Execute reports, draft plans, send messages and circulars, fetch maps, talk to telescopes; for the service at SKYHUB_URL."""
    from skyhub.client import connect
    from skyhub.followup import Sealer
    from skyhub.scheduler import (
        HubServers,
        draft_default_plans,
        fetch_maps,
        send_messages,
        serve_owners,
        submit_circulars,
        talk_to_telescopes,
        work,
    )

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    api_url, token = (os.environ.get(f"JUPYTERHUB_API_{name}") for name in ("URL", "TOKEN"))
    settings = load_settings()
    sealer = Sealer(settings.data_dir)
    with connect() as sky, ThreadPoolExecutor(6, "skyhub-scheduler") as pool:
        others = [
            pool.submit(send_messages, sky.transport, settings.notifications, sealer, stop),
            pool.submit(submit_circulars, sky.transport, settings, sealer, stop),
            pool.submit(draft_default_plans, sky.transport, stop),
            pool.submit(talk_to_telescopes, sky.transport, settings, sealer, stop),
        ]
        if api_url and token:
            others.append(pool.submit(serve_owners, sky.transport, HubServers(api_url, token), stop))
        if settings.maps.hosts:
            others.append(pool.submit(fetch_maps, sky.transport, settings.maps, stop))
        for other in others:
            other.add_done_callback(lambda _: stop.set())
        try:
            work(sky.transport, stop)
        finally:
            stop.set()
        for other in others:
            other.result()


def board(
    url: str = typer.Option("http://127.0.0.1:8003", envvar="JUPYTERHUB_SERVICE_URL", help="Where to answer."),
    prefix: str = typer.Option("", envvar="JUPYTERHUB_SERVICE_PREFIX", help="Path that the proxy serves it under."),
    data_url: str = typer.Option(..., envvar="SKYHUB_URL", help="Where the data service answers."),
) -> None:
    """Serve the wall board, as a service of the hub that its users log in to."""
    from skyhub.board import serve_board

    address = urlparse(url)
    serve_board(data_url, address.hostname or "127.0.0.1", address.port or 8003, prefix.rstrip("/"))


@demo_app.command("load")
def load(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Put the demo's groups, filters and night into a database; a second time changes nothing."""
    from skyhub.hub import load_demo

    answer(load_demo(data_directory(data_dir)), as_json)
