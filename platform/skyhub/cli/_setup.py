"""The command that tells Jupyter of skyhub: its kernel, and its extension of users' servers."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from skyhub.cli._output import AsJson, answer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("install-jupyter")(install_jupyter)


def install_jupyter(as_json: AsJson = False) -> None:
    """Register the kernel and the server extension with the Jupyter of this Python environment."""
    from skyhub.kernels import install_kernelspec
    from skyhub.userserver import install

    answer({"kernel": str(install_kernelspec(Path(sys.prefix))), "extension": str(install(sys.prefix))}, as_json)
