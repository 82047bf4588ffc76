"""What may be imported: the widgets and scanning need none of the heavy libraries; the public names are guarded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import skyhub_widgets
from skyhub.errors import StorageError
from skyhub_widgets import _base

HEAVY = ("astropy", "healpy", "matplotlib", "ligo", "pandas", "polars", "pyarrow", "scipy")
SCAN = """
import sys, time
sys.path.insert(0, {here!r})
from widget_support import MemorySource, card
from skyhub_widgets import CandidateScanner
source = MemorySource([card(n) for n in range(1, 4)])
scanner = CandidateScanner(source, user="ana")
scanner._received(scanner, {{"type": "need", "ids": ["2"]}}, [])
scanner._received(scanner, {{"type": "decide", "key": "k", "candidate_id": "1", "verdict": "save"}}, [])
end = time.monotonic() + 20
while not source.decided and time.monotonic() < end:
    time.sleep(0.01)
assert source.decided == [("1", "save")]
print(*sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy!r})))
"""


def test_scanning_imports_no_heavy_library() -> None:
    code = SCAN.format(here=str(Path(__file__).parent), heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_public_names_exist_and_are_sorted_out() -> None:
    names = {name for name, value in vars(skyhub_widgets).items() if not isinstance(value, ModuleType)}
    public = {name for name in names if not name.startswith("_") and name != "annotations"}
    assert public == set(skyhub_widgets.__all__)


@pytest.mark.parametrize(
    "widget", [w for w in vars(skyhub_widgets).values() if isinstance(w, type) and issubclass(w, _base.SkyhubWidget)]
)
def test_the_user_api_names_attributes_that_exist(widget: type[_base.SkyhubWidget]) -> None:
    assert widget.user_api
    assert [name for name in widget.user_api if not hasattr(widget, name)] == []
    assert "static" in widget.user_api


def test_a_front_end_that_is_not_built_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_base, "STATIC", tmp_path)
    with pytest.raises(StorageError, match="make install"):
        _base._text.__wrapped__("scanner.js")


def test_where_the_page_loads_files_their_addresses_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_PAGE_MODULES", "/user/ann/skyhub/static/0123456789abcdef/")
    widget = skyhub_widgets.RecordTable()
    assert widget._esm == "/user/ann/skyhub/static/0123456789abcdef/table.js"
    assert widget._css == "/user/ann/skyhub/static/0123456789abcdef/table.css"
