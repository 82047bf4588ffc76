"""Periods on the page of an object: refused, found, folded, and of whom one may see the points."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
from dashboard_support import PageOfTest, find, texts
from skyhub.client import Sky
from skyhub.db import Viewer
from skyhub.errors import Unavailable
from skyhub_widgets import LightCurve, Periodogram
from skyhub_widgets.dashboard._source import SourceView
from support.services import Served, wait_until

OBJECT, PERIOD = "ZTF26wave", 2.345
RIGHTS = frozenset({"view", "save", "upload"})
VERA = Viewer("vera", frozenset({"transients"}), scopes=RIGHTS)
OLAF = Viewer("olaf", frozenset({"transients", "bursts"}), scopes=RIGHTS)


def points(filter_name: str, n: int) -> dict[str, Any]:
    random = np.random.default_rng(n)
    mjd = 60000 + np.sort(random.uniform(0, 100, n))
    mag = 18 + 0.2 * np.sin(2 * np.pi * mjd / PERIOD) + random.normal(0, 0.02, n)
    return {"mjd": mjd, "filter": [filter_name] * n, "mag": mag, "magerr": np.full(n, 0.02)}


@pytest.fixture
def olaf(served: Served) -> Iterator[Sky]:
    with served.sky(OLAF) as sky:
        sky.sources.save(OBJECT, ["transients", "bursts"], ra=10.0, dec=20.0)
        yield sky


def opened(sky: Sky) -> SourceView:
    view = SourceView(PageOfTest(sky))
    view.show({"object_id": OBJECT})
    return view


def search(view: SourceView) -> Periodogram:
    find(view.box, widgets.Button, "Search for periods").click()
    wait_until(lambda: view._periodogram._button.description == "Search for periods")
    return find(view.box, Periodogram)


def test_without_points_there_is_no_periodogram(olaf: Sky) -> None:
    view = opened(olaf)
    assert search(view).found is None
    assert "there is no flux" in texts(view.box)
    olaf.upload_photometry(points("ztfr", 4), OBJECT)
    assert search(view).found is None
    assert "are needed for 1 harmonic" in texts(view.box)
    assert view._periodogram.widget.layout.display == "none"


def test_a_search_that_fails_in_any_way_is_over(olaf: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    view = opened(olaf)
    monkeypatch.setattr(olaf, "periodogram", lambda *_, **__: 1 / 0)
    assert search(view).found is None
    assert "division by zero. Try again." in texts(view.box)


def test_a_search_that_is_too_much_is_refused_and_forgets_what_was_found(olaf: Sky) -> None:
    olaf.upload_photometry(points("ztfr", 60), OBJECT)
    view = opened(olaf)
    assert search(view).found is not None
    view._periodogram._shortest.value = 0.001
    view._periodogram._harmonics.value = 5
    olaf.upload_photometry({**points("ztfg", 40), "mjd": np.linspace(50000, 60000, 40)}, OBJECT)
    assert search(view).found is None
    assert "permitted" in texts(view._periodogram.box)


def test_the_period_folds_the_light_curve_when_it_is_chosen(olaf: Sky) -> None:
    olaf.upload_photometry(points("ztfr", 60), OBJECT)
    olaf.upload_photometry(points("ztfg", 3), OBJECT)
    view = opened(olaf)
    found, curve = search(view), find(view.box, LightCurve)
    assert found.period == pytest.approx(PERIOD, abs=0.01)
    assert curve.x_axis == "mjd"
    assert "60 fluxes, one of each exposure. Too few points: ztfg (3)." in texts(view.box)
    found.period = found.found["peaks"][1]["period"]
    assert (curve.x_axis, curve.period) == ("phase", found.period)
    assert view._page.kept["lc_period"] == str(found.period)  # type: ignore[attr-defined]
    view.hear({"kind": "photometry", "object_id": OBJECT, "seq": 10**9})
    assert found.found is not None
    olaf.sources.save("ZTF26other", ["transients"], ra=11.0, dec=20.0)
    view.show({"object_id": "ZTF26other"})
    assert (found.found, found.layout.display, curve.period) == (None, "none", None)


def test_points_that_one_may_not_see_have_no_period(served: Served, olaf: Sky) -> None:
    olaf.upload_photometry(points("ztfr", 60), OBJECT, groups=["bursts"])
    assert search(opened(olaf)).found is not None
    with served.sky(VERA) as sky:
        view = opened(sky)
        assert search(view).found is None
        assert "there is no flux" in texts(view.box)


def test_a_search_that_is_given_up_tells_nothing(olaf: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    olaf.upload_photometry(points("ztfr", 60), OBJECT)
    view, go_on, ended = opened(olaf), threading.Event(), threading.Event()
    ask = olaf.periodogram

    def slowly(*args: Any, **search: Any) -> Any:
        go_on.wait(20)
        try:
            return ask(*args, **search)
        except Unavailable:
            ended.set()
            raise

    monkeypatch.setattr(olaf, "periodogram", slowly)
    find(view.box, widgets.Button, "Search for periods").click()
    assert "Searching" in texts(view._periodogram.box)
    find(view.box, widgets.Button, "Stop the search").click()
    go_on.set()
    assert ended.wait(20)
    assert view._periodogram.widget.found is None
    assert "Searching" not in texts(view._periodogram.box)
