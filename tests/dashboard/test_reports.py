"""The page of reports: what its forms propose."""

from __future__ import annotations

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything
from skyhub.db import ADMINISTRATOR
from skyhub_widgets import Form
from skyhub_widgets._parameters import last_night
from skyhub_widgets.dashboard._reports import ReportsView
from support.services import Served


@pytest.mark.parametrize("nights", [[], ["2026-11-21", "2026-11-20"]])
def test_the_night_is_the_newest_with_candidates(
    served: Served, monkeypatch: pytest.MonkeyPatch, nights: list[str]
) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        monkeypatch.setattr(sky.candidates, "nights", lambda: [{"dayobs": n, "n_objects": 1} for n in nights])
        forms = [widget for widget in everything(ReportsView(PageOfTest(sky)).box) if isinstance(widget, Form)]
    proposed = {form.value["dayobs"] for form in forms if "dayobs" in form.value}
    assert proposed == {nights[0] if nights else last_night().isoformat()}


def test_one_form_is_open_at_a_time(page: PageOfTest) -> None:
    view = ReportsView(page)
    forms = [widget for widget in everything(view.box) if isinstance(widget, Form)]
    titles = [w for w in everything(view.box) if isinstance(w, widgets.Button) and w.description[:1] in "▸▾"]
    assert len(forms) == len(titles) > 1

    def pressed(*places: int) -> list[int]:
        for place in places:
            titles[place].click()
        shown = [place for place, form in enumerate(forms) if form.layout.display is None]
        assert shown == [place for place, title in enumerate(titles) if title.description.startswith("▾")]
        return shown

    assert pressed() == []
    assert pressed(0) == [0]
    assert pressed(1) == [1]
    assert pressed(1) == []
