"""``python -m skyhub.kernels install | status | start | stop | restart``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from skyhub.errors import SkyhubError
from skyhub.kernels import install_kernelspec, restart_zygote, start_zygote, stop_zygote, zygote_status


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 if it did what it was asked for."""
    options = _parse(arguments)
    try:
        return _run(options)
    except SkyhubError as error:
        print(error, file=sys.stderr)
        return 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m skyhub.kernels", description="Kernels of skyhub.")
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser("install", help="write the kernelspec `skyhub`")
    install.add_argument("--prefix", type=Path, default=None, help="default: this environment")
    for name, text in (
        ("status", "what the zygote says about itself"),
        ("start", "start a zygote, if none runs"),
        ("stop", "end the zygote; its kernels stay"),
        ("restart", "end the zygote and start one from what is on disk now"),
    ):
        commands.add_parser(name, help=text).add_argument("--socket", type=Path, default=None)
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    if options.command == "install":
        print(install_kernelspec(options.prefix))
        return 0
    if options.command == "stop":
        return 0 if stop_zygote(options.socket) else 1
    act = {"status": zygote_status, "start": start_zygote, "restart": restart_zygote}[options.command]
    greeting = act(options.socket)
    print(json.dumps(greeting))
    return 0 if greeting else 1


if __name__ == "__main__":
    sys.exit(main())
