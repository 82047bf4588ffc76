"""The command line of the generator: ``python -m skyhub.demo.night DIR --dayobs 2026-11-21 --seed 1 --objects 300``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from skyhub.demo.writer import NightSummary, write_night
from skyhub.errors import InvalidInput
from skyhub.science.nights import parse_dayobs

__all__ = ["NightSummary", "main", "write_night"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; prints the summary as one JSON document."""
    parser = argparse.ArgumentParser("python -m skyhub.demo.night", description="Write a synthetic night of alerts.")
    parser.add_argument("directory", type=Path, help="where the packets go; created if missing")
    parser.add_argument("--dayobs", default="2026-11-21", help="date of the evening (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same bytes (default %(default)s)")
    parser.add_argument("--objects", type=int, default=300, help="number of objects (default %(default)s)")
    given = parser.parse_args(arguments)
    try:
        summary = write_night(given.directory, parse_dayobs(given.dayobs), given.seed, given.objects)
    except InvalidInput as error:
        print(json.dumps(error.to_json()))
        return 2
    print(json.dumps(asdict(summary), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
