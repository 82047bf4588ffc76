"""Coastlines of the Earth (Natural Earth, in the public domain) from the file that ligo.skymap brings; its code is not imported."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["coastlines"]

_FILE = "skymap/plot/ne_simplified_coastline.json"


@cache
def coastlines() -> list[list[tuple[float, float]]]:
    """Lines of longitudes and latitudes (deg); none where the file is not here."""
    spec = find_spec("ligo")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / _FILE).is_file():
            return [
                [(x, y) for x, y in one["coordinates"]] for one in json.loads(path.read_text("utf-8"))["geometries"]
            ]
    return []
