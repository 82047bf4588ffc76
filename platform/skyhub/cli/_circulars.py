"""Commands for circulars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._data import ingest_app
from skyhub.cli._output import AsJson, answer
from skyhub.cli._published import COMMANDS as OF_PUBLISHED
from skyhub.cli._published import ingest_circulars
from skyhub.cli._submissions import COMMANDS
from skyhub.errors import InvalidInput

__all__ = ["register"]

circular_app = typer.Typer(
    help="Check, read, draft, sign and send circulars; look at published ones.", no_args_is_help=True
)

_KINDS = {".json", ".txt", ".md"}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (*COMMANDS, *OF_PUBLISHED):
        circular_app.command()(command)
    ingest_app.command("circulars")(ingest_circulars)
    app.add_typer(circular_app, name="circular")


@circular_app.command("lint")
def lint_(
    paths: Annotated[list[Path], typer.Argument(help="JSON as GCN serves it, or text; of directories all of these.")],
    summary: Annotated[
        bool, typer.Option("--summary", help="Only how many circulars each rule finds fault with.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find what breaks the rules of style and clearness of circulars; the status is 0 whatever is found."""
    from skyhub.circulars import lint, read_circular_file

    circulars = [(path, read_circular_file(path)) for path in _files(paths)]
    if summary:
        answer(_summary([circular for _, circular in circulars]), as_json)
        return
    findings = [{"file": str(path), **asdict(found)} for path, circular in circulars for found in lint(circular)]
    answer({"n_circulars": len(circulars), "findings": findings}, as_json)


@circular_app.command("read")
def read(
    paths: Annotated[list[Path], typer.Argument(help="JSON as GCN serves it, or text; of directories all of these.")],
    as_json: AsJson = False,
) -> None:
    """Tell the positions, redshifts and magnitudes of circulars, with the sentences that they come from."""
    from skyhub.circulars import read_circular_file, read_numbers

    found = [{"file": str(path), **read_numbers(read_circular_file(path))} for path in _files(paths)]
    answer({"circulars": found}, as_json)


def _summary(circulars: list[Any]) -> dict[str, Any]:
    from skyhub.circulars import RULES, circulars_per_rule

    counts = circulars_per_rule(circulars)
    rows = [
        {
            "rule": rule.name,
            "severity": rule.severity,
            "circulars": counts[rule.name],
            "share": round(counts[rule.name] / len(circulars), 4) if circulars else None,
        }
        for rule in RULES
    ]
    return {"n_circulars": len(circulars), "rules": rows}


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in _KINDS)
        elif path.exists():
            yield path
        else:
            raise InvalidInput(f"{path} does not exist: give a circular, or a directory of them.", str(path))
