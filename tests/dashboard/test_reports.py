"""The page of reports: what its forms propose."""

from __future__ import annotations

import pytest
from dashboard_support import PageOfTest, find
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
        form: Form = find(ReportsView(PageOfTest(sky)).box, Form)
    assert form.value["dayobs"] == (nights[0] if nights else last_night().isoformat())
