"""The ``skyhub`` command."""

from __future__ import annotations

import json
import logging
import os
import sys

import typer
from typer.exceptions import TyperException

from skyhub.cli import (
    _brokers,
    _care,
    _circulars,
    _context,
    _data,
    _events,
    _filters,
    _finding,
    _fits,
    _localizations,
    _notes,
    _observations,
    _plans,
    _reports,
    _requests,
    _run,
    _sending_rules,
    _setup,
    _spectra,
)
from skyhub.errors import SkyhubError

__all__ = ["main"]

app = typer.Typer(
    help="skyhub: time-domain and multi-messenger astronomy in notebooks and dashboards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _commands in (
    _brokers,
    _care,
    _circulars,
    _context,
    _data,
    _events,
    _filters,
    _finding,
    _fits,
    _localizations,
    _notes,
    _observations,
    _plans,
    _reports,
    _requests,
    _sending_rules,
    _run,
    _setup,
    _spectra,
):
    _commands.register(app)


def main() -> None:
    """Run the command line and leave with 0, 1 (a failure of ours) or 2 (refused)."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    status = _run_app()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run_app() -> int:
    try:
        result = app(standalone_mode=False)
        return result if isinstance(result, int) else 0
    except typer.Exit as exit_:
        return exit_.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except SkyhubError as error:
        return _refused(error.code, error.message, error.where)
    except TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        return _refused("usage", message, "")


def _refused(code: str, message: str, where: str) -> int:
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": {"code": code, "message": message, "where": where}}) + "\n")
    else:
        sys.stderr.write(f"skyhub: {message}\n")
    return 2
