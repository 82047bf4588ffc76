"""The reference names every widget, accepted column, key and colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import skyhub_widgets
from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._parameters import KEYS, READERS
from skyhub_widgets._photometry import ALIASES
from skyhub_widgets._table import COLUMN_KEYS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "widgets.md").read_text(encoding="utf-8")
SOURCES = ROOT / "widgets" / "js" / "src" / "widgets"
WIDGETS = {
    kind.__name__ for kind in vars(skyhub_widgets).values() if isinstance(kind, type) and issubclass(kind, SkyhubWidget)
}
WORDS = set(re.findall(r"\w+", REFERENCE))


@pytest.mark.parametrize(
    "names", [WIDGETS, {a for names in ALIASES.values() for a in names}, COLUMN_KEYS, KEYS, set(READERS)]
)
def test_every_name_is_in_the_reference(names: set[str]) -> None:
    assert names - WORDS == set()


def test_every_key_is_in_the_reference() -> None:
    keys = re.findall(r'label: "([^"]+)"', (SOURCES / "scanner" / "keys.js").read_text(encoding="utf-8"))
    assert len(keys) == 21
    table = re.findall(r"^\| (.+?) \|", REFERENCE, flags=re.MULTILINE)
    missing = [label for label in keys if re.sub(" +", " ", label) not in table and label != "Esc"]
    assert missing == []


def test_every_colour_of_the_page_is_in_the_reference() -> None:
    css = (SOURCES / "lib" / "tokens.css").read_text(encoding="utf-8")
    named = set(re.findall(r"var\(--skyhub-([\w-]+)", css))
    assert {name for name in named if f"-{name}`" not in REFERENCE} == set()
