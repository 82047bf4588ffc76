"""The commands about what lies around alerts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from skyhub.service import open_database
from support.catalogs import near_public
from support.commands import skyhub
from support.houses import candid_of


def test_context_by_command(house_dir: Path) -> None:
    told = partial(skyhub, data_dir=house_dir)
    assert told("context", "match", status=2)["error"]["where"] == "objects"
    with open_database(house_dir) as db:
        near_public(db)
    assert told("context", "match", "--night", "2026-11-21", "--object", "ZTF26public") == {"alerts": 5, "changed": 5}
    shown = told("context", "show", "ZTF26public")
    assert shown["alerts"][0]["candid"] == str(candid_of(0))
    assert (shown["context"]["version"], shown["context"]["tns"]["name"]) == (2, "SN 2026abc")
