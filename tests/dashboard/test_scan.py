"""The view Scan without a browser: its address, its criteria, its profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, find, texts
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR
from skyhub.errors import InvalidInput
from skyhub.science.sky_shapes import Cone
from skyhub_widgets.dashboard._criteria import from_address, ranges_of, text_of_ranges, to_address
from skyhub_widgets.dashboard._scan import ScanView
from support.houses import SCANNER, VISITOR
from support.services import Served


@pytest.mark.parametrize("text", ["drb", "drb >", ">= 1", "drb >= high", "drb <= 1, what", "a:b:c"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ranges_of(text)
    assert refused.value.where == "annotations"


def test_a_damaged_address_is_refused() -> None:
    with pytest.raises(InvalidInput, match="group in the address"):
        from_address({"group": '["a"'})


def test_ranges_are_read_as_they_are_typed() -> None:
    asked = ranges_of("ZTF:drb >= 0.9, ZTF:drb<=1; mag <= 19\nGaia EDR3:class = star, known = true")
    assert asked == [
        {"key": "drb", "origin": "ZTF", "min": 0.9, "max": 1.0},
        {"key": "mag", "max": 19.0},
        {"key": "class", "origin": "Gaia EDR3", "value": "star"},
        {"key": "known", "value": True},
    ]
    assert ranges_of(text_of_ranges(asked)) == asked


_WORDS = st.lists(st.text("abc ,é", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=3)


@given(_WORDS, st.floats(-5, 5), st.floats(0, 5))
def test_a_selection_survives_the_address(words: list[str], low: float, width: float) -> None:
    selection = {
        "dayobs": "2026-11-21",
        "group": words,
        "annotations": [{"key": "drb", "min": low, "max": low + width}],
    }
    assert from_address(to_address(selection)) == selection


@pytest.fixture
def scanning(served: Served) -> Iterator[PageOfTest]:
    with served.sky(SCANNER) as sky:
        yield PageOfTest(sky)


def _scanner(view: ScanView) -> Any:
    return view.box.children[-1]


def test_an_address_that_asks_for_the_impossible_shows_the_newest_night(scanning: PageOfTest) -> None:
    view = ScanView(scanning)
    view.show({"max_redshift": "far"})
    assert "The newest night is shown instead" in texts(view.box)
    assert _scanner(view).queue["ids"]
    _scanner(view).close()


def test_the_address_says_which_candidates(scanning: PageOfTest) -> None:
    view = ScanView(scanning)
    view.show(
        {"annotations": '[{"key": "mag", "max": 19}]', "group": '["transients", "bursts"]', "dayobs": "2026-11-21"}
    )
    scanner = _scanner(view)
    assert scanner.selection["annotations"] == [{"key": "mag", "max": 19.0}]
    assert scanner.selection["group"] == ["transients"]  # not in the other one
    assert set(scanner.queue["object_ids"]) == {"ZTF26public", "ZTF26partner"}
    assert scanner.has_desk
    scanner.close()


def test_what_is_chosen_goes_into_the_address(scanning: PageOfTest) -> None:
    view = ScanView(scanning)
    view.show({})
    find(view.box, widgets.Dropdown, "Show").value = "unreviewed"
    assert scanning.went == [("scan", {"dayobs": "2026-11-21", "status": "unreviewed"})]
    find(view.box, widgets.Dropdown, "Group").value = "transients"
    assert scanning.went[-1][1]["group"] == '["transients"]'
    find(view.box, widgets.Text, "Annotations").value = "drb > 1"
    find(view.box, widgets.Button, "Apply").click()
    assert "is no range" in texts(view.box)
    assert len(scanning.went) == 2
    _scanner(view).close()


def test_a_localization_is_chosen_among_those_that_one_may_see(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        for place, groups in ((150.0, ["public"]), (152.0, ["bursts"])):
            sky.localizations.add(Cone.from_90(place, 2.5, 0.5), groups=groups)
    with served.sky(SCANNER) as sky:
        page = PageOfTest(sky)
        view = ScanView(page)
        view.show({})
        menu = find(view.box, widgets.Dropdown, "Inside")
        assert [number for _, number in menu.options] == ["", "1"]
        menu.value = "1"
        find(view.box, widgets.Button, "Apply").click()
        assert page.went[-1] == ("scan", {"dayobs": "2026-11-21", "localization": "1"})
        assert _scanner(view).selection["localization"] == "1"
        view.hear({"kind": "localizations", "action": "added"})
        assert menu.value == "1"
        _scanner(view).close()
        led = ScanView(page)
        led.show(page.went[-1][1])
        assert _scanner(led).queue["object_ids"] == ["ZTF26public"]
        _scanner(led).close()


def test_profiles_are_kept_loaded_and_forgotten(scanning: PageOfTest) -> None:
    view = ScanView(scanning)
    view.show({"min_detections": "2"})
    name = next(w for w in view._profiles.box.children if isinstance(w, widgets.Text))
    find(view.box, widgets.Button, "Keep").click()
    assert "name" in texts(view._profiles.box)
    name.value = "seen twice"
    find(view.box, widgets.Button, "Keep").click()
    [profile] = scanning.sky.scan_profiles.rows()
    assert profile["selection"] == {"min_detections": "2"}
    find(view.box, widgets.Button, "Clear").click()
    assert "min_detections" not in _scanner(view).selection
    menu = view._profiles.menu
    menu.value = ""
    menu.value = "seen twice"
    assert _scanner(view).selection["min_detections"] == "2"
    find(view.box, widgets.Button, "Forget").click()
    assert scanning.sky.scan_profiles.rows() == []
    _scanner(view).close()


def test_who_may_only_look_is_offered_no_more(served: Served) -> None:
    with served.sky(VISITOR) as sky:
        view = ScanView(PageOfTest(sky))
        view.show({})
        assert not _scanner(view).has_desk
        _scanner(view).close()
