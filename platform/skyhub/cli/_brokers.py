"""Commands that ask brokers."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from skyhub.cli._output import AsJson, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]

broker_app = typer.Typer(help="Ask brokers for objects.", no_args_is_help=True)
_Name = Annotated[str, typer.Argument(help="The broker's name in the settings.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(broker_app, name="broker")


@broker_app.command("list")
def list_brokers(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the brokers that may be asked, and how each fares."""
    with session(data_dir) as sky:
        answer(sky.transport.get("/api/brokers"), as_json)


@broker_app.command()
def search(
    name: _Name,
    ra: Annotated[float | None, typer.Option(help="Right ascension (deg, ICRS).")] = None,
    dec: Annotated[float | None, typer.Option(help="Declination (deg, ICRS).")] = None,
    radius: Annotated[float, typer.Option(help="arcsec.")] = 5.0,
    since: Annotated[float | None, typer.Option(help="Or: what was detected since this time (MJD, UTC).")] = None,
    select: Annotated[list[str] | None, typer.Option(help="Of these: KEY=VALUE in the broker's words.")] = None,
    limit: int = 100,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Find objects near a place, or with a detection since a time."""
    if (ra is None) != (dec is None) or (ra is None) == (since is None):
        raise InvalidInput("say where or when: give --ra and --dec, or --since.", "ra")
    where: dict[str, Any] = {"ra": ra, "dec": dec, "radius": radius} if ra is not None else {"since": since}
    with session(data_dir) as sky:
        path = f"/api/brokers/{quote(name, safe='')}/objects"
        found = sky.transport.get(path, **where, select=select or None, limit=limit)["objects"]
        answer({"broker": name, "rows": found}, as_json)


@broker_app.command()
def fetch(
    name: _Name,
    object_id: Annotated[str, typer.Argument(help="The object.")],
    save: Annotated[bool, typer.Option(help="Store it, and save it as a source.")] = False,
    group: Annotated[list[str] | None, typer.Option(help="With --save: a group whose source it becomes.")] = None,
    source: Annotated[bool, typer.Option(help="With --save: whether it becomes a source.")] = True,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what a broker has of an object, or store it."""
    if group and not save:
        raise InvalidInput("groups are for what is saved: give --save too.", "group")
    with session(data_dir) as sky:
        broker = sky.broker(name)
        answer(broker.save(object_id, group or None, source=source) if save else broker.fetch(object_id), as_json)
